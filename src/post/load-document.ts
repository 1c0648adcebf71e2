import type { PostRow, ProjectedTask } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import type { TaskStatus } from "../lib/vocabulary.ts";
import { errorOf } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { newDocument } from "./document.ts";
import { isOpen } from "./status.ts";

/** A post as its object finds it in the database: with something to do, or with nothing left to do. */
export type LoadedPost = { is: "open"; document: PostDocument } | { is: "final"; statuses: TaskStatus[] };

/**
 * Makes a document from what the database holds of a post. For a new post that is everything. Where a document has
 * been before and is gone, nobody knows which commits were armed: what had begun is never armed again.
 *
 * @param clockOffset how far the clock that the post lives by is ahead of the real one
 */
export function loadDocument(row: PostRow, clockOffset: Millis): LoadedPost {
  const statuses = row.state.tasks.map((task) => task.status);
  if (!statuses.some(isOpen)) return { is: "final", statuses };
  const document = newDocument({
    postId: row.id,
    version: row.version,
    clockOffset,
    scheduledAt: row.scheduledAt,
    tasks: row.state.tasks,
  });
  const tasks = document.tasks.map((task, index) => restoreTask(task, row.state.tasks[index]));
  const wakeBy = row.wakeBy === null ? null : row.wakeBy + clockOffset;
  return { is: "open", document: { ...document, tasks, seq: row.seq, projectedSeq: row.seq, wakeBy } };
}

function restoreTask(fresh: TaskDocument, projected: ProjectedTask | undefined): TaskDocument {
  if (!projected || projected.status === "queued") return fresh;
  const { publishedAt, platformPostId, permalink } = projected;
  const restored = { ...fresh, dueAt: null, publishedAt, platformPostId, permalink };
  if (projected.status !== "publishing") return { ...restored, status: projected.status, error: projected.error };
  const message =
    "The state of this task was lost while it was being published. It may be public: look at the account.";
  return { ...restored, status: "unconfirmed", error: errorOf("outcome_unknown", message, false) };
}
