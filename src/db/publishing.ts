import { and, eq, isNull, sql } from "drizzle-orm";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import type { MediaRow } from "./media.ts";
import type { Pause } from "./pauses.ts";
import { selectPauses } from "./pauses.ts";
import { accounts, grants, media, posts } from "./schema.ts";

/** What is needed to publish one task: what the post says, where it goes, and the sealed token. */
export interface TaskMaterial {
  content: string;
  options: (typeof posts.$inferSelect)["options"];
  mediaIds: string[];
  media: MediaRow[];
  /** Null when it is not connected any more. */
  account: typeof accounts.$inferSelect | null;
  /** Null when the grant was taken back. */
  tokenEnvelope: string | null;
  /** What the account is under, over or not. */
  pauses: Pause[];
}

/**
 * Loads a task's material in one round trip.
 *
 * @returns null when the post does not have this version
 */
export async function loadTaskMaterial(
  db: Database,
  ref: PostRef,
  accountId: string,
  version: number,
): Promise<TaskMaterial | null> {
  const isPost = and(eq(posts.workspaceId, ref.workspaceId), eq(posts.mode, ref.mode), eq(posts.id, ref.postId));
  const [[post], [account], mediaRows, pauseRows] = await db.batch([
    db
      .select()
      .from(posts)
      .where(and(isPost, eq(posts.version, version))),
    db
      .select({ account: accounts, tokenEnvelope: grants.tokenEnvelope })
      .from(accounts)
      .innerJoin(grants, eq(grants.id, accounts.grantId))
      .where(
        and(
          eq(accounts.id, accountId),
          eq(accounts.workspaceId, ref.workspaceId),
          eq(accounts.mode, ref.mode),
          isNull(accounts.disconnectedAt),
        ),
      ),
    db
      .select()
      .from(media)
      .where(
        and(
          eq(media.workspaceId, ref.workspaceId),
          eq(media.mode, ref.mode),
          // Named in the list, or in an option as a cover is.
          sql`${media.id} IN (
            SELECT value FROM posts, json_each(posts.media) WHERE ${isPost}
            UNION SELECT value FROM posts, json_tree(posts.options) WHERE ${isPost} AND key = 'cover_media')`,
        ),
      ),
    selectPauses(db, { id: accountId, workspaceId: ref.workspaceId, mode: ref.mode }),
  ]);
  if (!post) return null;
  return {
    content: post.content,
    options: post.options,
    mediaIds: post.media,
    media: mediaRows,
    account: account?.account ?? null,
    tokenEnvelope: account?.tokenEnvelope ?? null,
    pauses: pauseRows,
  };
}
