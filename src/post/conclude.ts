import type { TaskError } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import type { TaskErrorCode } from "../lib/vocabulary.ts";
import type { Fault, PublicPost } from "../platforms/platform.ts";
import { announceTask } from "./announce.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { commentOf } from "./document.ts";
import { isOpen } from "./status.ts";
import { noteTask, wordsOf } from "./timeline.ts";
import { PERMALINK_WAIT } from "./timing.ts";
import { markChanged } from "./transition.ts";

/*
 * How a task ends. Each end is announced in the transition that makes it; only a published task waits a moment for its
 * permalink, so that what is told is complete.
 */

export function conclude(
  document: PostDocument,
  task: TaskDocument,
  end: { status: "failed" | "unconfirmed"; error: TaskError },
  now: Millis,
): void {
  task.status = end.status;
  task.error = end.error;
  close(task);
  noteTask(document, task, { at: now, type: "concluded", outcome: end.status, code: end.error.code });
  // Nothing is there to comment on. Of an unconfirmed post nobody knows yet.
  const comment = task.part === "post" && end.status === "failed" ? commentOf(document, task.accountId) : null;
  if (comment) comment.status = "canceled";
  announce(document, task, now);
}

/** Ends a task of which nobody can say whether it is public. */
export function concludeUnconfirmed(document: PostDocument, task: TaskDocument, now: Millis): void {
  const message =
    "The platform did not say whether it published the post, and reading did not show it. It may be public: " +
    "look at the account, and do not create the post again before.";
  const error = errorOf("outcome_unknown", message, false, task.armed?.fault ?? undefined);
  const candidates = task.candidates.map(({ id, permalink }) => ({ platform_post_id: id, permalink }));
  conclude(document, task, { status: "unconfirmed", error: { ...error, candidates } }, now);
}

export function concludePublished(
  document: PostDocument,
  task: TaskDocument,
  post: PublicPost | null,
  at: { publishedAt: Millis; now: Millis },
): void {
  task.status = "published";
  task.error = null;
  task.platformPostId = post?.id ?? null;
  task.permalink = post?.permalink ?? null;
  task.publishedAt = at.publishedAt;
  close(task);
  noteTask(document, task, { at: at.now, type: "concluded", outcome: "published" });
  const comment = task.part === "post" ? commentOf(document, task.accountId) : null;
  if (comment) startComment(document, comment, post, at.now);
  const hasAddressToCome = task.part === "post" && post !== null && post.permalink === null;
  if (hasAddressToCome) task.announceBy = at.now + PERMALINK_WAIT;
  else announce(document, task, at.now);
}

/** The post is public: its comment is due. */
function startComment(document: PostDocument, comment: TaskDocument, post: PublicPost | null, now: Millis): void {
  if (!isOpen(comment.status)) return;
  if (post) {
    comment.parentId = post.id;
    comment.dueAt = now;
    return;
  }
  const message = "The post is public and the platform did not tell under which id, so no comment could be written.";
  conclude(document, comment, { status: "failed", error: errorOf("post_id_unknown", message, false) }, now);
}

/** Makes a final task visible and tells of it. Of comments answers alone tell. */
export function announce(document: PostDocument, task: TaskDocument, now: Millis): void {
  task.announceBy = null;
  if (task.part === "post") announceTask(document, task, now);
  markChanged(document, now);
}

export function errorOf(code: TaskErrorCode, message: string, retryable: boolean, fault?: Fault): TaskError {
  return { code, message, retryable, ...(fault && { platform: wordsOf(fault) }) };
}

/** Ends a task whose time to be published has passed. */
export function concludeMissed(document: PostDocument, task: TaskDocument, now: Millis): void {
  const message = "The post was not published before its publish_before, and nothing of it goes out any more.";
  conclude(document, task, { status: "failed", error: errorOf("missed_window", message, false) }, now);
}

/** Whatever is still under way for the task no longer counts. */
function close(task: TaskDocument): void {
  task.epoch += 1;
  task.dueAt = null;
  task.lease = null;
  task.armed = null;
  task.pausedBy = [];
  task.rescheduledTo = null;
}
