import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { PostRow } from "../db/posts.ts";
import { findPost } from "../db/posts.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Access, PostRef } from "../lib/vocabulary.ts";
import type { PostObjects } from "./post-calls.ts";

/** What a command on a post needs. */
export interface CommandDeps {
  db: Database;
  posts: PostObjects;
}

/**
 * The post that somebody asks about, from the database: an object must not be touched for an id that was made up, nor for
 * a post that is not theirs.
 *
 * @throws Refusal when there is no such post within reach
 */
export async function existingPost(db: Database, access: Access, postId: string): Promise<PostRow> {
  const post = await findPost(db, access, postId);
  if (!post) throw postNotFound();
  return post;
}

/**
 * What an earlier attempt of the same request was answered by the post's object, and did not hear; null when there was none,
 * or it never came so far. To be asked before anything that may stand otherwise by now.
 *
 * @typeParam Answer what the object answers to the command
 */
export async function recallAnswer<Answer>(
  { posts }: CommandDeps,
  ref: PostRef,
  { earlier }: Change<unknown>,
): Promise<Answer | null> {
  const recalled = earlier === null ? null : await posts(ref).recall(earlier);
  return recalled && (recalled.answer as Answer);
}

/** Names a post that was found to be within reach. */
export function refOf({ workspaceId, mode, id }: PostRow): PostRef {
  return { workspaceId, mode, postId: id };
}

export function postNotFound(): Refusal {
  return new Refusal("not_found", "Post does not exist in this workspace.");
}

export function taskNotFound(): Refusal {
  return new Refusal("not_found", "The post has no task for this account.");
}
