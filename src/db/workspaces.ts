import { eq } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { apiKeys, workspaces } from "./schema.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Stores a workspace with its first keys, all or nothing. */
export async function insertWorkspace(
  db: Database,
  workspace: typeof workspaces.$inferInsert,
  keys: ApiKeyRow[],
): Promise<void> {
  await db.batch([db.insert(workspaces).values(workspace), ...keys.map((key) => db.insert(apiKeys).values(key))]);
}

/** @returns the part of the world that the key with this digest reaches, or null when there is no such key */
export async function findKeyScope(db: Database, digest: string): Promise<(Scope & { keyId: string }) | null> {
  const [row] = await db
    .select({ keyId: apiKeys.id, workspaceId: apiKeys.workspaceId, mode: apiKeys.mode })
    .from(apiKeys)
    .where(eq(apiKeys.digest, digest));
  return row ?? null;
}

export async function workspaceExists(db: Database, id: string): Promise<boolean> {
  const [row] = await db.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.id, id));
  return row !== undefined;
}
