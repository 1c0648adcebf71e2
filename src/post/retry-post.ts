import type { Change } from "../db/change.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { RetryAnswer } from "./commands.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf } from "./existing-post.ts";

const WHY_NOT = {
  published: "Everything of this post is published; nothing is left to retry.",
  unconfirmed: "Nothing of this post has failed. What is unconfirmed may be public: resolve it first.",
  publishing: "Nothing of this post has failed; it is still under way.",
  canceled: "This post is canceled; nothing is left to retry.",
  failed: "Nothing of this post can be retried: the comment that failed belongs to a post whose id nobody knows.",
  missed: "What has failed of this post must not go out any more: its publish_before has passed. Change that first.",
  lost: "What was sent of this post is not known any more. Look at its accounts before you create it anew.",
} as const;

/**
 * Tries again what failed of a post, and nothing else. What its last commit became is read before anything is sent.
 *
 * @throws Refusal when there is no such post within reach, or nothing of it has failed
 */
export async function retryPost(
  deps: CommandDeps,
  access: Access,
  postId: string,
  change: Change<void>,
): Promise<void> {
  const ref = refOf(await existingPost(deps.db, access, postId));
  const answer =
    (await recallAnswer<RetryAnswer>(deps, ref, change)) ??
    (await deps.posts(ref).retry(await change.command(ref, { action: "post.retried", target: postId })));
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", WHY_NOT[answer.because]);
}
