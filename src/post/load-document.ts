import type { FullPostRow, ProjectedTask } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import type { TaskStatus } from "../lib/vocabulary.ts";
import { conclude, errorOf } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { newDocument, publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";

/** A post as its object finds it in the database: with something to do, or with nothing left to do. */
export type LoadedPost = { is: "open"; document: PostDocument } | { is: "final"; tasks: FinalTask[] };

/** A task of a post that is over, as far as a command asks. */
export interface FinalTask {
  accountId: string;
  status: TaskStatus;
  armed: null;
}

/**
 * Makes a document from what the database holds of a post. For a new post that is everything. Where a document has
 * been before and is gone, nobody knows which commits were armed: what had begun is never armed again.
 *
 * @param clockOffset how far the clock that the post lives by is ahead of the real one
 */
export function loadDocument(row: FullPostRow, clockOffset: Millis, realNow: Millis): LoadedPost {
  const statuses = row.state.tasks.map((task) => task.status);
  if (!statuses.some(isOpen)) return { is: "final", tasks: row.state.tasks.map(finalTask) };
  const document = newDocument({
    postId: row.id,
    version: row.version,
    contentId: row.contentId,
    clockOffset,
    scheduledAt: row.scheduledAt,
    publishBefore: row.publishBefore,
    timeline: row.timeline,
    approval: row.approval,
    tasks: row.state.tasks.map((task) => ({ ...task, hasComment: task.firstComment !== undefined })),
  });
  const projectedOf = (accountId: string) => row.state.tasks.find((task) => task.accountId === accountId);
  const tasks = document.tasks.map((task) => restoreTask(task, projectedOf(task.accountId)));
  const comments = document.comments.map((comment) => restoreComment(comment, projectedOf(comment.accountId)));
  const { seq } = row;
  const wakeBy = row.wakeBy === null ? null : row.wakeBy + clockOffset;
  const restored = { ...document, tasks, comments, seq, projectedSeq: seq, wakeBy };
  for (const task of publicationsOf(restored)) {
    if (task.status === "publishing") concludeLost(restored, task, realNow + clockOffset);
  }
  return { is: "open", document: restored };
}

function finalTask({ accountId, status }: ProjectedTask): FinalTask {
  return { accountId, status, armed: null };
}

function restoreTask(fresh: TaskDocument, projected: ProjectedTask | undefined): TaskDocument {
  const round = projected?.round ?? 1;
  if (!projected) return fresh;
  if (isBefore(projected.status) && round === 1) {
    // A pause's end may have moved it.
    const { nextAttemptAt } = projected;
    return { ...fresh, dueAt: nextAttemptAt ?? fresh.dueAt, rescheduledTo: nextAttemptAt };
  }
  const { publishedAt, platformPostId, permalink, error } = projected;
  // Of a round before it may be that something was sent.
  const status = isBefore(projected.status) ? "publishing" : projected.status;
  return { ...fresh, round, dueAt: null, publishedAt, platformPostId, permalink, status, error };
}

/** Nothing of it has begun. */
function isBefore(status: TaskStatus): boolean {
  return status === "queued" || status === "awaiting_approval";
}

function restoreComment(fresh: TaskDocument, projected: ProjectedTask | undefined): TaskDocument {
  const comment = projected?.firstComment;
  if (!projected || !comment || comment.status === "canceled") return { ...fresh, status: "canceled" };
  const { status, error, platformCommentId, publishedAt } = comment;
  const parentId = projected.platformPostId;
  if (status === "queued") return { ...fresh, parentId, dueAt: parentId === null ? null : fresh.dueAt };
  return { ...fresh, parentId, platformPostId: platformCommentId, publishedAt, status, error };
}

/** Had begun, and nobody knows how far it came: told at once, and left to a person. */
function concludeLost(document: PostDocument, task: TaskDocument, now: Millis): void {
  const message =
    "The state of this task was lost while it was being published. It may be public: look at the account.";
  conclude(document, task, { status: "unconfirmed", error: errorOf("outcome_unknown", message, false) }, now);
}
