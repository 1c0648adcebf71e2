import type { Millis } from "../lib/clock.ts";
import { announceApproval, announcePost, announceTask } from "./announce.ts";
import type { PostDocument } from "./document.ts";
import { stateOf } from "./show-tasks.ts";
import { isOpen } from "./status.ts";
import { changed, markChanged } from "./transition.ts";

/**
 * Tells the database all of a post anew, for it was restored to what it knew before. Events are told again by the ids
 * that they had: what it still has of them, or an endpoint, is not told twice. Those of earlier rounds are not known any
 * more.
 */
export function retell(document: PostDocument, now: Millis): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    for (const task of copy.tasks) {
      const isTold = !isOpen(task.status) && task.status !== "canceled" && task.announceBy === null;
      if (isTold) announceTask(copy, task, now);
    }
    const { tasks } = stateOf(copy);
    if (tasks.every(({ status }) => status === "canceled")) announcePost(copy, "post.canceled", now);
    else if (tasks.every(({ status }) => !isOpen(status))) announcePost(copy, "post.completed", now);
    if (copy.approval?.state === "pending") copy.approval.isTold = false;
    else if (copy.approval) announceApproval(copy, `approval.${copy.approval.state}`, now, null);
    markChanged(copy, now);
    return null;
  });
}
