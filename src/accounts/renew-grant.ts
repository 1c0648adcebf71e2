import type { Database } from "../db/database.ts";
import type { GrantRef, LeasedGrant } from "../db/grants.ts";
import { endRenewals, findEnvelope, findGrantAccount, finishRenewal, takeRenewLease } from "../db/grants.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { printTime } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Io } from "../platforms/platform.ts";
import type { Renewals } from "../platforms/registry.ts";
import { warnAtOf } from "./health.ts";
import { markNeedsReconnect } from "./mark-needs-reconnect.ts";
import { nextRenewal, RENEW_LEASE, RENEW_RETRY } from "./renewal-times.ts";
import type { Teller } from "./tell.ts";
import type { Vault } from "./vault.ts";
import { grantRow } from "./vault.ts";

export interface RenewDeps extends Teller {
  db: Database;
  vault: Vault;
  clock: Clock;
  log: Log;
  renewals: Renewals;
  transport(scope: Scope): Io["fetch"];
}

/**
 * Renews the token of a grant that is due, once at a time over the whole deployment. A token that is good stays until
 * the next one is stored; only what the platform says of the token itself ends it.
 */
export async function renewGrant(deps: RenewDeps, ref: GrantRef): Promise<void> {
  const now = deps.clock();
  const leased = await takeRenewLease(deps.db, ref, now, now + RENEW_LEASE);
  const renew = leased && deps.renewals[leased.provider];
  if (!leased || !renew) return;
  const { tokenEnvelope, expiresAt } = leased;
  const token = await deps.vault.open(tokenEnvelope, grantRow(ref.workspaceId, ref.grantId));
  // Its key may come back: that says nothing of the token.
  if (token === null) return postpone(deps, ref, leased, "The stored token cannot be read.");
  if (expiresAt !== null && expiresAt <= now) {
    return giveUp(deps, ref, tokenEnvelope, `The account's token ended at ${printTime(expiresAt)}.`);
  }
  const answer = await renew(token, { fetch: deps.transport(ref), now: deps.clock });
  if (answer.is === "ok") return storeToken(deps, ref, { envelope: tokenEnvelope, token }, answer.value);
  if (answer.is === "lost") return postpone(deps, ref, leased, "The platform gave no usable answer.");
  const { kind, code, message } = answer.fault;
  if (kind !== "reauth") return postpone(deps, ref, leased, message);
  deps.log.error("a token cannot be renewed any more", null, { grant_id: ref.grantId, code });
  await giveUp(deps, ref, tokenEnvelope, message);
}

/** Marks the account of a grant whose token cannot be renewed any more, and tells of it. */
async function giveUp(deps: RenewDeps, ref: GrantRef, tokenEnvelope: string, reason: string): Promise<void> {
  const id = await findGrantAccount(deps.db, ref);
  if (id !== null) await markNeedsReconnect(deps, ref, { id, tokenEnvelope }, reason);
  // Last: cut off before, it is tried again.
  await endRenewals(deps.db, ref, tokenEnvelope, reason);
}

/** Stores a new token over the old one: under whatever envelope that is by now, and over no other. */
async function storeToken(
  deps: RenewDeps,
  ref: GrantRef,
  old: { envelope: string; token: string },
  fresh: { token: string; expiresAt: Millis | null },
): Promise<void> {
  const row = grantRow(ref.workspaceId, ref.grantId);
  const now = deps.clock();
  const renewal = {
    tokenEnvelope: await deps.vault.seal(fresh.token, row),
    expiresAt: fresh.expiresAt,
    updatedAt: now,
    renewAt: nextRenewal(fresh.expiresAt, now),
    warnAt: warnAtOf({ expiresAt: fresh.expiresAt, dataAccessExpiresAt: null }),
    renewFault: null,
  };
  for (let envelope: string | null = old.envelope; envelope !== null; ) {
    const from: string = envelope;
    if (await retryWrite(() => finishRenewal(deps.db, ref, from, renewal))) return;
    const stored = await findEnvelope(deps.db, ref);
    // Stored by the try whose answer was lost; or sealed anew with another key; or a new token, which is better.
    if (stored === null || stored === renewal.tokenEnvelope || stored === from) return;
    envelope = (await deps.vault.open(stored, row)) === old.token ? stored : null;
  }
}

async function postpone(deps: RenewDeps, ref: GrantRef, { tokenEnvelope }: LeasedGrant, fault: string): Promise<void> {
  deps.log.error("a token was not renewed", null, { grant_id: ref.grantId });
  await finishRenewal(deps.db, ref, tokenEnvelope, { renewAt: deps.clock() + RENEW_RETRY, renewFault: fault });
}
