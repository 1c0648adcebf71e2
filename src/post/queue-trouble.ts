import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";

/*
 * A queue that takes no messages: most likely its quota of the day is used up. What was accepted is held by the objects of
 * its posts and by the database, and sent again; the sweeper remembers it, for somebody who asks how things are.
 */

/** Since when a queue takes nothing, and what it said last. */
export interface QueueTrouble {
  since: Millis;
  lastAt: Millis;
  reason: string;
}

/** Whoever has a message sends it again within ten minutes: where nobody was refused for longer, the trouble is over. */
const OVER_AFTER: Millis = 15 * MINUTE;

/** The trouble as it is now; null: there is none any more. */
export function presentTrouble(trouble: QueueTrouble | undefined, now: Millis): QueueTrouble | null {
  return trouble && now - trouble.lastAt < OVER_AFTER ? trouble : null;
}

/** Another message that was not taken. */
export function worseTrouble(trouble: QueueTrouble | undefined, reason: string, now: Millis): QueueTrouble {
  return { since: presentTrouble(trouble, now)?.since ?? now, lastAt: now, reason };
}

const MAX_REASON = 200;

/** What the queue said. Messages are ids alone, so it can quote nothing that must not be seen. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON);
}
