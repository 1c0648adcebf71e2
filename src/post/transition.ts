import type { Millis } from "../lib/clock.ts";
import type { TaskPart } from "../lib/vocabulary.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";
import { PROJECTION_RETRY } from "./timing.ts";

/*
 * What all transitions of a post are made of.
 */

/** Works on a copy, so that a document is never half changed. */
export function changed<R>(
  document: PostDocument,
  change: (copy: PostDocument) => R,
): { document: PostDocument; answer: R } {
  const copy = structuredClone(document);
  const answer = change(copy);
  return { document: copy, answer };
}

/** Names one publication of a post: which account, and whether the post itself or the comment under it. */
export interface TaskName {
  accountId: string;
  part: TaskPart;
}

/** A message to the publish queue: which publication to go on with, and for which state of it the message was sent. */
export interface TaskMessage extends TaskName {
  epoch: number;
}

/** The holder of a lease, as it shows itself in every call. */
export interface Holder extends TaskMessage {
  lease: number;
}

export function findTask(document: PostDocument, { accountId, part }: TaskName): TaskDocument | null {
  return publicationsOf(document).find((task) => task.accountId === accountId && task.part === part) ?? null;
}

/** The task that a consumer holds; null when it lost the lease, or the task went on without it. */
export function heldTask(document: PostDocument, holder: Holder): TaskDocument | null {
  const task = findTask(document, holder);
  if (!task || !isOpen(task.status) || task.epoch !== holder.epoch || task.lease?.id !== holder.lease) return null;
  return task;
}

/** Hands the task on to its next message: a new epoch, so that nothing sent for the old one counts. */
export function goOn(task: TaskDocument, at: Millis): void {
  task.epoch += 1;
  task.sends = 0;
  task.lease = null;
  // Whole milliseconds: an alarm knows no others, and would ring a moment early.
  task.dueAt = Math.ceil(at);
}

/** Counts the armed commit as one whose outcome has to be settled, once. */
export function doubt(task: TaskDocument): void {
  if (!task.armed || task.armed.inDoubt) return;
  task.armed.inDoubt = true;
  task.doubts += 1;
}

/** Has the database told, and told again should it not take it. */
export function markChanged(document: PostDocument, now: Millis): void {
  document.seq += 1;
  document.projectAt ??= now + PROJECTION_RETRY;
}
