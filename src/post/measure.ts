import type { PublishPoint } from "../lib/metrics.ts";
import type { Mode } from "../lib/vocabulary.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { isOpen } from "./status.ts";
import { findTask } from "./transition.ts";

/** What a transition of a post is worth measuring for: the tasks that it has ended, those that ended alike together. */
export function pointsOf(before: PostDocument, after: PostDocument, mode: Mode): PublishPoint[] {
  const alike = new Map<string, PublishPoint>();
  for (const task of publicationsOf(after)) {
    const known = findTask(before, task);
    if (!known || !isOpen(known.status) || isOpen(task.status)) continue;
    const { part, platform, status, error } = task;
    const lateness = part === "post" ? latenessOf(before, known, task) : null;
    const point = { mode, platform, part, status, code: error?.code ?? null, lateness };
    const key = JSON.stringify(point);
    alike.set(key, { ...point, count: (alike.get(key)?.count ?? 0) + 1 });
  }
  return [...alike.values()];
}

/** How long after its time the first commit that may have happened was armed; null where people have held it meanwhile. */
function latenessOf(
  { scheduledAt }: PostDocument,
  known: TaskDocument,
  { lastCommit, round, resumedFrom }: TaskDocument,
) {
  if (!lastCommit || round > 1 || resumedFrom.length > 0) return null;
  return lastCommit.first - (known.rescheduledTo ?? scheduledAt);
}
