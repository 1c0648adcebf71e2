import { eq } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { ApiKeyRow } from "./api-keys.ts";
import type { Database } from "./database.ts";
import { apiKeys, workspaces } from "./schema.ts";

/** Stores a workspace with its first keys, all or nothing. */
export async function insertWorkspace(
  db: Database,
  workspace: typeof workspaces.$inferInsert,
  keys: ApiKeyRow[],
): Promise<void> {
  await db.batch([db.insert(workspaces).values(workspace), ...keys.map((key) => db.insert(apiKeys).values(key))]);
}

/** @returns null when there is no such workspace */
export async function findWorkspace(db: Database, id: string): Promise<typeof workspaces.$inferSelect | null> {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, id));
  return row ?? null;
}

/** @param within how long after its time a post may go out that does not say so itself; null: however late */
export async function setPublishWithin(db: Database, id: string, within: Millis | null): Promise<void> {
  await db.update(workspaces).set({ publishWithin: within }).where(eq(workspaces.id, id));
}

/**
 * Sets how often a workspace may ask, for requests that come in from now on.
 *
 * @param limits null: the defaults
 */
export async function setRateLimits(db: Database, id: string, limits: RateLimits | null): Promise<void> {
  await db.update(workspaces).set({ rateLimits: limits }).where(eq(workspaces.id, id));
}

export async function workspaceExists(db: Database, id: string): Promise<boolean> {
  const [row] = await db.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.id, id));
  return row !== undefined;
}
