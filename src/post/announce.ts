import type { Millis } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import type { EventType } from "../lib/vocabulary.ts";
import type { PendingEvent, PostDocument, TaskDocument } from "./document.ts";
import { commentOf } from "./document.ts";
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
    task: printTask(projectTask(task, commentOf(document, task.accountId))),
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

function push(document: PostDocument, subject: string, type: EventType, now: Millis, data: object): void {
  const suffix = `${document.postId.replace(/^post_/, "")}_${subject}_${type.replace(".", "_")}`;
  const event: PendingEvent = {
    id: `evt_${suffix}`,
    type,
    createdAt: now,
    body: JSON.stringify({ type, timestamp: printTime(now), data }),
  };
  if (!document.events.some((pending) => pending.id === event.id)) document.events.push(event);
}
