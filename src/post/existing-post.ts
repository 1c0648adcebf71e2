import type { Database } from "../db/database.ts";
import type { PostRow } from "../db/posts.ts";
import { findPost } from "../db/posts.ts";
import { Refusal } from "../lib/refusal.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { PostObjects } from "./post-calls.ts";

/** What a command on a post needs. */
export interface CommandDeps {
  db: Database;
  posts: PostObjects;
}

/**
 * The post that somebody asks about, from the database: an object must not be touched for an id that was made up.
 *
 * @throws Refusal when the workspace has no such post
 */
export async function existingPost(db: Database, ref: PostRef): Promise<PostRow> {
  const post = await findPost(db, ref);
  if (!post) throw postNotFound();
  return post;
}

export function postNotFound(): Refusal {
  return new Refusal("not_found", "Post does not exist in this workspace.");
}

export function taskNotFound(): Refusal {
  return new Refusal("not_found", "The post has no task for this account.");
}
