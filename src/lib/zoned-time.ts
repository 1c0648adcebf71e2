import type { Millis } from "./clock.ts";
import { DAY, SECOND } from "./clock.ts";
import { parseTimestamp } from "./time.ts";

/*
 * Local times of a time zone, by the runtime's own copy of the IANA database.
 */

const LOCAL = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?$/;

/**
 * Reads a local time, `2026-06-01T09:00` or `2026-06-01T09:00:30`.
 *
 * @returns what it would be in UTC, or null when it is not one: another format, a day that does not exist
 */
export function parseLocalTime(text: string): Millis | null {
  const [, minutes, seconds = ":00"] = LOCAL.exec(text) ?? [];
  return minutes === undefined ? null : parseTimestamp(`${minutes}${seconds}Z`);
}

/** @returns null when there is no such zone; an offset is none */
export function findTimeZone(name: string): TimeZone | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return new TimeZone(name);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A place's clock, in the Gregorian calendar. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError when there is no such zone */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /**
   * When the place's clock shows a time. Where it shows it twice, as the clock is set back, that is the first time; where it
   * never does, as it is set forward, the time moves on by as much: 02:30 is 03:30. So does `compatible` of Temporal.
   *
   * @param local what the time would be in UTC
   */
  timeOf(local: Millis): Millis {
    // No clock is set twice in two days: these are the offsets before and after whatever happens near that time.
    const before = this.#offsetAt(local - DAY);
    const after = this.#offsetAt(local + DAY);
    const first = local - Math.max(before, after);
    if (this.#offsetAt(first) === local - first) return first;
    const second = local - Math.min(before, after);
    return this.#offsetAt(second) === local - second ? second : local - before;
  }

  /** What the place's clock shows, as what that would be in UTC. */
  localOf(at: Millis): Millis {
    return at + this.#offsetAt(at);
  }

  /** How far the place's clock is ahead of UTC. */
  #offsetAt(at: Millis): Millis {
    const parts = Object.fromEntries(this.#format.formatToParts(at).map(({ type, value }) => [type, value]));
    const shown = new Date(0);
    shown.setUTCFullYear(Number(parts.year), Number(parts.month) - 1, Number(parts.day));
    shown.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
    return shown.getTime() - Math.floor(at / SECOND) * SECOND;
  }
}
