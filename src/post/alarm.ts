import type { Millis } from "../lib/clock.ts";
import { expiryOf, isPending, isToBeTold } from "./approval.ts";
import type { PostDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";

/*
 * When a post's object has something to do. Pure, as `machine.ts`.
 */

/** When something is due, on the document's clock; null when all is done. */
export function nextDue(document: PostDocument): Millis | null {
  const times = publicationsOf(document).flatMap((task) =>
    [
      isPending(document) ? [] : (task.dueAt ?? []),
      task.announceBy ?? [],
      isOpen(task.status) && !task.armed ? (task.publishBefore ?? []) : [],
    ].flat(),
  );
  if (document.projectAt !== null) times.push(document.projectAt);
  const expiry = expiryOf(document);
  if (expiry !== null) times.push(expiry);
  // At once: it is told by whoever is awake.
  if (isToBeTold(document)) times.push(document.approval?.requestedAt ?? 0);
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether nothing of a post is left to do, and the database knows all of it. */
export function isDone(document: PostDocument): boolean {
  const { seq, projectedSeq, events, audit } = document;
  return nextDue(document) === null && seq === projectedSeq && events.length === 0 && audit.length === 0;
}

/** When the object must be awake next, on the document's clock: to do what is due, or else to forget a post that is done. */
export function nextAlarm(document: PostDocument): Millis | null {
  const { forgetAt, clockOffset } = document;
  if (forgetAt !== null && isDone(document)) return forgetAt + clockOffset;
  return nextDue(document);
}
