import type { Database } from "../db/database.ts";
import { deletePerson, findPersonAccounts, revokePerson, WITHOUT_PERSON } from "../db/people.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import { newSecret } from "../lib/crypto.ts";
import { invalid } from "../lib/refusal.ts";
import type { LoginSettings } from "../platforms/meta/login-settings.ts";
import type { SignedRequest } from "../platforms/meta/signed-request.ts";
import { readSignedRequest } from "../platforms/meta/signed-request.ts";
import type { Teller } from "./tell.ts";
import { needsReconnectEvent } from "./tell.ts";

export interface TakeBackDeps extends Teller {
  db: Database;
  clock: Clock;
  login: LoginSettings;
}

/** Meta's clock and ours may differ by this much. */
const CLOCK_SKEW: Millis = 5 * MINUTE;

const REVOKED = "The person who connected this account took the permission back at the platform.";
const DELETED = "The person who connected this account asked the platform for the deletion of their data.";

/**
 * Takes note that a person removed our app at Meta: their tokens are erased and their accounts need reconnecting.
 *
 * @throws Refusal unless Meta signed it
 */
export async function deauthorize(deps: TakeBackDeps, signedRequest: string): Promise<void> {
  const { personId, issuedAt } = await verify(deps, signedRequest);
  const until = grantedBy(deps, issuedAt);
  const now = deps.clock();
  const events = (await findPersonAccounts(deps.db, personId, until)).map((account) => ({
    scope: account,
    event: needsReconnectEvent(account, REVOKED, now),
  }));
  await deps.sendDeliveries(await retryWrite(() => revokePerson(deps.db, personId, until, REVOKED, events, now)));
}

/**
 * Erases what is stored of a person who asked Meta for it.
 *
 * @returns the code by which the person can look it up
 * @throws Refusal unless Meta signed it
 */
export async function deleteData(deps: TakeBackDeps, signedRequest: string): Promise<string> {
  const { personId, issuedAt } = await verify(deps, signedRequest);
  // Meta wants letters and digits.
  const code = newSecret()
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, 24);
  const now = deps.clock();
  const request = { grantedBy: grantedBy(deps, issuedAt), code, now, reason: DELETED };
  const events = (await findPersonAccounts(deps.db, personId, request.grantedBy)).map((account) => ({
    scope: account,
    event: needsReconnectEvent({ ...account, ...WITHOUT_PERSON }, DELETED, now),
  }));
  await deps.sendDeliveries(await deletePerson(deps.db, personId, request, events));
  return code;
}

async function verify(deps: TakeBackDeps, signedRequest: string): Promise<SignedRequest> {
  const secrets = [deps.login.facebookApp, deps.login.instagramApp].flatMap((app) => app?.secret ?? []);
  const verified = await readSignedRequest(signedRequest, secrets);
  if (!verified) throw invalid("signed_request", "signed_request was not signed by Meta for this app.");
  return verified;
}

/** What Meta said before the person consented again is late, and says nothing of the new grant. */
function grantedBy(deps: TakeBackDeps, issuedAt: Millis | null): Millis {
  return (issuedAt ?? deps.clock()) + CLOCK_SKEW;
}
