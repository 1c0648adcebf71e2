import type { Millis } from "./clock.ts";
import { MINUTE, SECOND } from "./clock.ts";

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 timestamp with any offset.
 *
 * @returns its time, or null when the text is not one: another format, a day that does not exist, no offset.
 */
export function parseTimestamp(text: string): Millis | null {
  const match = RFC_3339.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fraction = Math.floor(Number(`0.${match[7] ?? "0"}`) * SECOND);
  const offsetHours = Number(match[9] ?? "0");
  const offsetMinutes = Number(match[10] ?? "0");
  if (offsetHours > 23 || offsetMinutes > 59) return null;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, fraction);
  // A part out of its range rolls over into the next one (February 30 becomes March 2), which this comparison shows.
  const rolledOver =
    local.getUTCMonth() !== month - 1 ||
    local.getUTCDate() !== day ||
    local.getUTCHours() !== hour ||
    local.getUTCMinutes() !== minute ||
    local.getUTCSeconds() !== second;
  if (rolledOver) return null;
  const offset = (offsetHours * 60 + offsetMinutes) * MINUTE * (match[8] === "-" ? -1 : 1);
  return local.getTime() - offset;
}

/** Prints a time as the API does: UTC, to the second, with `Z`. */
export function printTime(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Prints a time to the millisecond, where things follow each other closely. */
export function printPreciseTime(at: Millis): string {
  return new Date(at).toISOString();
}

/** Prints a time that may be missing. */
export function printTimeOrNull(at: Millis | null): string | null {
  return at === null ? null : printTime(at);
}

/** Moves a time up to the next whole second, so that what is printed is never earlier than what is meant. */
export function roundUpToSecond(at: Millis): Millis {
  return Math.ceil(at / SECOND) * SECOND;
}
