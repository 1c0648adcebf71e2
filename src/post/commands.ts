import type { Millis } from "../lib/clock.ts";
import type { PublicPost } from "../platforms/platform.ts";
import { announcePost } from "./announce.ts";
import { askAgain } from "./approval.ts";
import { cancelOpen, cancelPublication } from "./cancel-tasks.ts";
import { announce, conclude, concludePublished, errorOf } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { commentOf, newComment, publicationsOf } from "./document.ts";
import { stateOf } from "./show-tasks.ts";
import type { CancelAnswer, Conflict } from "./status.ts";
import { cancelAnswer, cancelTaskAnswer, isOpen } from "./status.ts";
import { note, noteTask } from "./timeline.ts";
import { changed, markChanged } from "./transition.ts";

/*
 * What people ask of a post: to cancel it, to change what it says, to try again what failed, to settle what no reading
 * could. Pure, as `machine.ts`. Each decides by the state that it finds, so that a command and whatever else happens to
 * the post come one after the other; none of them touches a commit that may be public.
 */

/** Who asks: the id of an API key, for the timeline. Null: nobody in particular. */
export type Asker = string | null;

function by(keyId: Asker) {
  return keyId === null ? {} : { keyId };
}

/** Cancels what is still to come, unless something of the post is, or may be, public. */
export function cancel(
  document: PostDocument,
  asker: Asker,
  now: Millis,
): { document: PostDocument; answer: CancelAnswer } {
  return changed(document, (copy) => {
    const answer = cancelAnswer(copy.tasks);
    // Whoever is told that the post is canceled may rely on it: what has failed of it is not tried again.
    if (answer.is === "already_canceled") copy.isCanceled = true;
    if (answer.is !== "cancel") return answer;
    cancelOpen(copy);
    note(copy, { at: now, type: "canceled", ...by(asker) });
    announcePost(copy, "post.canceled", now);
    markChanged(copy, now);
    return answer;
  });
}

/** Cancels one task that is still to come, and the comment under it; the others go on. */
export function cancelTask(
  document: PostDocument,
  accountId: string,
  asker: Asker,
  now: Millis,
): { document: PostDocument; answer: CancelAnswer | { is: "unknown_task" } } {
  return changed<CancelAnswer | { is: "unknown_task" }>(document, (copy) => {
    const task = copy.tasks.find((each) => each.accountId === accountId);
    if (!task) return { is: "unknown_task" };
    const answer = cancelTaskAnswer(task);
    if (answer.is === "cancel") endByCanceling(copy, task, asker, now);
    return answer;
  });
}

/** Ends one task by canceling it, and tells when that was the last of the post. */
export function endByCanceling(document: PostDocument, task: TaskDocument, asker: Asker, now: Millis): void {
  cancelPublication(task);
  const comment = commentOf(document, task.accountId);
  if (comment && comment !== task) cancelPublication(comment);
  noteTask(document, task, { at: now, type: "canceled", ...by(asker) });
  const { tasks } = stateOf(document);
  if (tasks.every(({ status }) => status === "canceled")) announcePost(document, "post.canceled", now);
  else if (task.part === "post" && tasks.every(({ status }) => !isOpen(status))) {
    announcePost(document, "post.completed", now);
  }
  markChanged(document, now);
}

/** What an edit changes; the content itself is in the database already, under its own id. */
export interface Edit {
  /** The version that it was made from. */
  from: number;
  contentId: string;
  /** Null: it stays, also where a pause has moved it. */
  scheduledAt: Millis | null;
  /** Undefined: it moves along with the time. */
  publishBefore: Millis | null | undefined;
  /** The accounts under whose post there is to be a comment. */
  commented: string[];
}

/** `contentId`: what the post says now, which an attempt of the same request may have put there that was first. */
export type EditAnswer = { is: "edited"; contentId: string } | { is: "version_conflict"; version: number } | Conflict;

/**
 * Changes what a post says, or when it goes out, while nothing of it is or may be public. What was prepared of the old
 * content is dropped, and whatever is under way for it does not count any more.
 */
export function edit(
  document: PostDocument,
  made: Edit,
  asker: Asker,
  now: Millis,
): { document: PostDocument; answer: EditAnswer } {
  return changed<EditAnswer>(document, (copy) => {
    if (copy.contentId === made.contentId) return { is: "edited", contentId: made.contentId };
    const conflict = editConflict(copy);
    if (conflict) return conflict;
    if (copy.version !== made.from) return { is: "version_conflict", version: copy.version };
    copy.version += 1;
    copy.contentId = made.contentId;
    for (const task of copy.tasks) {
      const [from, to] = [timeOf(copy, task), made.scheduledAt ?? timeOf(copy, task)];
      if (made.publishBefore !== undefined) task.publishBefore = made.publishBefore;
      else if (task.publishBefore !== null) task.publishBefore += to - from;
      if (made.scheduledAt !== null) task.rescheduledTo = null;
      if (isOpen(task.status)) beginAnew(task, Math.max(to, now));
    }
    copy.scheduledAt = made.scheduledAt ?? copy.scheduledAt;
    copy.comments = copy.tasks.flatMap((task) => {
      if (!made.commented.includes(task.accountId)) return [];
      return commentOf(copy, task.accountId) ?? newCommentOf(task);
    });
    note(copy, { at: now, type: "edited", ...by(asker), outcome: `version ${copy.version}` });
    askAgain(copy, asker, now);
    markChanged(copy, now);
    return { is: "edited", contentId: made.contentId };
  });
}

/** When a task is to go out: when its post is, unless a pause has moved it. */
function timeOf({ scheduledAt }: PostDocument, { rescheduledTo }: TaskDocument): Millis {
  return rescheduledTo ?? scheduledAt;
}

