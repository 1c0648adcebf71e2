import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Millis } from "../lib/clock.ts";
import type { Mode, PostStatus } from "../lib/vocabulary.ts";
import { ERASED_TOKEN } from "./accounts.ts";
import type { ApiKeyRow } from "./api-keys.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { countPublishing, eachStatus } from "./post-counts.ts";
import { apiKeys, connectLinks, consents, grants, mediaUploads, postCounts, webhooks, workspaces } from "./schema.ts";
import { holdWorkspace, letWorkspaceGo } from "./suspensions.ts";

export type WorkspaceRow = typeof workspaces.$inferSelect;

/** Stores a workspace with its first keys, all or nothing. */
export async function insertWorkspace(
  db: Database,
  record: ChangeRecord,
  workspace: typeof workspaces.$inferInsert,
  keys: ApiKeyRow[],
): Promise<void> {
  const rows = keys.map((key) => db.insert(apiKeys).values(key));
  await commitChange(db, record, [db.insert(workspaces).values(workspace), ...rows]);
}

function isThere(id: string) {
  return and(eq(workspaces.id, id), isNull(workspaces.deletedAt));
}

/** @returns null when there is no such workspace, or it is being deleted */
export async function findWorkspace(db: Database, id: string): Promise<WorkspaceRow | null> {
  const [row] = await db.select().from(workspaces).where(isThere(id));
  return row ?? null;
}

/** A workspace as the deployment's owner sees it. */
export interface WorkspaceReport {
  workspace: WorkspaceRow;
  /** Keys that are not revoked. */
  apiKeys: number;
  /** How many posts it has of each status. */
  posts: Record<Mode, Record<PostStatus, number>>;
}

function selectReports(db: Database) {
  const [live, test] = [alias(postCounts, "live_counts"), alias(postCounts, "test_counts")];
  return db
    .select({
      workspace: workspaces,
      live,
      test,
      publishingLive: countPublishing(sql`${workspaces.id}`, sql`'live'`),
      publishingTest: countPublishing(sql`${workspaces.id}`, sql`'test'`),
      apiKeys: sql<number>`(SELECT count(*) FROM api_keys k WHERE k.workspace_id = ${workspaces.id}
        AND k.revoked_at IS NULL)`,
    })
    .from(workspaces)
    .leftJoin(live, and(eq(live.workspaceId, workspaces.id), eq(live.mode, "live")))
    .leftJoin(test, and(eq(test.workspaceId, workspaces.id), eq(test.mode, "test")))
    .$dynamic();
}

function reportOf(row: Awaited<ReturnType<typeof selectReports>>[number]) {
  const { workspace, apiKeys, live, test, publishingLive, publishingTest } = row;
  return {
    workspace,
    apiKeys,
    posts: { live: eachStatus(live, publishingLive), test: eachStatus(test, publishingTest) },
  };
}

/**
 * Lists workspaces, newest first. Each costs the two rows of its counters, and its keys, of which it has a hundred in each
 * mode at most.
 *
 * @param after the id of the last workspace of the page before, or null for the first page
 */
export async function listWorkspaces(
  db: Database,
  page: { after: string | null; limit: number },
): Promise<WorkspaceReport[]> {
  const isBehind = page.after === null ? undefined : lt(workspaces.id, page.after);
  const rows = await selectReports(db)
    .where(and(isNull(workspaces.deletedAt), isBehind))
    .orderBy(desc(workspaces.id))
    .limit(page.limit);
  return rows.map(reportOf);
}

/** @returns null when there is no such workspace, or it is being deleted */
export async function findWorkspaceReport(db: Database, id: string): Promise<WorkspaceReport | null> {
  const [row] = await selectReports(db).where(isThere(id));
  return row ? reportOf(row) : null;
}

/** What can be changed of a workspace by who administers it. */
export type WorkspaceSettings = Pick<
  WorkspaceRow,
  "name" | "publishWithin" | "duplicateGuard" | "approvals" | "timeZone"
>;

/** @param change at least one; what is absent stays as it is */
export async function updateSettings(
  db: Database,
  record: ChangeRecord,
  id: string,
  change: Partial<WorkspaceSettings>,
): Promise<void> {
  await commitChange(db, record, [db.update(workspaces).set(change).where(eq(workspaces.id, id))]);
}

/** What the deployment's owner can change of it. */
export type OwnersChange = Pick<WorkspaceRow, "name" | "rateLimits" | "suspendedAt">;

/**
 * Changes a workspace. While it is suspended its posts are held back.
 *
 * @param change at least one; what is absent stays as it is
 * @param pauseId of the pause that holds them, where one begins
 * @returns whether there is such a workspace
 */
export async function updateWorkspace(
  db: Database,
  record: ChangeRecord,
  id: string,
  change: Partial<OwnersChange>,
  { pauseId, now }: { pauseId: string; now: Millis },
): Promise<boolean> {
  const { suspendedAt } = change;
  const hold = suspendedAt === null ? letWorkspaceGo(db, id, now) : holdWorkspace(db, id, pauseId, now);
  const update = db.update(workspaces).set(change).where(isThere(id));
  const results = await commitChange(db, record, suspendedAt === undefined ? [update] : [hold, update]);
  return (results.at(-1)?.meta.changes ?? 0) > 0;
}

/**
 * Deletes a workspace, as far as that is to be at once: its keys, links and endpoints are good for nothing from now on, its
 * tokens are erased, its posts held back for good. The rest is deleted little by little, see `erasure.ts`. (Three of the
 * tables know nothing of workspaces by an index, and are read through.)
 *
 * @returns whether there was such a workspace
 */
export async function markDeleted(
  db: Database,
  record: ChangeRecord,
  id: string,
  { pauseId, now }: { pauseId: string; now: Millis },
): Promise<boolean> {
  const results = await commitChange(db, record, [
    holdWorkspace(db, id, pauseId, now),
    db.update(grants).set(ERASED_TOKEN).where(eq(grants.workspaceId, id)),
    db.delete(consents).where(eq(consents.workspaceId, id)),
    db.delete(connectLinks).where(eq(connectLinks.workspaceId, id)),
    db.update(mediaUploads).set({ expiresAt: 0 }).where(eq(mediaUploads.workspaceId, id)),
    db.update(webhooks).set({ active: false, disabledAt: now, probeAt: null }).where(eq(webhooks.workspaceId, id)),
    db.update(workspaces).set({ deletedAt: now }).where(isThere(id)).returning({ id: workspaces.id }),
  ]);
  return results[6].length > 0;
}
