import type { HeldPost } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import { announceApproval, announcePost, announceTask } from "./announce.ts";
import type { PostDocument } from "./document.ts";
import { stateOf } from "./show-tasks.ts";
import { isOpen } from "./status.ts";
import { changed, markChanged } from "./transition.ts";

/**
 * Takes note of what the database holds of a post. Where that is less than it was told, it was restored to an earlier
 * state, and is told all anew.
 *
 * @param told the projection that it had acknowledged before it was looked at
 */
export function heedDatabase(
  document: PostDocument,
  { seq, wakeBy }: HeldPost,
  told: number,
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    copy.wakeBy = wakeBy === null ? null : wakeBy + copy.clockOffset + copy.clockLag;
    if (seq < told) retell(copy, now);
    return null;
  });
}

/**
 * Events are told again by the ids that they had: what the database still has of them is not told twice, and endpoints know
 * them by those. The events of earlier rounds are not known any more.
 */
function retell(document: PostDocument, now: Millis): void {
  for (const task of document.tasks) {
    const isTold = !isOpen(task.status) && task.status !== "canceled" && task.announceBy === null;
    if (isTold) announceTask(document, task, now);
  }
  const { tasks } = stateOf(document);
  if (document.isCanceled || tasks.every(({ status }) => status === "canceled")) {
    // What had failed before was not the end of it.
    document.events = document.events.filter(({ type }) => type !== "post.completed");
    announcePost(document, "post.canceled", now);
  } else if (tasks.every(({ status }) => !isOpen(status))) announcePost(document, "post.completed", now);
  if (document.approval?.state === "pending") document.approval.isTold = false;
  else if (document.approval) announceApproval(document, `approval.${document.approval.state}`, now, null);
  markChanged(document, now);
}
