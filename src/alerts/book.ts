import type { Millis } from "../lib/clock.ts";
import { MINUTE, SECOND } from "../lib/clock.ts";
import type { AlertName, Seen } from "./conditions.ts";
import { ALERTS, OVER } from "./conditions.ts";

/*
 * Which alerts are firing, and what somebody is still to be told. Pure. Each is told once when it begins and once when it
 * is over, in that order, also when telling fails for a while.
 */

/** One thing to tell. */
export interface Message {
  alert: AlertName;
  state: "firing" | "resolved";
  /** When it began, which names it together with `alert`. */
  since: Millis;
  at: Millis;
  words: string;
}

/** An alert that is firing. */
export interface Firing {
  since: Millis;
  /** Whether its beginning was told, or is about to be. */
  isTold: boolean;
}

export interface AlertBook {
  firing: Partial<Record<AlertName, Firing>>;
  /** What is to be told, oldest first. */
  outbox: Message[];
  /** Failures in a row to tell the first of them. */
  failures: number;
  nextTryAt: Millis;
}

export const EMPTY_BOOK: AlertBook = { firing: {}, outbox: [], failures: 0, nextTryAt: 0 };

const FIRST_RETRY: Millis = 30 * SECOND;
const LONGEST_RETRY: Millis = 15 * MINUTE;

/**
 * Takes note of what was seen.
 *
 * @param isToBeTold whether there is anybody to tell
 */
export function heed(book: AlertBook, seen: Seen, now: Millis, isToBeTold: boolean): AlertBook {
  const firing = { ...book.firing };
  let outbox = [...book.outbox];
  for (const alert of ALERTS) {
    const condition = seen[alert];
    if (condition === undefined) continue;
    const known = firing[alert];
    const untoldEnd = outbox.find((message) => message.alert === alert && message.state === "resolved");
    if (condition && untoldEnd) {
      // Nobody has heard that it was over, and it is not: so no more than two wait of each, whoever is to be told.
      outbox = outbox.filter((message) => message !== untoldEnd);
      firing[alert] = { since: untoldEnd.since, isTold: true };
    } else if (condition) {
      const { since } = known ?? condition;
      if (isToBeTold && !known?.isTold) {
        outbox.push({ alert, state: "firing", since, at: now, words: condition.words });
      }
      firing[alert] = { since, isTold: isToBeTold || known?.isTold === true };
    } else if (known) {
      if (known.isTold) outbox.push({ alert, state: "resolved", since: known.since, at: now, words: OVER[alert] });
      delete firing[alert];
    }
  }
  return { ...book, firing, outbox };
}

/** Takes note of what came of telling the first of the outbox. */
export function told(book: AlertBook, message: Message, isTaken: boolean, now: Millis): AlertBook {
  if (!isTaken) {
    const wait = Math.min(FIRST_RETRY * 2 ** Math.min(book.failures, 10), LONGEST_RETRY);
    return { ...book, failures: book.failures + 1, nextTryAt: now + wait };
  }
  const { alert, state, since } = message;
  const firing = { ...book.firing };
  // It began again while its end was told.
  if (state === "resolved" && firing[alert]?.since === since) firing[alert] = { since, isTold: false };
  const isIt = (each: Message) => each.alert === alert && each.state === state && each.since === since;
  return { firing, outbox: book.outbox.filter((each) => !isIt(each)), failures: 0, nextTryAt: 0 };
}
