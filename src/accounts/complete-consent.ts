import type { AskingWorkspace, ConnectLinkRow, ConsentRow } from "../db/consents.ts";
import { findConsent, finishConsent, keepGrant, releaseLink, takeState, useLink } from "../db/consents.ts";
import type { ConsentResult } from "../db/schema.ts";
import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { Log } from "../lib/log.ts";
import type { AuthProvider } from "../lib/vocabulary.ts";
import type { AuthAnswer, GrantedAccount, PlatformAuth } from "../platforms/platform.ts";
import { redirectUri } from "./begin-consent.ts";
import type { ConnectDeps } from "./connect-account.ts";
import type { ConnectFailure } from "./connect-errors.ts";
import { connectFailure } from "./connect-errors.ts";
import { occasionOfConsent } from "./consent-occasion.ts";
import { offerOf } from "./offer.ts";
import { storeAccount } from "./store-account.ts";
import { consentRow } from "./vault.ts";

export interface ConsentDeps extends ConnectDeps {
  log: Log;
  publicOrigin: string;
}

/** What the platform hands over in the address that it sends the browser back to. */
export interface ConsentReturn {
  state: string | undefined;
  code: string | undefined;
  /** Why there is no code. */
  error: string | undefined;
}

export type CompletedConsent =
  | { is: "connected"; consentId: string; redirectUrl: string | null; result: ConsentResult }
  /** The person is to choose among several accounts. */
  | { is: "choose"; consentId: string }
  | ConnectFailure;

/** A consent on its way, with what it belongs to. */
export interface FoundConsent {
  consent: ConsentRow;
  link: ConnectLinkRow;
  workspace: AskingWorkspace;
}

/** How long a person may take to choose among several accounts. */
const CHOICE_LIFE: Millis = 30 * MINUTE;

/**
 * Takes a person back from the platform's consent, once for each state: exchanges the code, and stores the accounts
 * that it gives, or lets the person choose when they are many.
 *
 * @param browser the secret in the browser's cookie
 */
export async function completeConsent(
  deps: ConsentDeps,
  provider: AuthProvider,
  returned: ConsentReturn,
  browser: string | undefined,
): Promise<CompletedConsent> {
  if (returned.state === undefined || browser === undefined) return connectFailure("state_invalid", null);
  const [stateHash, browserHash] = [await sha256Hex(returned.state), await sha256Hex(browser)];
  const taken = await takeState(deps.db, { stateHash, browserHash, provider }, deps.clock());
  const found = await findConsent(deps.db, { stateHash }, browserHash);
  const redirectUrl = found?.link.redirectUrl ?? null;
  if (!taken || !found) return connectFailure("state_invalid", redirectUrl);
  if (returned.error === "access_denied") return connectFailure("access_denied", redirectUrl);
  const auth = deps.auths[provider];
  if (returned.error !== undefined || returned.code === undefined || !auth) {
    deps.log.error("a consent came back without a code", null, { consent_id: taken.id, provider });
    return connectFailure("platform_error", redirectUrl);
  }
  if (found.link.usedBy !== null) return connectFailure("link_used", redirectUrl);
  return takeCode(deps, found, auth, returned.code);
}

async function takeCode(
  deps: ConsentDeps,
  found: FoundConsent,
  auth: PlatformAuth,
  code: string,
): Promise<CompletedConsent> {
  const { consent, link } = found;
  const io = { fetch: deps.transport(link), now: deps.clock };
  const exchanged = await auth.exchange(code, redirectUri(deps.publicOrigin, auth.provider), io);
  if (exchanged.is !== "ok") return platformFailure(deps, found, exchanged);
  const granted = await auth.accounts(exchanged.value, io);
  if (granted.is !== "ok") return platformFailure(deps, found, granted);
  const offer = offerOf(auth, link.platform, exchanged.value, granted.value);
  if (offer.is === "nothing") return connectFailure(offer.error, link.redirectUrl, offer.missing);
  if (!offer.isMany) return connectOffered(deps, found, offer.accounts, offer.missing);
  const sealed = await deps.vault.seal(JSON.stringify(exchanged.value), consentRow(link.workspaceId, consent.id));
  await keepGrant(deps.db, consent.id, sealed, deps.clock() + CHOICE_LIFE);
  return { is: "choose", consentId: consent.id };
}

/** Uses the link up and stores the accounts; should that fail, the link lives on. */
export async function connectOffered(
  deps: ConsentDeps,
  { consent, link }: FoundConsent,
  accounts: readonly GrantedAccount[],
  missing: string[],
): Promise<CompletedConsent> {
  if (!(await useLink(deps.db, link.id, consent.id))) {
    await finishConsent(deps.db, consent.id, null);
    return connectFailure("link_used", link.redirectUrl);
  }
  const scope = { workspaceId: link.workspaceId, mode: link.mode };
  const occasion = occasionOfConsent(deps, consent, link);
  try {
    const accountIds: string[] = [];
    for (const account of accounts) {
      accountIds.push((await storeAccount(deps, scope, { ...account, behavior: null }, occasion)).id);
    }
    const result = { accountIds, missing };
    await finishConsent(deps.db, consent.id, result);
    return { is: "connected", consentId: consent.id, redirectUrl: link.redirectUrl, result };
  } catch (error) {
    deps.log.error("granted accounts were not stored", error, { consent_id: consent.id });
    await releaseLink(deps.db, link.id, consent.id);
    return connectFailure("internal_error", link.redirectUrl);
  }
}

export function platformFailure(
  deps: Pick<ConsentDeps, "log">,
  { consent, link }: FoundConsent,
  answer: Exclude<AuthAnswer<unknown>, { is: "ok" }>,
): ConnectFailure {
  const code = answer.is === "refused" ? answer.fault.code : "no_answer";
  const trace = answer.is === "refused" ? answer.fault.trace : undefined;
  deps.log.error("the platform did not complete a consent", null, { consent_id: consent.id, code, trace });
  return connectFailure("platform_error", link.redirectUrl);
}
