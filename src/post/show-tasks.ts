import type { PostState, ProjectedComment, ProjectedTask } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { commentOf } from "./document.ts";

/*
 * What of a document answers, events and the database show.
 */

/** The tasks as answers and the database show them. */
export function stateOf(document: PostDocument): PostState {
  return {
    tasks: document.tasks.map((task) => awaiting(document, projectTask(task, commentOf(document, task.accountId)))),
  };
}

/** What would be queued waits for somebody's word first. */
function awaiting({ approval }: PostDocument, task: ProjectedTask): ProjectedTask {
  return approval?.state === "pending" && task.status === "queued" ? { ...task, status: "awaiting_approval" } : task;
}

/**
 * One task as answers and the database show it. A task that is public and not announced yet is shown as publishing, so
 * that whoever sees `published` sees the permalink too.
 */
export function projectTask(task: TaskDocument, comment: TaskDocument | null): ProjectedTask {
  const isAnnounced = task.announceBy === null;
  return {
    accountId: task.accountId,
    platform: task.platform,
    status: isAnnounced ? task.status : "publishing",
    publishedAt: isAnnounced ? task.publishedAt : null,
    platformPostId: isAnnounced ? task.platformPostId : null,
    permalink: isAnnounced ? task.permalink : null,
    error: task.error,
    nextAttemptAt: shownWait(task),
    ...(task.round > 1 && { round: task.round }),
    ...(task.pausedBy.length > 0 && { pausedBy: task.pausedBy }),
    ...neverArmed(task),
    ...(comment && { firstComment: projectComment(comment) }),
  };
}

/** What allows a task that failed to be retried once its object has forgotten what it sent: nothing. */
function neverArmed({ status, attempts, isForgotten }: TaskDocument): { neverArmed?: true } {
  return status === "failed" && attempts === 0 && !isForgotten ? { neverArmed: true } : {};
}

/** When a task goes on for which nothing is under way; what only waits for its post's time is not told. */
function shownWait({ status, sends, lease, dueAt, rescheduledTo }: TaskDocument): Millis | null {
  if (status === "queued") return rescheduledTo;
  return status === "publishing" && sends === 0 && lease === null ? dueAt : null;
}

function projectComment(comment: TaskDocument): ProjectedComment {
  const { status, platformPostId, publishedAt, error, round } = comment;
  return {
    ...{ status, platformCommentId: platformPostId, publishedAt, error },
    ...(round > 1 && { round }),
    ...neverArmed(comment),
  };
}
