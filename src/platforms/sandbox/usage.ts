import type { Millis } from "../../lib/clock.ts";
import { HOUR, MINUTE } from "../../lib/clock.ts";
import type { SandboxUser } from "./store.ts";

/** What an account may call in an hour, for the percentages of the headers. Nothing refuses a call by it. */
const BUDGET = 4_800;

/** Counts calls in this hour. In memory: it is a figure in a header, and not worth a row for every call. */
export class UsageMeter {
  readonly #counts = new Map<string, { hour: number; calls: number }>();

  /** Counts one call, and answers how many per cent of the hour's budget are used. */
  count(key: string, now: Millis): number {
    const hour = Math.floor(now / HOUR);
    const known = this.#counts.get(key);
    const calls = (known?.hour === hour ? known.calls : 0) + 1;
    this.#counts.set(key, { hour, calls });
    return Math.min(99, Math.floor((calls / BUDGET) * 100));
  }
}

/** The header of calls that belong to a business's account: under the business's id and the account's. */
export function usageHeaders(user: SandboxUser, percent: number, now: Millis): Record<string, string> {
  const wait = Math.max(0, (user.throttledUntil ?? 0) - now);
  const used = wait > 0 ? 100 : percent;
  const usage = {
    type: user.platform === "instagram" ? "instagram" : "pages",
    call_count: used,
    total_cputime: used,
    total_time: used,
    // In minutes.
    estimated_time_to_regain_access: Math.ceil(wait / MINUTE),
  };
  return { "X-Business-Use-Case-Usage": JSON.stringify({ [user.businessId]: [usage], [user.id]: [usage] }) };
}

/** The header of calls that belong to the app alone. Never beside the other. */
export function appUsageHeaders(percent: number): Record<string, string> {
  return { "X-App-Usage": JSON.stringify({ call_count: percent, total_cputime: percent, total_time: percent }) };
}
