import type { LastCommit, PostDocument, TaskDocument } from "./document.ts";
import { DOCUMENT_FORMAT, newTask } from "./document.ts";

/*
 * Documents that an earlier release has stored.
 */

/**
 * A stored document in today's format. The first one knew no comments and no test clock, and its publications had other
 * states: one that is not armed begins anew, one that is keeps its commit's handle, which has not changed. The second
 * one knew no edits, retries, pauses and timelines.
 */
export function upgraded(stored: PostDocument): PostDocument {
  // Releases of the same format that wrote no audit log, knew no approvals, and forgot nothing.
  const { audit = [], approval = null, isAsked = true, forgetAt = null } = stored;
  const added = { audit, approval, isAsked, forgetAt };
  if (stored.format === DOCUMENT_FORMAT) return { ...stored, ...added };
  const isFirst = stored.format === 1;
  const publication = (task: TaskDocument): TaskDocument => ({
    ...newTask(task.accountId, task.platform, task.part ?? "post", null),
    ...task,
    progress: isFirst && !task.armed ? null : task.progress,
    armed: task.armed && { ...task.armed, contentId: null, settledSince: task.armed.at, denied: null },
    lastCommit: olderCommit(task),
  });
  return {
    ...stored,
    ...(isFirst && { clockOffset: 0, clockLag: 0 }),
    format: DOCUMENT_FORMAT,
    contentId: null,
    isCanceled: stored.tasks.some(({ status }) => status === "canceled"),
    tasks: stored.tasks.map(publication),
    comments: (stored.comments ?? []).map(publication),
    timeline: [],
    ...added,
  };
}

/** The last commit of a task of the second format, where it may have happened: any other was accounted for. */
function olderCommit({ armed, attempts, firstArmedAt, progress }: TaskDocument): LastCommit | null {
  const at = armed?.at ?? firstArmedAt;
  if (at === null) return null;
  return { attempt: armed?.attempt ?? attempts, at, first: firstArmedAt ?? at, contentId: null, progress };
}
