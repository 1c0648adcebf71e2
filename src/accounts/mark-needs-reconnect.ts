import { findAccount, setNeedsReconnect } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import { wholeOf } from "../lib/access.ts";
import type { Clock } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Teller } from "./tell.ts";
import { needsReconnectEvent } from "./tell.ts";

/**
 * Records that an account must be connected again, and tells of it. Nothing is done when that is known, nor when the
 * account has been connected again meanwhile: what a platform says of an old token says nothing of the new one.
 *
 * @param account with the sealed token that the platform was called with
 */
export async function markNeedsReconnect(
  deps: Teller & { db: Database; clock: Clock },
  scope: Scope,
  account: { id: string; tokenEnvelope: string },
  reason: string,
): Promise<void> {
  const row = await findAccount(deps.db, wholeOf(scope), account.id);
  if (!row || row.health === "needs_reconnect") return;
  const now = deps.clock();
  const event = needsReconnectEvent(row, reason, now);
  const told = await retryWrite(() => setNeedsReconnect(deps.db, scope, account, reason, event, now));
  await deps.sendDeliveries(told);
}
