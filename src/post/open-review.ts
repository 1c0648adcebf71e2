import type { Database } from "../db/database.ts";
import type { PostRow } from "../db/posts.ts";
import { findPost } from "../db/posts.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { WorkspaceRow } from "../db/workspaces.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { wholeOf } from "../lib/access.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Review } from "./review-link.ts";
import { readReviewLink } from "./review-link.ts";

/** What somebody finds who opens a link for review. */
export type OpenedReview =
  /** It is none of ours, its time is over, or what it led to was deleted. */
  | { is: "gone" }
  /** The workspace lets nobody in. */
  | { is: "suspended" }
  | (FoundReview & { is: "pending" })
  /** Nothing is left to decide: somebody has, or nobody did in time, or the post was changed or canceled since. */
  | (FoundReview & { is: "changed" | "approved" | "rejected" | "expired" | "canceled" });

interface FoundReview {
  review: Review;
  workspace: WorkspaceRow;
  post: PostRow;
  /** On the clock that the post lives by. */
  now: Millis;
}

interface ReviewDeps {
  db: Database;
  clock: Clock;
  settings: Parameters<typeof readReviewLink>[0];
}

/** Opens a link by its last part. It changes nothing. */
export async function openReview(deps: ReviewDeps, token: string): Promise<OpenedReview> {
  const { db, clock, settings } = deps;
  const nowOf = async ({ workspaceId, mode }: Review) =>
    clock() + (mode === "test" ? await findClockOffset(db, workspaceId) : 0);
  const review = await readReviewLink(settings, token, nowOf);
  if (!review) return { is: "gone" };
  const { workspaceId, mode, postId } = review;
  const [workspace, post, now] = await Promise.all([
    findWorkspace(db, workspaceId),
    findPost(db, wholeOf({ workspaceId, mode }), postId),
    nowOf(review),
  ]);
  if (!workspace || !post?.approval) return { is: "gone" };
  if (workspace.suspendedAt !== null) return { is: "suspended" };
  return { is: stateOf(post, review), review, workspace, post, now };
}

function stateOf({ approval, status }: PostRow, { round }: Review) {
  if (!approval || approval.round !== round) return "changed";
  return approval.state === "pending" && status === "canceled" ? "canceled" : approval.state;
}
