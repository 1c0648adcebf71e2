import type { Millis } from "../lib/clock.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";

/*
 * The clock that a post lives by. In live mode it is the real one. In test mode it is the workspace's, which a client
 * may move ahead: real time and an offset that only grows. A document holds points on its clock and nothing else, so
 * that a clock is moved by reading the same times from then on with a larger offset.
 *
 * What must not happen is that a move makes the time of a call that is under way pass by itself: the permit of a commit,
 * its timeout, the silence after which it is settled, the windows of settling, a consumer's lease. A commit would be
 * taken for one that did not happen while it is still on its way, and be sent again. So a document's clock stands apart
 * from the workspace's (`clockLag`) while a task of it is under way, and catches up at the first moment when none is.
 * Whoever works on the task, and the sandbox that it calls, read the same clock as the document, from the lease to the
 * last report. A commit whose answer was lost is settled in real seconds, whatever the workspace's clock says meanwhile.
 */

/**
 * Takes note of how far the workspace's clock is ahead.
 *
 * @param offset as the database has it; a smaller one than is known is late and changes nothing
 */
export function noteClock(document: PostDocument, offset: Millis): PostDocument {
  const clockLag = offset - document.clockOffset;
  return clockLag > document.clockLag ? { ...document, clockLag } : document;
}

/** Sets the document's clock by the workspace's, unless something is under way that must not see it move. */
export function catchUp(document: PostDocument, now: Millis): PostDocument {
  const { clockOffset, clockLag, tasks, comments } = document;
  if (clockLag === 0 || publicationsOf(document).some((task) => isUnderWay(task, now))) return document;
  // Who let a lease run out still reads the old clock: it must not arm by it any more.
  const free = (task: TaskDocument): TaskDocument => ({ ...task, lease: null });
  return {
    ...document,
    clockOffset: clockOffset + clockLag,
    clockLag: 0,
    tasks: tasks.map(free),
    comments: comments.map(free),
  };
}

/** Whether a consumer has the task, its commit may have been sent, or its permalink is being read. */
function isUnderWay({ armed, lease, announceBy }: TaskDocument, now: Millis): boolean {
  return armed !== null || (lease !== null && lease.until > now) || (announceBy !== null && announceBy > now);
}
