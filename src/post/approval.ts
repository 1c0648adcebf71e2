import type { Millis } from "../lib/clock.ts";
import { announceApproval, announcePost } from "./announce.ts";
import { cancelOpen } from "./cancel-tasks.ts";
import type { Asker } from "./commands.ts";
import type { PostDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import type { Conflict } from "./status.ts";
import { isOpen } from "./status.ts";
import { note } from "./timeline.ts";
import { PAST_TOLERANCE } from "./timing.ts";
import { changed, markChanged } from "./transition.ts";

/*
 * Posts that wait for somebody's word. Pure, as `machine.ts`. While a post is pending its tasks are not due and nobody may
 * begin them; the word opens the way, closes it for good, or does not come in time, which closes it too.
 */

/** Whether the post waits for somebody's word. */
export function isPending({ approval }: Pick<PostDocument, "approval">): boolean {
  return approval?.state === "pending";
}

/** Whether it is still to be told that the post waits. */
export function isToBeTold({ approval }: PostDocument): boolean {
  return approval?.state === "pending" && !approval.isTold;
}

/** When nobody may say yes any more; null: it waits. */
export function expiryOf({ approval }: PostDocument): Millis | null {
  return approval?.state === "pending" ? approval.expiresAt : null;
}

/**
 * Tells that the post waits.
 *
 * @param round which asking the link is for
 * @param link where somebody without a key can decide
 */
export function tellPending(
  document: PostDocument,
  round: number,
  link: string,
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    if (!copy.approval || !isToBeTold(copy) || copy.approval.round !== round) return null;
    copy.approval.isTold = true;
    announceApproval(copy, "approval.requested", now, link);
    markChanged(copy, now);
    return null;
  });
}

/** Asks for a word, or asks anew: what was said before was said of something else. */
export function askAgain(document: PostDocument, asker: Asker, now: Millis): void {
  const { approval } = document;
  if (!approval) return;
  document.approval = {
    ...approval,
    state: "pending",
    round: approval.round + 1,
    requestedBy: asker,
    requestedAt: now,
    decidedBy: null,
    decidedAt: null,
    reason: null,
    isTold: false,
  };
  note(document, { at: now, type: "approval_requested", ...(asker !== null && { keyId: asker }) });
}

/** What is answered to who decides. `own_request`: it is theirs. `needs_time`: its time has passed. */
export type DecideAnswer =
  | { is: "decided" }
  | { is: "own_request" }
  | { is: "needs_time" }
  | { is: "not_pending"; state: "none" | "approved" | "rejected" | "expired" }
  | { is: "changed" }
  | Conflict;

/** A decision, as somebody makes it. */
export type Decision =
  | { is: "approve"; schedule: "now" | Millis | null; reason: string | null; round: number | null }
  | { is: "reject"; reason: string | null; round: number | null };

/**
 * Decides on a post that waits, once.
 *
 * @param decision its `round`: the one that whoever decides has seen; null: the present one
 * @param by the key or the person that decides: never the one that asked
 */
export function decide(
  document: PostDocument,
  decision: Decision,
  by: string,
  now: Millis,
): { document: PostDocument; answer: DecideAnswer } {
  return changed<DecideAnswer>(document, (copy) => {
    const { approval } = copy;
    if (copy.isCanceled && approval?.state === "pending") return { is: "conflict", because: "canceled" };
    if (approval?.state !== "pending") return { is: "not_pending", state: approval?.state ?? "none" };
    if (decision.round !== null && decision.round !== approval.round) return { is: "changed" };
    if (approval.requestedBy === by) return { is: "own_request" };
    const decided = { decidedBy: by, decidedAt: now, reason: decision.reason };
    if (decision.is === "reject") {
      copy.approval = { ...approval, ...decided, state: "rejected" };
      close(copy, "rejected", by, now);
      return { is: "decided" };
    }
    if (decision.schedule === null && copy.scheduledAt < now - PAST_TOLERANCE) return { is: "needs_time" };
    copy.approval = { ...approval, ...decided, state: "approved" };
    if (decision.schedule !== null) moveTo(copy, decision.schedule === "now" ? now : decision.schedule);
    note(copy, { at: now, type: "approved", keyId: by, ...(decision.reason !== null && { outcome: decision.reason }) });
    announceApproval(copy, "approval.approved", now, null);
    markChanged(copy, now);
    return { is: "decided" };
  });
}

/** Closes what nobody decided in time. */
export function expire(document: PostDocument, now: Millis): void {
  const { approval } = document;
  const expiry = expiryOf(document);
  if (!approval || expiry === null || expiry > now) return;
  document.approval = { ...approval, state: "expired", decidedAt: now };
  close(document, "approval_expired", null, now);
}

function close(document: PostDocument, type: "rejected" | "approval_expired", by: string | null, now: Millis): void {
  const reason = document.approval?.reason ?? null;
  note(document, { at: now, type, ...(by !== null && { keyId: by }), ...(reason !== null && { outcome: reason }) });
  cancelOpen(document);
  announceApproval(document, type === "rejected" ? "approval.rejected" : "approval.expired", now, null);
  announcePost(document, "post.canceled", now);
  markChanged(document, now);
}

/** Moves what is still to come to another time. */
function moveTo(document: PostDocument, at: Millis): void {
  const by = at - document.scheduledAt;
  document.scheduledAt = at;
  for (const task of publicationsOf(document)) {
    if (!isOpen(task.status)) continue;
    if (task.part === "post") task.dueAt = at;
    if (task.publishBefore !== null) task.publishBefore += by;
  }
}
