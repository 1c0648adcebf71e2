import type { PostToLoad, ProjectedTask } from "../db/posts.ts";
import type { Timeline } from "../db/timeline.ts";
import type { Millis } from "../lib/clock.ts";
import type { TaskStatus } from "../lib/vocabulary.ts";
import { conclude, errorOf } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { commentOf, newDocument, publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";
import { LOADED_LATE } from "./timing.ts";

/** A post as its object finds it in the database: with something to do, or with nothing left to do. */
export interface LoadedPost {
  is: "open" | "final";
  document: PostDocument;
}

/**
 * Makes a document from what the database holds of a post. For a new post that is everything. Where a document has
 * been before and is gone, forgotten or lost, nobody knows which commits were armed: what had begun, or was over, is never
 * armed again. Where the database is one that was restored, the same holds for what has come due since the backup.
 */
export function loadDocument({ row, clockOffset, restoredAt }: PostToLoad, realNow: Millis): LoadedPost {
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
  const epoch = { createdAt: row.createdAt, restoredAt: restoredAt === null ? null : restoredAt + clockOffset };
  const isTrusted = hasChangedSince(row.timeline, epoch.restoredAt);
  const projectedOf = (accountId: string) => {
    const task = row.state.tasks.find((each) => each.accountId === accountId);
    return isTrusted ? task : task && withoutProof(task);
  };
  const tasks = document.tasks.map((task) => restoreTask(task, projectedOf(task.accountId)));
  const comments = document.comments.map((comment) =>
    restoreComment(comment, projectedOf(comment.accountId), isTrusted),
  );
  const { seq } = row;
  const wakeBy = row.wakeBy === null ? null : row.wakeBy + clockOffset;
  const restored = { ...document, tasks, comments, seq, projectedSeq: seq, wakeBy };
  if (publicationsOf(restored).every((task) => !isOpen(task.status) || isWaitingComment(task))) {
    // Whether the post was canceled as a whole is not known; whoever has canceled any of it may rely on that.
    const isCanceled = tasks.some(({ status }) => status === "canceled");
    return { is: "final", document: { ...restored, isCanceled } };
  }
  const now = realNow + clockOffset;
  for (const task of publicationsOf(restored)) {
    const isHeld = task.status === "queued" && hasBeenDue(task, row.mode === "live", epoch, now);
    if (task.status !== "publishing" && !isHeld) continue;
    concludeLost(restored, task, isHeld ? HELD : LOST, now);
    // Where the post is public, so may its comment be.
    const comment = task.part === "post" ? commentOf(restored, task.accountId) : null;
    if (comment?.status === "queued") concludeLost(restored, comment, HELD, now);
  }
  return { is: "open", document: withoutIdleApproval(restored, now) };
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
  return {
    ...fresh,
    round,
    dueAt: null,
    publishedAt,
    platformPostId,
    permalink,
    status,
    error,
    ...forgotten(projected),
  };
}

/** Nothing of it has begun. */
function isBefore(status: TaskStatus): boolean {
  return status === "queued" || status === "awaiting_approval";
}

/** What was sent of it is not known, unless the database knows that nothing was. */
function forgotten({ neverArmed }: { neverArmed?: true }): { isForgotten?: true } {
  return neverArmed ? {} : { isForgotten: true };
}

/** Whether the database has this of a post from after it was restored: nothing can have happened to it that was lost. */
function hasChangedSince(timeline: Timeline, restoredAt: Millis | null): boolean {
  const last = timeline.at(-1);
  return restoredAt === null || (last !== undefined && (last.lastAt ?? last.at) > restoredAt);
}

/** What failed may have been retried since the backup. */
function withoutProof({ neverArmed: _, ...task }: ProjectedTask): ProjectedTask {
  const { firstComment } = task;
  if (!firstComment) return task;
  const { neverArmed: __, ...comment } = firstComment;
  return { ...task, firstComment: comment };
}

function restoreComment(fresh: TaskDocument, projected: ProjectedTask | undefined, isTrusted: boolean): TaskDocument {
  const comment = projected?.firstComment;
  if (!projected || !comment || comment.status === "canceled") return { ...fresh, status: "canceled" };
  const { status, error, platformCommentId, publishedAt, round = 1 } = comment;
  const parentId = projected.platformPostId;
  const restored = { ...fresh, round, parentId, platformPostId: platformCommentId, publishedAt, error };
  // A person may have said since the backup that its post is public.
  if (status === "queued" && parentId === null && !isTrusted && !isOpen(projected.status)) {
    return { ...restored, status: "unconfirmed", error: errorOf("outcome_unknown", HELD, false) };
  }
  // Nothing is there that it could have been written under, in whatever round.
  if (status === "queued" && parentId === null) return restored;
  // Due in the moment in which its post was public: it may have been sent.
  return { ...restored, status: status === "queued" ? "publishing" : status, ...forgotten(comment) };
}

/** A comment under a post of which nobody knows yet whether it is public. */
function isWaitingComment({ part, status, parentId }: TaskDocument): boolean {
  return part === "comment" && status === "queued" && parentId === null;
}

/**
 * Whether a task that the database has as not begun may have been published all the same: it came due before the database
 * was restored, which then knew nothing of it any more; or so long ago that its object has long forgotten it. (A test clock
 * that was moved lets any time pass at once, and says nothing.)
 */
function hasBeenDue(
  { dueAt }: TaskDocument,
  isLive: boolean,
  { createdAt, restoredAt }: { createdAt: Millis; restoredAt: Millis | null },
  now: Millis,
): boolean {
  if (dueAt === null) return false;
  const isSinceBackup = restoredAt !== null && createdAt <= restoredAt && dueAt <= restoredAt;
  return isSinceBackup || (isLive && dueAt <= now - LOADED_LATE);
}

/** Of what is held nobody is asked any more whether it may go out. */
function withoutIdleApproval(document: PostDocument, now: Millis): PostDocument {
  const { approval, tasks } = document;
  if (approval?.state !== "pending" || tasks.some(({ status }) => isOpen(status))) return document;
  return { ...document, approval: { ...approval, state: "expired", decidedAt: now } };
}

const LOST = "The state of this task was lost while it was being published. It may be public: look at the account.";
const HELD =
  "This task was due while nothing is known of what was done for it: the database was restored to an earlier state. " +
  "It may be public: look at the account.";

/**
 * Nobody knows how far it came: told at once, and left to a person. In a round of its own, for its end may have been told
 * before: no two events have one id.
 */
function concludeLost(document: PostDocument, task: TaskDocument, message: string, now: Millis): void {
  task.round += 1;
  conclude(document, task, { status: "unconfirmed", error: errorOf("outcome_unknown", message, false) }, now);
}
