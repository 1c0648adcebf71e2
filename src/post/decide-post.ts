import type { Change } from "../db/change.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { DecideAnswer, Decision } from "./approval.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf } from "./existing-post.ts";
import type { UnknownPost } from "./post-calls.ts";

const NOT_PENDING = {
  none: "Nobody was asked to approve of this post.",
  approved: "This post is approved already.",
  rejected: "This post was rejected already.",
  expired: "Nobody decided on this post in time, and it is canceled.",
} as const;

/** The name under which somebody decides who has no more than the link. */
export const REVIEW_LINK = "review_link";

/**
 * Decides on a post that waits for approval: it goes out at its time, or never.
 *
 * @param by the key, the person, or `REVIEW_LINK`
 * @throws Refusal when there is no such post within reach, it does not wait, whoever decides has asked for it themselves, or
 *   its time has passed and none was given
 */
export async function decidePost(
  deps: CommandDeps,
  access: Access,
  postId: string,
  decision: Decision,
  by: string,
  change: Change<void>,
): Promise<void> {
  const ref = refOf(await existingPost(deps.db, access, postId));
  const action = decision.is === "approve" ? "post.approved" : "post.rejected";
  const answer =
    (await recallAnswer<DecideAnswer>(deps, ref, change)) ??
    (await deps.posts(ref).decide(decision, { ...(await change.command(ref, { action, target: postId })), asker: by }));
  refuseUndecided(answer);
}

function refuseUndecided(answer: DecideAnswer | UnknownPost): void {
  switch (answer.is) {
    case "decided":
      return;
    case "unknown_post":
      throw postNotFound();
    case "own_request":
      throw new Refusal("forbidden", "Whoever asked for approval cannot decide on it.");
    case "needs_time":
      throw new Refusal(
        "conflict",
        "The time of this post has passed: approve it with a new schedule, or with now.",
        "schedule",
      );
    case "changed":
      throw new Refusal("conflict", "This post was changed since: look at it again before you decide.");
    case "not_pending":
      throw new Refusal("conflict", NOT_PENDING[answer.state]);
    case "conflict":
      throw new Refusal("conflict", "This post is canceled.");
  }
}
