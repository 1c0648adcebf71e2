import { and, eq, inArray } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { media } from "./schema.ts";

export type MediaRow = typeof media.$inferSelect;

export async function insertMedia(db: Database, row: MediaRow): Promise<void> {
  await db.insert(media).values(row);
}

/** Those of the named media that the workspace has. */
export async function findMedia(db: Database, scope: Scope, ids: string[]): Promise<MediaRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(media)
    .where(and(eq(media.workspaceId, scope.workspaceId), eq(media.mode, scope.mode), inArray(media.id, ids)));
}

/** Media by id alone: for the public route, whose signature is the permission. */
export async function findPublicMedia(db: Database, id: string): Promise<MediaRow | null> {
  const [row] = await db.select().from(media).where(eq(media.id, id));
  return row ?? null;
}
