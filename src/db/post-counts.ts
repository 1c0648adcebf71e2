import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { PostStatus, Scope } from "../lib/vocabulary.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import type { Database, World } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import { postCounts } from "./schema.ts";

/*
 * How many posts there are of each status. A post that begins to be published stays where it was counted, which spares each
 * post a write: those that are being published in this moment are few, and counted in their index.
 */

/** The statuses that the counters tell apart. */
export const COUNTED_STATUSES = POST_STATUSES.filter((status) => status !== "publishing");

type CountedStatus = Exclude<PostStatus, "publishing">;

/** Where a post of this status is counted. */
export function countedAs(status: PostStatus): CountedStatus {
  return status === "publishing" ? "queued" : status;
}

/** The same of `posts.status`. */
export const COUNTED_AS: SQL = sql`iif(status = 'publishing', 'queued', status)`;

/** How many posts of a scope are being published, as a value. The index is of those that are not published yet. */
export function countPublishing(workspaceId: SQL, mode: SQL): SQL<number> {
  return sql`(SELECT count(*) FROM posts WHERE posts.workspace_id = ${workspaceId} AND posts.mode = ${mode}
    AND posts.status = 'publishing' AND posts.status <> 'published')`;
}

const selectCounts = prepared((db) => db.select().from(postCounts).where(isOf(SCOPE)));

/** How many posts of these statuses a scope has, of those that are counted together all or none: one row. */
export async function countOf(db: Database, scope: Scope, statuses: readonly PostStatus[]): Promise<number> {
  const [counts] = await selectCounts(db, scope).all();
  return statuses.reduce((total, status) => total + (counts?.[status] ?? 0), 0);
}

/** How many of each status: one row, and those that are being published. */
export async function countEach(db: Database, scope: Scope): Promise<Record<PostStatus, number>> {
  const [row] = await db
    .select({ counts: postCounts, publishing: countPublishing(sql`${scope.workspaceId}`, sql`${scope.mode}`) })
    .from(postCounts)
    .where(isOf(scope));
  return eachStatus(row?.counts ?? null, row?.publishing ?? 0);
}

/** What a row of counters says of every status. @param counts null: no post was ever counted */
export function eachStatus(counts: Record<PostStatus, number> | null, publishing: number): Record<PostStatus, number> {
  const counted = countsOf((status) => counts?.[status]);
  return { ...counted, queued: counted.queued + counted.publishing - publishing, publishing };
}

/** A number for every status; 0 where there is none. */
export function countsOf(count: (status: PostStatus) => number | undefined): Record<PostStatus, number> {
  return Object.fromEntries(POST_STATUSES.map((status) => [status, count(status) ?? 0])) as Record<PostStatus, number>;
}

function isOf(scope: World): SQL | undefined {
  return and(eq(postCounts.workspaceId, scope.workspaceId), eq(postCounts.mode, scope.mode));
}
