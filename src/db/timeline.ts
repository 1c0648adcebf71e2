import type { Millis } from "../lib/clock.ts";
import type { TaskPart, TimelineType } from "../lib/vocabulary.ts";

/** What the platform itself said: no token, no address. */
export interface PlatformWords {
  code: string;
  message?: string;
  trace_id?: string;
}

/** One thing that happened to a post; on the clock that the post lives by. What does not apply is absent. */
export interface TimelineEntry {
  at: Millis;
  type: TimelineType;
  /** The API key by which somebody did it; absent: it happened by itself. */
  keyId?: string;
  accountId?: string;
  /** Of the comment under the post, and not of the post itself. */
  part?: Extract<TaskPart, "comment">;
  round?: number;
  attempt?: number;
  /** The step that was taken. */
  name?: string;
  /** What came of it: an answer of the platform, a reading's verdict, a status. */
  outcome?: string;
  /** How long it took. */
  ms?: Millis;
  /** Why: an error code of ours. */
  code?: string;
  platform?: PlatformWords;
  /** Until when it waits. */
  until?: Millis;
  /** The same happened so often, and for the last time at `lastAt`. */
  count?: number;
  lastAt?: Millis;
}

/** In the order in which it happened. */
export type Timeline = TimelineEntry[];