/** Why a post cannot be edited any more; null when it can. */
export function editConflict(document: Pick<PostDocument, "tasks">): Conflict | null {
  const statuses = document.tasks.map((task) => task.status);
  if (document.tasks.some((task) => task.armed !== null)) return { is: "conflict", because: "publishing" };
  if (statuses.includes("published")) return { is: "conflict", because: "published" };
  if (statuses.includes("unconfirmed")) return { is: "conflict", because: "unconfirmed" };
  if (statuses.every((status) => status === "canceled")) return { is: "conflict", because: "canceled" };
  return null;
}

function newCommentOf({ accountId, platform, status }: TaskDocument): TaskDocument {
  // A task that failed takes its comment along when it is retried.
  return { ...newComment(accountId, platform), status: isOpen(status) ? "queued" : "canceled" };
}

export type RetryAnswer = { is: "retried" } | Conflict;

/** Opens a new round for what failed: tasks, and comments under posts that are public. */
export function retry(
  document: PostDocument,
  asker: Asker,
  now: Millis,
): { document: PostDocument; answer: RetryAnswer } {
  return changed<RetryAnswer>(document, (copy) => {
    const failed = publicationsOf(copy).filter((task) => canRetry(copy, task, now));
    if (failed.length === 0) return { is: "conflict", because: retryConflict(copy) };
    for (const task of failed) {
      openRound(task);
      task.dueAt = Math.max(copy.scheduledAt, now);
      noteTask(copy, task, { at: now, type: "retried", ...by(asker) });
      const comment = task.part === "post" ? commentOf(copy, task.accountId) : null;
      if (comment?.status === "canceled") openRound(comment);
    }
    markChanged(copy, now);
    return { is: "retried" };
  });
}

function canRetry({ isCanceled }: PostDocument, task: TaskDocument, now: Millis): boolean {
  const { status, part, parentId, publishBefore, isForgotten } = task;
  if (status !== "failed" || isCanceled || isForgotten) return false;
  // Without the id of its post there is nothing that a comment could be written under.
  if (part === "comment") return parentId !== null;
  return publishBefore === null || publishBefore > now;
}

function retryConflict(document: PostDocument): Conflict["because"] {
  const statuses = document.tasks.map((task) => task.status);
  if (document.isCanceled) return "canceled";
  if (publicationsOf(document).some(({ status, isForgotten }) => status === "failed" && isForgotten)) return "lost";
  if (statuses.includes("failed")) return "missed";
  if (statuses.some(isOpen)) return "publishing";
  if (statuses.includes("unconfirmed")) return "unconfirmed";
  const hasFailedComment = document.comments.some(({ status }) => status === "failed");
  if (hasFailedComment) return "failed";
  return statuses.includes("published") ? "published" : "canceled";
}

/**
 * Begins the task anew under a new round. What its last commit became is read once more before anything is sent: it is
 * known that it did not happen, or a person has said so, and reading costs little.
 */
function openRound(task: TaskDocument): void {
  task.round += 1;
  beginAnew(task, null);
  task.rescheduledTo = null;
  task.doubts = 0;
  task.firstArmedAt = null;
  if (task.lastCommit) task.settleFirst = task.isVouchedAbsent ? "person" : "proven";
}

/** Forgets all that was done for a task of which nothing can be public. */
function beginAnew(task: TaskDocument, dueAt: Millis | null): void {
  task.status = "queued";
  task.epoch += 1;
  task.dueAt = dueAt;
  task.sends = 0;
  task.lease = null;
  task.leaseFor = null;
  task.progress = null;
  task.postponements = 0;
  task.faults = 0;
  task.faultsSince = null;
  task.quotaSince = null;
  task.reconnectSince = null;
  task.reconnectChecks = 0;
  task.error = null;
  task.candidates = [];
  task.pausedBy = [];
  task.pauseChecks = 0;
  task.givesLockBack = true;
}

/** What a person has found out about a task that no reading could settle. */
export type Resolution = { outcome: "published"; post: PublicPost | null } | { outcome: "not_published" };

export type ResolveAnswer = { is: "resolved" } | { is: "unknown_task" } | Conflict;

/** Settles an unconfirmed task by a person's word, as a round of its own. */
export function resolve(
  document: PostDocument,
  accountId: string,
  resolution: Resolution,
  asker: Asker,
  now: Millis,
): { document: PostDocument; answer: ResolveAnswer } {
  return changed<ResolveAnswer>(document, (copy) => {
    const task = copy.tasks.find((each) => each.accountId === accountId);
    if (!task) return { is: "unknown_task" };
    if (task.status !== "unconfirmed") return { is: "conflict", because: conflictOf(task) };
    task.round += 1;
    task.candidates = [];
    noteTask(copy, task, { at: now, type: "resolved", ...by(asker), outcome: resolution.outcome });
    if (resolution.outcome === "published") {
      const publishedAt = task.lastCommit?.at ?? now;
      concludePublished(copy, task, resolution.post, { publishedAt, now });
      // Nobody is at it who would read its address.
      if (task.announceBy !== null) announce(copy, task, now);
    } else {
      task.isVouchedAbsent = true;
      const message = "A person has found that the post was not published. It can be retried.";
      conclude(copy, task, { status: "failed", error: errorOf("not_published", message, true) }, now);
    }
    return { is: "resolved" };
  });
}

function conflictOf({ status }: TaskDocument): Conflict["because"] {
  if (isOpen(status)) return "publishing";
  return status === "published" || status === "canceled" ? status : "failed";
}
