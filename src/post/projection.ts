import type { ProjectedApproval } from "../db/approvals.ts";
import type { Projection } from "../db/projections.ts";
import type { Millis } from "../lib/clock.ts";
import type { PostDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { nextWakeBy, statusOf } from "./machine.ts";
import { stateOf } from "./show-tasks.ts";
import { isOpen } from "./status.ts";

/** What the database is to hold of a post: always the full state, so that any projection makes up for lost ones. */
export function projectionOf(document: PostDocument, now: Millis): Projection {
  return {
    seq: document.seq,
    version: document.version,
    contentId: document.contentId,
    scheduledAt: document.scheduledAt,
    publishBefore: deadlineOf(document),
    timeline: document.timeline,
    status: statusOf(document),
    state: stateOf(document),
    wakeBy: nextWakeBy(document, now),
    events: document.events,
    audit: document.audit,
    approval: projectApproval(document),
    settled: publicationsOf(document)
      .filter((task) => !isOpen(task.status) && task.announceBy === null)
      .map(({ accountId, platform, platformPostId }) => ({ accountId, platform, platformPostId })),
    unlocked: document.tasks
      .filter((task) => task.givesLockBack || (!isOpen(task.status) && task.announceBy === null))
      .map(({ accountId, epoch, status, platformPostId }) => ({
        accountId,
        epoch,
        platformPostId: isOpen(status) ? null : platformPostId,
      })),
  };
}

function projectApproval({ approval }: PostDocument): ProjectedApproval | null {
  if (!approval) return null;
  const { isTold: _, ...projected } = approval;
  return projected;
}

/** When the last of the tasks may still go out; null: however late. */
function deadlineOf({ tasks }: PostDocument): Millis | null {
  const deadlines = tasks.map(({ publishBefore }) => publishBefore);
  return deadlines.includes(null) ? null : Math.max(...deadlines.map((each) => each ?? 0));
}
