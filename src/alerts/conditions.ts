import type { Stock } from "../db/stock.ts";
import type { Millis } from "../lib/clock.ts";
import { HOUR, MINUTE } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";

/*
 * When somebody is to be told. Pure: what was read goes in, what is wrong comes out.
 */

/** What somebody is told of. docs/operate.md has a section for each. */
export const ALERTS = [
  "stuck",
  "dead_letter",
  "app_quota",
  "queue_failing",
  "sweeper_silent",
  "sweeper_unreachable",
] as const;
export type AlertName = (typeof ALERTS)[number];

/** Something that is wrong, and since when. `words` hold times and names of ours alone. */
export interface Condition {
  since: Millis;
  words: string;
}

/** What is known of each: null: nothing is wrong; left out: nobody has looked. */
export type Seen = Partial<Record<AlertName, Condition | null>>;

/** What is overdue is woken within 30 seconds; what still is after so long does not wake. */
export const STUCK: Millis = 5 * MINUTE;
/** The sweeper runs every 30 seconds. */
export const SWEEPER_SILENT: Millis = 5 * MINUTE;
/** A message that is given up is news for so long. */
const DEAD_LETTER_NEWS: Millis = HOUR;
/** A limit that has lifted may come back with the first call. */
const QUOTA_CALM: Millis = 5 * MINUTE;

/** @param since when the time of what is overdue longest was; null: nothing is overdue */
export function stuck(since: Millis | null, now: Millis): Condition | null {
  if (since === null || now - since < STUCK) return null;
  return { since, words: `A post or a webhook is overdue since ${printTime(since)} and does not go out.` };
}

/** @param lastAt when a message was last given up; null: in the last 30 days none was */
export function deadLetter(lastAt: Millis | null, now: Millis): Condition | null {
  if (lastAt === null || now - lastAt >= DEAD_LETTER_NEWS) return null;
  return { since: lastAt, words: `A message was given up at ${printTime(lastAt)}.` };
}

/** @param apps those that are held back, or were not long ago */
export function appQuota(apps: Stock["heldApps"], now: Millis): Condition | null {
  const held = apps.filter(({ until }) => now < until + QUOTA_CALM);
  if (held.length === 0) return null;
  const each = held.map(({ host, until, code }) => `${host} until ${printTime(until)} (code ${code})`);
  return { since: now, words: `The platform limits the app, and all posts of it wait: ${each.join(", ")}.` };
}

/** @param since when a queue began to take no messages, or not to deliver them; null: both work */
export function queueFailing(since: Millis | null): Condition | null {
  if (since === null) return null;
  return { since, words: `A queue takes no messages, or delivers none, since ${printTime(since)}.` };
}

/** @param lastRunAt when a sweep last came through, or was first waited for */
export function sweeperSilent(lastRunAt: Millis | null, now: Millis): Condition | null {
  if (lastRunAt === null || now - lastRunAt < SWEEPER_SILENT) return null;
  return { since: lastRunAt, words: `No sweep has come through since ${printTime(lastRunAt)}.` };
}

/** What is said when it is over. */
export const OVER: Readonly<Record<AlertName, string>> = {
  stuck: "Nothing is stuck any more.",
  dead_letter: "No message was given up for an hour.",
  app_quota: "The platform's limit has lifted.",
  queue_failing: "The queues take and deliver messages.",
  sweeper_silent: "A sweep has come through.",
  sweeper_unreachable: "The sweeper can be reached.",
};
