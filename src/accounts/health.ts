import type { AccountRow } from "../db/accounts.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import type { ShownAccountHealth } from "../lib/vocabulary.ts";

/** An account whose grant ends so soon, and that nothing of ours can keep alive, is shown as expiring. */
const WARN_BEFORE: Millis = 7 * DAY;

/** When to look whether the end of a grant is near; null when it has none. */
export function warnAtOf(grant: { expiresAt: Millis | null; dataAccessExpiresAt: Millis | null }): Millis | null {
  const ends = [grant.expiresAt, grant.dataAccessExpiresAt].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends) - WARN_BEFORE;
}

/**
 * How an account stands, and why: what its platform said last, and otherwise what the clock says of its grant. A token
 * that is renewed in time never expires; one whose renewals fail does.
 */
export function healthOf(account: AccountRow, now: Millis): { health: ShownAccountHealth; reason: string | null } {
  if (account.health !== "ok") return { health: account.health, reason: account.healthReason };
  const { tokenExpiresAt, dataAccessExpiresAt, renewAt, renewFault } = account;
  if (tokenExpiresAt !== null && tokenExpiresAt <= now) {
    return { health: "needs_reconnect", reason: `The account's token ended at ${printTime(tokenExpiresAt)}.` };
  }
  const isRenewed = renewAt !== null && renewFault === null;
  if (tokenExpiresAt !== null && !isRenewed && tokenExpiresAt - now <= WARN_BEFORE) {
    const why = renewFault === null ? "" : ` Renewing it failed: ${renewFault}`;
    return { health: "expiring", reason: `The account's token ends at ${printTime(tokenExpiresAt)}.${why}` };
  }
  if (dataAccessExpiresAt !== null && dataAccessExpiresAt - now <= WARN_BEFORE) {
    const verb = dataAccessExpiresAt <= now ? "ended" : "ends";
    return {
      health: "expiring",
      reason: `The platform's access to data ${verb} at ${printTime(dataAccessExpiresAt)}.`,
    };
  }
  return { health: "ok", reason: null };
}
