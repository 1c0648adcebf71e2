import type { Millis } from "./clock.ts";

/** A calendar month in UTC, `2026-11`, from its first moment to the first of the next. */
export interface Month {
  name: string;
  start: Millis;
  end: Millis;
}

/** The month of a moment: `2026-11`. */
export function monthOf(at: Millis): string {
  return new Date(at).toISOString().slice(0, 7);
}

/**
 * The months from one to another, both included.
 *
 * @param from `2026-11`, as `to`
 * @returns none where the second is before the first
 */
export function monthsBetween(from: string, to: string): Month[] {
  const months: Month[] = [];
  const [year = 0, month = 1] = from.split("-").map(Number);
  for (let index = month - 1; ; index++) {
    const start = Date.UTC(year, index);
    const name = monthOf(start);
    if (name > to) return months;
    months.push({ name, start, end: Date.UTC(year, index + 1) });
  }
}
