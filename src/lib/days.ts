import type { Millis } from "./clock.ts";
import { DAY } from "./clock.ts";
import type { TimeZone } from "./zoned-time.ts";
import { parseLocalTime } from "./zoned-time.ts";

/*
 * Days as the people of a place count them, `2026-06-01`. Where clocks are set they have 23 or 25 hours.
 */

/** A day of some place's calendar, from its first moment to the first of the next. */
export interface Day {
  name: string;
  start: Millis;
  end: Millis;
}

/** @returns the same text, or null when it is no day */
export function parseDay(text: string): string | null {
  return parseLocalTime(`${text}T00:00`) === null ? null : text;
}

/** The day that a place's calendar shows at a moment. */
export function dayAt(zone: TimeZone, at: Millis): string {
  return nameOf(zone.localOf(at));
}

/** The day so many days later; with a negative count, earlier. */
export function addDays(day: string, count: number): string {
  return nameOf(middayOf(day) + count * DAY);
}

/** The first day of the month, so many months later. */
export function monthFrom(day: string, count: number): string {
  const date = new Date(middayOf(day));
  return nameOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1));
}

/** The Monday of the day's week. */
export function mondayOf(day: string): string {
  const weekday = new Date(middayOf(day)).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/** The first moment of a day. Where clocks skip its midnight, that is when they go on. */
export function startOf(zone: TimeZone, day: string): Millis {
  return zone.timeOf(middayOf(day) - DAY / 2);
}

/** So many days in a row. */
export function daysFrom(zone: TimeZone, first: string, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => {
    const name = addDays(first, index);
    return { name, start: startOf(zone, name), end: startOf(zone, addDays(name, 1)) };
  });
}

/** The days that a span of time touches, the first and the last cut to it. */
export function daysBetween(zone: TimeZone, from: Millis, to: Millis): Day[] {
  const days: Day[] = [];
  for (let name = dayAt(zone, from); startOf(zone, name) < to; name = addDays(name, 1)) {
    const [start, end] = [startOf(zone, name), startOf(zone, addDays(name, 1))];
    days.push({ name, start: Math.max(start, from), end: Math.min(end, to) });
  }
  return days;
}

/** Midday as it would be in UTC, far from where days begin and end. */
function middayOf(day: string): Millis {
  return Date.parse(`${day}T12:00:00Z`);
}

function nameOf(local: Millis): string {
  return new Date(local).toISOString().slice(0, 10);
}
