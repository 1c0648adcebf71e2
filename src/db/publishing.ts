import { and, eq, isNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { Millis } from "../lib/clock.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
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

/** What the post says: the first content is copied aside by the first edit, and stands in the post's own row before. */
function selectSaid(db: Database) {
  const [postId, isFirst] = [sql.placeholder("postId"), sql.placeholder("isFirst")];
  const { workspaceId, mode } = SCOPE;
  const ofContent = db
    .select({ content: contents.content, media: contents.media, options: contents.options })
    .from(contents)
    .where(
      and(
        eq(contents.workspaceId, workspaceId),
        eq(contents.mode, mode),
        eq(contents.postId, postId),
        eq(contents.id, sql.placeholder("contentId")),
      ),
    );
  const ofPost = db
    .select({ content: posts.content, media: posts.media, options: posts.options })
    .from(posts)
    .where(and(eq(posts.workspaceId, workspaceId), eq(posts.mode, mode), eq(posts.id, postId), sql`${isFirst}`));
  return unionAll(ofContent, ofPost).limit(1);
}

const selectContent = prepared(selectSaid);

const selectAccount = prepared((db) =>
  db
    .select({ account: accounts, tokenEnvelope: grants.tokenEnvelope })
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(
      and(
        eq(accounts.id, sql.placeholder("accountId")),
        eq(accounts.workspaceId, SCOPE.workspaceId),
        eq(accounts.mode, SCOPE.mode),
        isNull(accounts.disconnectedAt),
      ),
    ),
);

const selectMedia = prepared((db) => {
  // Named in the list, or in an option as a cover is.
  const isNamed = sql`${media.id} IN (SELECT named.value FROM (${selectSaid(db)}) AS said,
      json_tree(json_array(json(said.media), json(said.options))) AS named
    WHERE named.path = '$[0]' OR named.key = 'cover_media')`;
  return db
    .select()
    .from(media)
    .where(and(eq(media.workspaceId, SCOPE.workspaceId), eq(media.mode, SCOPE.mode), isNamed));
});

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
  const said = { ...ref, contentId: contentId ?? FIRST_CONTENT, isFirst: contentId === null };
  const [[content], [account], mediaRows, pauseRows, manualPauses] = await db.batch([
    selectContent(db, said),
    selectAccount(db, { ...ref, accountId }),
    selectMedia(db, said),
    selectPauses(db, { ...ref, accountId }),
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
