import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";

/*
 * What the sweeper knows of the queues: whoever meets one that takes no messages, or delivers none, says so, and says so again
 * while it lasts. That it works again is said by nobody: it is believed when nobody has complained for a while.
 */

export const QUEUES = ["publish", "webhooks"] as const;
export type QueueName = (typeof QUEUES)[number];

/** Longer than whoever waits for a queue waits before trying again. */
const BELIEVED_FOR: Millis = 15 * MINUTE;

/** The first and the last complaint. */
interface Trouble {
  since: Millis;
  lastAt: Millis;
}

/** Where it is kept: storage of an object. */
interface Shelf {
  get<T>(key: string): T | undefined;
  put(key: string, value: Trouble): void;
}

const key = (queue: QueueName) => `queue/${queue}`;

/** Takes note of a complaint. */
export function complain(shelf: Shelf, queue: QueueName, now: Millis): void {
  shelf.put(key(queue), { since: failingSince(shelf, queue, now) ?? now, lastAt: now });
}

/** @returns null when the queue works, as far as anybody has met it */
export function failingSince(shelf: Shelf, queue: QueueName, now: Millis): Millis | null {
  const trouble = shelf.get<Trouble>(key(queue));
  return trouble && now - trouble.lastAt < BELIEVED_FOR ? trouble.since : null;
}
