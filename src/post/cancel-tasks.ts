import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";

/** Cancels what is still to come, and what has failed with it. */
export function cancelOpen(document: PostDocument): void {
  for (const task of publicationsOf(document)) if (isOpen(task.status)) cancelPublication(task);
  document.isCanceled = true;
}

/** Ends a publication of which nothing is, or may be, public. */
export function cancelPublication(task: TaskDocument): void {
  task.status = "canceled";
  task.epoch += 1;
  task.dueAt = null;
  task.lease = null;
  task.error = null;
  task.pausedBy = [];
  task.rescheduledTo = null;
}
