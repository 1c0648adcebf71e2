import { sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";

/** Under this id the content that a post was accepted with is kept, once there is another. */
export const FIRST_CONTENT = "first";

/** What an edited post is to say. */
export interface NewContent {
  ref: PostRef;
  id: string;
  content: string;
  media: string[];
  options: { [platform: string]: Json };
  /** All media it needs: that, and what options name. */
  usedMedia: string[];
  /** The media does not expire before that; real time. */
  mediaKeptUntil: Millis;
}

/**
 * Stores what a post is to say after an edit, and keeps what it said at first. Nothing shows it before the post's object
 * has decided. Repeating it changes nothing.
 *
 * @returns whether it is stored: not when media of it is gone
 */
export async function insertContent(db: Database, made: NewContent): Promise<boolean> {
  const { workspaceId, mode, postId } = made.ref;
  const used = JSON.stringify(made.usedMedia);
  const isMedia = sql`workspace_id = ${workspaceId} AND mode = ${mode} AND id IN (SELECT value FROM json_each(${used}))`;
  const isComplete = sql`(SELECT count(*) FROM media WHERE ${isMedia}) = ${made.usedMedia.length}`;
  const [, inserted] = await db.batch([
    statement(
      db,
      sql`
      INSERT INTO post_contents (workspace_id, mode, post_id, id, content, media, options)
      SELECT workspace_id, mode, id, ${FIRST_CONTENT}, content, media, options FROM posts
      WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND id = ${postId} AND content_id IS NULL
      ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      INSERT INTO post_contents (workspace_id, mode, post_id, id, content, media, options)
      SELECT ${workspaceId}, ${mode}, ${postId}, ${made.id}, ${made.content}, ${JSON.stringify(made.media)},
        ${JSON.stringify(made.options)}
      WHERE ${isComplete} ON CONFLICT DO UPDATE SET content = content`,
    ),
    statement(
      db,
      sql`
      INSERT INTO post_media (workspace_id, mode, media_id, post_id)
      SELECT ${workspaceId}, ${mode}, value, ${postId} FROM json_each(${used})
      WHERE ${isComplete} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`UPDATE media SET expires_at = ${made.mediaKeptUntil}
      WHERE ${isMedia} AND expires_at < ${made.mediaKeptUntil} AND ${isComplete}`,
    ),
  ]);
  return inserted.meta.changes > 0;
}

/** Forgets a content that the object did not take, and its use of media that no other content of the post names. */
export async function deleteContent(db: Database, { workspaceId, mode, postId }: PostRef, id: string): Promise<void> {
  const isOfPost = sql`workspace_id = ${workspaceId} AND mode = ${mode} AND post_id = ${postId}`;
  const isPost = sql`posts.workspace_id = ${workspaceId} AND posts.mode = ${mode} AND posts.id = ${postId}`;
  await db.batch([
    statement(db, sql`DELETE FROM post_contents WHERE ${isOfPost} AND id = ${id}`),
    statement(
      db,
      sql`
      DELETE FROM post_media WHERE ${isOfPost} AND media_id NOT IN (
        SELECT j.value FROM posts, json_each(posts.media) j WHERE ${isPost}
        UNION SELECT j.value FROM posts, json_tree(posts.options) j WHERE ${isPost} AND j.key = 'cover_media'
        UNION SELECT j.value FROM post_contents, json_each(post_contents.media) j WHERE ${isOfPost}
        UNION SELECT j.value FROM post_contents, json_tree(post_contents.options) j
          WHERE ${isOfPost} AND j.key = 'cover_media')`,
    ),
  ]);
}
