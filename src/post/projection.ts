import type { Projection } from "../db/projections.ts";
import type { Millis } from "../lib/clock.ts";
import type { PostDocument } from "./document.ts";
import { publicationsOf, stateOf } from "./document.ts";
import { nextWakeBy, statusOf } from "./machine.ts";
import { isOpen } from "./status.ts";

/** What the database is to hold of a post: always the full state, so that any projection makes up for lost ones. */
export function projectionOf(document: PostDocument, now: Millis): Projection {
  return {
    seq: document.seq,
    version: document.version,
    contentId: document.contentId,
    scheduledAt: document.scheduledAt,
    publishBefore: document.tasks[0]?.publishBefore ?? null,
    timeline: document.timeline,
    status: statusOf(document),
    state: stateOf(document),
    wakeBy: nextWakeBy(document, now),
    events: document.events,
    settled: publicationsOf(document)
      .filter((task) => !isOpen(task.status) && task.announceBy === null)
      .map(({ accountId, platform, platformPostId }) => ({ accountId, platform, platformPostId })),
  };
}
