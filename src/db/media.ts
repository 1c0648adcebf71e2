import type { SQL } from "drizzle-orm";
import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { media, mediaUploads } from "./schema.ts";

export type MediaRow = typeof media.$inferSelect;

function inScope(scope: Scope) {
  return and(eq(media.workspaceId, scope.workspaceId), eq(media.mode, scope.mode));
}

/** Those of the named media that the workspace has. */
export async function findMedia(db: Database, scope: Scope, ids: string[]): Promise<MediaRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(media)
    .where(and(inScope(scope), inArray(media.id, ids)));
}

/** Media by id alone: for the public route, whose signature is the permission. */
export async function findPublicMedia(db: Database, id: string): Promise<MediaRow | null> {
  const [row] = await db.select().from(media).where(eq(media.id, id));
  return row ?? null;
}

/** What was made from media, if anything was. */
export async function findRendition(db: Database, scope: Scope, sourceId: string): Promise<MediaRow | null> {
  const [row] = await db
    .select()
    .from(media)
    .where(and(inScope(scope), eq(media.renditionOf, sourceId)));
  return row ?? null;
}

/**
 * Lists media, newest first.
 *
 * @param after the id of the last media of the page before, or null for the first page
 */
export async function listMedia(
  db: Database,
  scope: Scope,
  page: { after: string | null; limit: number },
): Promise<MediaRow[]> {
  return db
    .select()
    .from(media)
    .where(and(inScope(scope), page.after === null ? undefined : lt(media.id, page.after)))
    .orderBy(desc(media.id))
    .limit(page.limit);
}

/** A post that uses the media and still has something to do. */
const WAITING_POST = sql`SELECT post_media.post_id FROM post_media JOIN posts
  ON posts.workspace_id = post_media.workspace_id AND posts.mode = post_media.mode AND posts.id = post_media.post_id
  WHERE post_media.workspace_id = media.workspace_id AND post_media.mode = media.mode
  AND post_media.media_id = media.id AND posts.wake_by IS NOT NULL`;

/** Whether the row of `media` was just turned into one of bytes that nothing promises any more. */
const IS_LEFT_BEHIND = sql`EXISTS (SELECT 1 FROM media_uploads WHERE media_uploads.media_id = media.id)`;

/**
 * The statements that delete media no waiting post uses: what is left is a given-up upload, whose bytes are deleted
 * next. A post that is being accepted at the same moment is in the database before them or finds the media gone.
 */
function deleteUnused(db: Database, candidates: SQL, now: Millis) {
  return [
    statement(
      db,
      sql`
      INSERT INTO media_uploads (media_id, workspace_id, mode, created_at, expires_at)
      SELECT id, workspace_id, mode, ${now}, 0 FROM media WHERE ${candidates} AND NOT EXISTS (${WAITING_POST})
      ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      DELETE FROM post_media WHERE (workspace_id, mode, media_id) IN
        (SELECT workspace_id, mode, id FROM media WHERE ${candidates} AND ${IS_LEFT_BEHIND})`,
    ),
    statement(db, sql`DELETE FROM media WHERE ${candidates} AND ${IS_LEFT_BEHIND}`),
  ] as const;
}

export type DeleteMediaOutcome = { is: "deleted" } | { is: "used"; postId: string } | { is: "unknown" };

/** Deletes media unless a waiting post uses it. */
export async function deleteMedia(
  db: Database,
  scope: Scope,
  id: string,
  now: Millis,
  record: ChangeRecord,
): Promise<DeleteMediaOutcome> {
  const { workspaceId, mode } = scope;
  const isIt = sql`workspace_id = ${workspaceId} AND mode = ${mode} AND id = ${id}`;
  const results = await commitChange(db, record, [
    ...deleteUnused(db, isIt, now),
    db
      .select({ postId: sql<string | null>`(${WAITING_POST} LIMIT 1)` })
      .from(media)
      .where(and(inScope(scope), eq(media.id, id))),
    db
      .select({ id: mediaUploads.mediaId })
      .from(mediaUploads)
      .where(
        and(
          eq(mediaUploads.mediaId, id),
          eq(mediaUploads.workspaceId, workspaceId),
          eq(mediaUploads.mode, mode),
          eq(mediaUploads.expiresAt, 0),
        ),
      ),
  ]);
  const [[kept], [left]] = [results[3], results[4]];
  if (kept?.postId) return { is: "used", postId: kept.postId };
  return left ? { is: "deleted" } : { is: "unknown" };
}

/**
 * Deletes media whose time is over, some at a time. What a post still waits for is looked at again later.
 *
 * @param keptUntil when
 */
export async function deleteExpiredMedia(db: Database, now: Millis, keptUntil: Millis, limit: number): Promise<void> {
  const expired = sql`id IN (SELECT id FROM media WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${limit})`;
  await db.batch([
    statement(db, sql`UPDATE media SET expires_at = ${keptUntil} WHERE ${expired} AND EXISTS (${WAITING_POST})`),
    ...deleteUnused(db, expired, now),
  ]);
}
