import type { PlatformWords, TimelineEntry } from "../db/timeline.ts";
import type { Millis } from "../lib/clock.ts";
import type { TimelineType } from "../lib/vocabulary.ts";
import type { Fault } from "../platforms/platform.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";

/*
 * What happened to a post, kept in its document and written with each projection: one JSON value, not a row a step. It
 * tells what no state tells any more, and decides nothing.
 */

/** Entries that are kept, for the post and for each publication. Repetition goes first, the oldest before others. */
const MAX_ENTRIES = 100;
const MAX_OF_EACH = 20;
const REPEATED: readonly TimelineType[] = ["step", "settling", "waiting"];

/** One call to the platform, as a consumer made it. */
export interface MadeCall {
  is: "step" | "commit" | "settling";
  at: Millis;
  /** How long it took. */
  ms: Millis;
  name: string;
  outcome: string;
  fault?: Fault;
}

/** Writes down what happened to the post as a whole. */
export function note(document: PostDocument, entry: TimelineEntry): void {
  const { timeline } = document;
  const ofSame = timeline.filter(({ accountId, part }) => accountId === entry.accountId && part === entry.part);
  // A report whose answer was lost is made again.
  if (ofSame.some((known) => known.at === entry.at && isAlike(known, entry))) return;
  const last = ofSame.at(-1);
  if (last && isSame(last, entry)) {
    last.count = (last.count ?? 1) + 1;
    last.lastAt = entry.at;
    if (entry.until !== undefined) last.until = entry.until;
    return;
  }
  timeline.push(entry);
  if (timeline.length <= MAX_ENTRIES + MAX_OF_EACH * publicationsOf(document).length) return;
  // Never the first, which says who it was.
  const repeated = timeline.findIndex(({ type }) => REPEATED.includes(type));
  timeline.splice(Math.max(repeated, 1), 1);
}

/** Writes down what happened to one task, or to its comment. */
export function noteTask(document: PostDocument, task: TaskDocument, entry: TimelineEntry): void {
  const { accountId, part, round } = task;
  note(document, {
    ...entry,
    accountId,
    ...(part === "comment" && { part }),
    ...(round > 1 && { round }),
  });
}

/** Writes down a call that was made for a task. */
export function noteCall(document: PostDocument, task: TaskDocument, call: MadeCall): void {
  noteTask(document, task, {
    at: call.at,
    type: call.is,
    name: call.name,
    outcome: call.outcome,
    ms: call.ms,
    ...(call.fault && { platform: wordsOf(call.fault) }),
  });
}

/** What a platform said, as answers may tell it. */
export function wordsOf(fault: Fault): PlatformWords {
  return {
    code: fault.code,
    ...(fault.words !== undefined && { message: fault.words }),
    ...(fault.trace !== undefined && { trace_id: fault.trace }),
  };
}

/** Polling, a settling that goes on, a wait that is prolonged: told once, with how often. */
function isSame(a: TimelineEntry, b: TimelineEntry): boolean {
  return REPEATED.includes(a.type) && isAlike(a, b);
}

function isAlike(a: TimelineEntry, b: TimelineEntry): boolean {
  return (
    a.type === b.type &&
    a.round === b.round &&
    a.name === b.name &&
    a.outcome === b.outcome &&
    a.code === b.code &&
    a.platform?.code === b.platform?.code
  );
}
