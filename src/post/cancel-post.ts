import type { Database } from "../db/database.ts";
import { findPost } from "../db/posts.ts";
import { Refusal } from "../lib/refusal.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { PostObjects } from "./post-calls.ts";

const WHY_NOT = {
  published: "This post is already published and cannot be canceled.",
  unconfirmed: "This post may be public already and cannot be canceled.",
  publishing: "This post is being published in this moment and cannot be canceled any more.",
  failed: "This post has failed; nothing is left to cancel.",
} as const;

/**
 * Cancels a post, for good and before it answers: it never becomes public. Canceling again is as good.
 *
 * @throws Refusal when the workspace has no such post, or something of it is, or may be, public
 */
export async function cancelPost(deps: { db: Database; posts: PostObjects }, ref: PostRef): Promise<void> {
  // First the database: an object must not be touched for an id that was made up.
  const post = await findPost(deps.db, ref);
  if (!post) throw postNotFound();
  const answer = await deps.posts(ref).cancel();
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", WHY_NOT[answer.because]);
}

export function postNotFound(): Refusal {
  return new Refusal("not_found", "Post does not exist in this workspace.");
}
