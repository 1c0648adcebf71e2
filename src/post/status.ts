import type { PostStatus, TaskStatus } from "../lib/vocabulary.ts";

/** The statuses of a task that still has something to do. */
const OPEN: readonly TaskStatus[] = ["awaiting_approval", "queued", "publishing"];

export function isOpen(status: TaskStatus): boolean {
  return OPEN.includes(status);
}

/**
 * Derives a post's status from its tasks' statuses, in this order: all canceled; any still open (`publishing` once one
 * has begun, else `awaiting_approval` while all open ones are, else `queued`); all published; some published; any whose
 * outcome nobody knows; failed.
 */
export function derivePostStatus(statuses: readonly TaskStatus[]): PostStatus {
  if (statuses.every((status) => status === "canceled")) return "canceled";
  const open = statuses.filter(isOpen);
  if (open.length > 0) {
    if (statuses.some((status) => !["awaiting_approval", "queued", "canceled"].includes(status))) return "publishing";
    return open.every((status) => status === "awaiting_approval") ? "awaiting_approval" : "queued";
  }
  if (statuses.every((status) => status === "published")) return "published";
  if (statuses.includes("published")) return "partially_published";
  if (statuses.includes("unconfirmed")) return "unconfirmed";
  return "failed";
}

/** Why a post, or a task, is not in the state that a command needs. */
export interface Conflict {
  is: "conflict";
  /**
   * `missed`: its `publish_before` has passed. `lost`: what was sent of it is not known any more.
   */
  because: "published" | "unconfirmed" | "publishing" | "failed" | "canceled" | "missed" | "lost";
}

/** What DELETE answers. */
export type CancelAnswer = { is: "cancel" } | { is: "already_canceled" } | Conflict;

/** A task as far as canceling asks: what it is, and whether its commit may be public in this moment. */
interface Cancelable {
  status: TaskStatus;
  armed: object | null;
}

/**
 * Decides what DELETE of a post does. It is canceled while something of it is still to come and nothing of it is, or may
 * be, public: a canceled post never is.
 */
export function cancelAnswer(tasks: readonly Cancelable[]): CancelAnswer {
  const statuses = tasks.map(({ status }) => status);
  if (statuses.every((status) => status === "canceled")) return { is: "already_canceled" };
  if (statuses.includes("published")) return { is: "conflict", because: "published" };
  if (statuses.includes("unconfirmed")) return { is: "conflict", because: "unconfirmed" };
  if (tasks.some(({ armed }) => armed !== null)) return { is: "conflict", because: "publishing" };
  if (statuses.some(isOpen)) return { is: "cancel" };
  // Canceled after a part of it had failed: canceling again is as good.
  if (statuses.includes("canceled")) return { is: "already_canceled" };
  return { is: "conflict", because: "failed" };
}

/** Decides what DELETE of one task does, whatever the post's other tasks are. */
export function cancelTaskAnswer({ status, armed }: Cancelable): CancelAnswer {
  if (status === "canceled") return { is: "already_canceled" };
  if (armed !== null) return { is: "conflict", because: "publishing" };
  if (isOpen(status)) return { is: "cancel" };
  return { is: "conflict", because: status === "published" || status === "unconfirmed" ? status : "failed" };
}
