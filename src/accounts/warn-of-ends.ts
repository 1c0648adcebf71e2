import type { AccountRow } from "../db/accounts.ts";
import { findAccountsToWarnOf, recordWarning } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { NewEvent } from "../db/events.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { healthOf } from "./health.ts";
import type { Teller } from "./tell.ts";
import { expiringEvent, needsReconnectEvent } from "./tell.ts";

/** How long until an account is looked at again that is renewed, and so far well. */
const LOOK_AGAIN: Millis = DAY;

/**
 * Tells of accounts whose grants end soon, or have ended, by the clock alone.
 *
 * @param limit how many accounts are looked at
 */
export async function warnOfEnds(deps: Teller & { db: Database }, now: Millis, limit: number): Promise<void> {
  for (const account of await findAccountsToWarnOf(deps.db, now, limit)) {
    const { event, reason, warnAt } = warningOf(account, now);
    await deps.sendDeliveries(await recordWarning(deps.db, account, { event, reason, warnAt }, now));
  }
}

/** What is to be told of an account now, why it is not well if it has ended, and when to look again. */
function warningOf(
  account: AccountRow,
  now: Millis,
): { event: NewEvent | null; reason: string | null; warnAt: Millis | null } {
  if (account.health === "needs_reconnect") return { event: null, reason: null, warnAt: null };
  const { health, reason } = healthOf({ ...account, health: "ok", healthReason: null }, now);
  if (health === "needs_reconnect") {
    return { event: needsReconnectEvent(account, reason ?? "", now), reason, warnAt: null };
  }
  if (health === "expiring") {
    const { tokenExpiresAt: end } = account;
    return { event: expiringEvent(account, now), reason: null, warnAt: end !== null && end > now ? end : null };
  }
  return { event: null, reason: null, warnAt: now + LOOK_AGAIN };
}
