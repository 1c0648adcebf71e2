import { and, asc, eq, gt, inArray, isNotNull, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { selectValues } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import type { NewEvent } from "./events.ts";
import { deliveriesOf, tell } from "./events.ts";
import type { MediaRow } from "./media.ts";
import { media, mediaUploadParts, mediaUploads } from "./schema.ts";

export type MediaUploadRow = typeof mediaUploads.$inferSelect;

/** A part of an upload that arrived: under which number and tag R2 has it. */
export interface ArrivedPart {
  number: number;
  r2Number: number;
  etag: string;
}

export async function insertUpload(db: Database, row: MediaUploadRow): Promise<void> {
  await db.insert(mediaUploads).values(row);
}

/** Stores an upload that is a change of its own: one in parts. */
export async function insertPartedUpload(db: Database, row: MediaUploadRow, record: ChangeRecord): Promise<void> {
  await commitChange(db, record, [db.insert(mediaUploads).values(row)]);
}

/** @returns null when the workspace has no such upload under way: never had, or completed, or its time is over */
export async function findUpload(
  db: Database,
  scope: Scope,
  mediaId: string,
  now: Millis,
): Promise<MediaUploadRow | null> {
  const [row] = await db
    .select()
    .from(mediaUploads)
    .where(
      and(
        eq(mediaUploads.mediaId, mediaId),
        eq(mediaUploads.workspaceId, scope.workspaceId),
        eq(mediaUploads.mode, scope.mode),
        gt(mediaUploads.expiresAt, now),
      ),
    );
  return row ?? null;
}

/** @returns how often the part was begun, this time included */
export async function beginPart(db: Database, mediaId: string, number: number): Promise<number> {
  const [row] = await db
    .insert(mediaUploadParts)
    .values({ mediaId, number, attempts: 1 })
    .onConflictDoUpdate({
      target: [mediaUploadParts.mediaId, mediaUploadParts.number],
      set: { attempts: sql`${mediaUploadParts.attempts} + 1` },
    })
    .returning({ attempts: mediaUploadParts.attempts });
  if (!row) throw new Error("a part was begun and is not there");
  return row.attempts;
}

export async function recordPart(
  db: Database,
  mediaId: string,
  part: ArrivedPart,
  record: ChangeRecord,
): Promise<void> {
  const { number, r2Number, etag } = part;
  await commitChange(db, record, [
    db
      .update(mediaUploadParts)
      .set({ r2Number, etag })
      .where(and(eq(mediaUploadParts.mediaId, mediaId), eq(mediaUploadParts.number, number))),
  ]);
}

/** The parts that arrived, in order. */
export async function listArrivedParts(db: Database, mediaId: string): Promise<ArrivedPart[]> {
  const { number, r2Number, etag } = mediaUploadParts;
  const rows = await db
    .select({ number, r2Number, etag })
    .from(mediaUploadParts)
    .where(and(eq(mediaUploadParts.mediaId, mediaId), isNotNull(etag)))
    .orderBy(asc(number));
  return rows.flatMap((row) =>
    row.r2Number === null || row.etag === null ? [] : [{ number: row.number, r2Number: row.r2Number, etag: row.etag }],
  );
}

/**
 * Makes media of an upload, unless that was given up or something else was made of the same source first. Repeating it
 * changes nothing.
 *
 * @returns the media, also where it was made before, or null when there is none; and what is to be sent
 */
export async function finishUpload(
  db: Database,
  row: MediaRow,
  event: NewEvent,
  now: Millis,
  record: ChangeRecord,
): Promise<{ media: MediaRow | null; told: DeliveryRef[] }> {
  const isUnderWay = sql`EXISTS (SELECT 1 FROM media_uploads WHERE media_id = ${row.id} AND expires_at > ${now})`;
  const isFinished = sql`EXISTS (SELECT 1 FROM media WHERE id = ${row.id})`;
  // What tells whether this call made it is the upload's row, which goes with it: the last that is written.
  const [, told, , , , rows] = await commitChange(db, record, [
    db
      .insert(media)
      .select(selectValues(media, row, isUnderWay))
      .onConflictDoNothing(),
    ...tell(db, row, [event], now, isFinished),
    db.delete(mediaUploadParts).where(and(eq(mediaUploadParts.mediaId, row.id), isFinished)),
    db.delete(mediaUploads).where(and(eq(mediaUploads.mediaId, row.id), isFinished)),
    db.select().from(media).where(eq(media.id, row.id)),
  ]);
  return { media: rows[0] ?? null, told: deliveriesOf(told) };
}

/** Gives an upload up: nothing may become of it any more. Media that was made of it meanwhile stays. */
export async function giveUpUpload(db: Database, mediaId: string): Promise<MediaUploadRow[]> {
  return db.update(mediaUploads).set({ expiresAt: 0 }).where(eq(mediaUploads.mediaId, mediaId)).returning();
}

/** The same as a change of its own. @returns nothing where it was given up before */
export async function abandonUpload(db: Database, mediaId: string, record: ChangeRecord): Promise<MediaUploadRow[]> {
  const [abandoned] = await commitChange(db, record, [
    db
      .update(mediaUploads)
      .set({ expiresAt: 0 })
      .where(and(eq(mediaUploads.mediaId, mediaId), gt(mediaUploads.expiresAt, 0)))
      .returning(),
  ]);
  return abandoned;
}

/** Gives uploads up whose time is over, some at a time, and finds those that were given up and not cleared away. */
export async function giveUpExpiredUploads(db: Database, now: Millis, limit: number): Promise<MediaUploadRow[]> {
  const { mediaId, expiresAt } = mediaUploads;
  const expired = db
    .select({ mediaId })
    .from(mediaUploads)
    .where(lte(expiresAt, now))
    .orderBy(asc(expiresAt))
    .limit(limit);
  return db.update(mediaUploads).set({ expiresAt: 0 }).where(inArray(mediaId, expired)).returning();
}

/** Forgets uploads that were given up, once their bytes are gone. */
export async function deleteGivenUpUploads(db: Database, mediaIds: string[]): Promise<void> {
  // One JSON parameter: D1 takes a hundred at most.
  const named = sql`(SELECT value FROM json_each(${JSON.stringify(mediaIds)}))`;
  await db.batch([
    db.delete(mediaUploadParts).where(inArray(mediaUploadParts.mediaId, named)),
    db.delete(mediaUploads).where(and(inArray(mediaUploads.mediaId, named), eq(mediaUploads.expiresAt, 0))),
  ]);
}
