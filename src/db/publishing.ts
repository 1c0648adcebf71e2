import { and, eq, isNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { Millis } from "../lib/clock.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import type { ManualPause } from "./manual-pauses.ts";
import { selectManualPauses } from "./manual-pauses.ts";
import type { MediaRow } from "./media.ts";
import type { Pause } from "./pauses.ts";
import { selectPauses } from "./pauses.ts";
import { FIRST_CONTENT } from "./post-contents.ts";
import { accounts, postContents as contents, grants, media, posts } from "./schema.ts";

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
  /** The same of what people have paused. */
  manualPauses: ManualPause[];
}

/**
 * Loads a task's material in one round trip.
 *
 * @param contentId what of the post is published; null: what it was accepted with
 * @returns null when the post does not have this content
 */
export async function loadTaskMaterial(
  db: Database,
  ref: PostRef,
  accountId: string,
  contentId: string | null,
  now: Millis,
): Promise<TaskMaterial | null> {
  const isPost = and(eq(posts.workspaceId, ref.workspaceId), eq(posts.mode, ref.mode), eq(posts.id, ref.postId));
  // The first content is copied aside by the first edit, and stands in the post's own row before.
  const isContent = and(
    eq(contents.workspaceId, ref.workspaceId),
    eq(contents.mode, ref.mode),
    eq(contents.postId, ref.postId),
    eq(contents.id, contentId ?? FIRST_CONTENT),
  );
  const ofContent = db
    .select({ content: contents.content, media: contents.media, options: contents.options })
    .from(contents)
    .where(isContent);
  const ofPost = db
    .select({ content: posts.content, media: posts.media, options: posts.options })
    .from(posts)
    .where(contentId === null ? isPost : sql`false`);
  const said = unionAll(ofContent, ofPost).limit(1);
  const [[content], [account], mediaRows, pauseRows, manualPauses] = await db.batch([
    said,
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
            SELECT value FROM (${said}) said, json_each(said.media)
            UNION SELECT value FROM (${said}) said, json_tree(said.options) WHERE key = 'cover_media')`,
        ),
      ),
    selectPauses(db, { id: accountId, workspaceId: ref.workspaceId, mode: ref.mode }),
    selectManualPauses(db, ref, accountId, now),
  ]);
  if (!content) return null;
  return {
    content: content.content,
    options: content.options,
    mediaIds: content.media,
    media: mediaRows,
    account: account?.account ?? null,
    tokenEnvelope: account?.tokenEnvelope ?? null,
    pauses: pauseRows,
    manualPauses,
  };
}
