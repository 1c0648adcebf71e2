import { eq } from "drizzle-orm";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { ApiKeyRow } from "./api-keys.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { apiKeys, workspaces } from "./schema.ts";

export type WorkspaceRow = typeof workspaces.$inferSelect;

/** Stores a workspace with its first keys, all or nothing. */
export async function insertWorkspace(
  db: Database,
  workspace: typeof workspaces.$inferInsert,
  keys: ApiKeyRow[],
): Promise<void> {
  await db.batch([db.insert(workspaces).values(workspace), ...keys.map((key) => db.insert(apiKeys).values(key))]);
}

/** @returns null when there is no such workspace */
export async function findWorkspace(db: Database, id: string): Promise<WorkspaceRow | null> {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, id));
  return row ?? null;
}

/** What can be changed of a workspace by who administers it. */
export type WorkspaceSettings = Pick<
  WorkspaceRow,
  "name" | "publishWithin" | "duplicateGuard" | "approvals" | "timeZone"
>;

export async function updateSettings(
  db: Database,
  record: ChangeRecord,
  id: string,
  change: Partial<WorkspaceSettings>,
): Promise<void> {
  await commitChange(db, record, [db.update(workspaces).set(change).where(eq(workspaces.id, id))]);
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
