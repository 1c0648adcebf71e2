import type { TaskError } from "../db/posts.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Millis } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import type { EventType, PostStatus } from "../lib/vocabulary.ts";
import type { PendingEvent, PostDocument, TaskDocument } from "./document.ts";
import { commentOf } from "./document.ts";
import type { PrintedApproval } from "./print-approval.ts";
import { printApproval } from "./print-approval.ts";
import type { PrintedTask } from "./print-task.ts";
import { printTask } from "./print-task.ts";
import { projectTask, stateOf } from "./show-tasks.ts";
import { derivePostStatus, isOpen } from "./status.ts";

/*
 * Events are made in the transition they tell of, with a body that is frozen from then on and an id that is a function
 * of what they tell: task, round and type. Told twice, it is the same event.
 */

/** Tells that a task is final, and, when it was the last one, that the post is. */
export function announceTask(document: PostDocument, task: TaskDocument, now: Millis): void {
  const type = task.status === "published" ? "publish.completed" : "publish.failed";
  const index = document.tasks.indexOf(task);
  push(document, `${index}_${task.round}`, type, now, {
    post_id: document.postId,
    version: document.version,
    tasks: [printTask(projectTask(task, commentOf(document, task.accountId)))],
  });
  if (stateOf(document).tasks.every((each) => !isOpen(each.status))) announcePost(document, "post.completed", now);
}

/** Tells of the post as a whole. */
export function announcePost(document: PostDocument, type: "post.completed" | "post.canceled", now: Millis): void {
  const rounds = document.tasks.reduce((sum, task) => sum + task.round, 0);
  const { tasks } = stateOf(document);
  push(document, `all_${rounds}`, type, now, {
    post_id: document.postId,
    version: document.version,
    status: derivePostStatus(tasks.map((task) => task.status)),
    tasks: tasks.map(printTask),
  });
}

/** Tells how the approval of the post stands. @param link where somebody without a key can decide; null: nothing is to be decided */
export function announceApproval(
  document: PostDocument,
  type: Extract<EventType, `approval.${string}`>,
  now: Millis,
  link: string | null,
): void {
  const { approval } = document;
  if (!approval) return;
  const { tasks } = stateOf(document);
  push(document, `approval_${approval.round}`, type, now, {
    post_id: document.postId,
    version: document.version,
    status: derivePostStatus(tasks.map((task) => task.status)),
    tasks: tasks.map(printTask),
    scheduled_at: printTime(document.scheduledAt),
    approval: printApproval(approval),
    ...(link !== null && { link }),
  });
}

/** What an event tells of a post; one that tells of a single task names it so. */
interface PostNews {
  post_id: string;
  version: number;
  status?: PostStatus;
  tasks: PrintedTask[];
  scheduled_at?: string;
  approval?: PrintedApproval;
  link?: string;
}

function push(document: PostDocument, subject: string, type: EventType, now: Millis, news: PostNews): void {
  const suffix = `${document.postId.replace(/^post_/, "")}_${subject}_${type.replace(".", "_")}`;
  const event: PendingEvent = {
    id: `evt_${suffix}`,
    type,
    createdAt: now,
    body: bodyOf(type, now, news),
  };
  if (!document.events.some((pending) => pending.id === event.id)) document.events.push(event);
}

/** A body is smaller than this, by Standard Webhooks. */
const MAX_BODY_BYTES = 20_000;

/** Of many tasks, or of a talkative platform, as much is told as there is room for; the API's answers have it all. */
function bodyOf(type: EventType, now: Millis, { tasks, ...news }: PostNews): string {
  const isOfTask = type.startsWith("publish.");
  const written = (shown: object[]) => {
    const data = isOfTask ? { ...news, task: shown[0] } : { ...news, tasks: shown };
    return JSON.stringify({ type, timestamp: printTime(now), data });
  };
  const bodies = [tasks, tasks.map(withoutWords), tasks.map(summaryOf)].map(written);
  return bodies.find((body) => utf8(body).length < MAX_BODY_BYTES) ?? written([]);
}

const MAX_MESSAGE = 300;

function withoutWords(task: PrintedTask): PrintedTask {
  const brief = (error: TaskError | null) =>
    error && { code: error.code, message: error.message.slice(0, MAX_MESSAGE), retryable: error.retryable };
  const { first_comment: comment } = task;
  return {
    ...task,
    error: brief(task.error),
    ...(comment && { first_comment: { ...comment, error: brief(comment.error) } }),
  };
}

function summaryOf({ account_id, platform, status, published_at }: PrintedTask): object {
  return { account_id, platform, status, published_at };
}
