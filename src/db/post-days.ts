import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { Day } from "../lib/days.ts";
import type { Access, PlatformId, PostStatus } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import type { ListedPost } from "./post-lists.ts";
import { COLUMNS } from "./post-lists.ts";
import { isReached } from "./posts.ts";
import { posts } from "./schema.ts";

/*
 * Posts by the days that they are scheduled for. The days are given by their moments: SQLite knows nothing of time zones.
 */

/** What posts of days are narrowed to: all that is not undefined. */
export interface DayFilters {
  status?: PostStatus | undefined;
  platform?: PlatformId | undefined;
  accountId?: string | undefined;
}

/** The days as rows of `day`, in the order given. (What `json_each` itself calls its columns, posts have too.) */
function rowsOf(days: readonly Day[]): SQL {
  const spans = JSON.stringify(days.map(({ start, end }) => [start, end]));
  return sql`(SELECT key AS number, value ->> 0 AS first, value ->> 1 AS past FROM json_each(${spans})) AS day`;
}

const IS_ON_DAY = sql`posts.scheduled_at >= day.first AND posts.scheduled_at < day.past`;

function inScope({ scope }: Access): SQL | undefined {
  return and(eq(posts.workspaceId, scope.workspaceId), eq(posts.mode, scope.mode));
}

/** A post is asked itself what a filter wants to know: of a day there are few. */
function matching(access: Access, { status, platform, accountId }: DayFilters): SQL | undefined {
  const hasTask = (name: string, value: string) => sql`EXISTS (SELECT 1 FROM json_each(posts.state, '$.tasks')
    WHERE value ->> ${name} = ${value})`;
  return and(
    status === undefined ? undefined : sql`posts.status = ${status}`,
    platform === undefined ? undefined : hasTask("platform", platform),
    accountId === undefined ? undefined : hasTask("accountId", accountId),
    isReached(access),
  );
}

/**
 * The first posts of each day, in the order of their times. Of each day it reads `perDay` posts by `posts_by_schedule`; with
 * filters as many as it takes to find them.
 */
export async function listPostsOfDays(
  db: Database,
  access: Access,
  days: readonly Day[],
  filters: DayFilters,
  perDay: number,
): Promise<ListedPost[]> {
  const ofDay = sql`SELECT posts.id FROM posts INDEXED BY posts_by_schedule
    WHERE ${inScope(access)} AND ${and(IS_ON_DAY, matching(access, filters))}
    ORDER BY posts.scheduled_at, posts.id LIMIT ${perDay}`;
  return db
    .select(COLUMNS)
    .from(sql`${rowsOf(days)} CROSS JOIN posts`)
    .where(and(inScope(access), sql`posts.id IN (${ofDay})`))
    .orderBy(posts.scheduledAt, posts.id);
}

/** How many posts of a day are in one status. */
export interface DayCount {
  /** Which of the days, from 0. */
  number: number;
  status: PostStatus;
  count: number;
}

/** Counts the posts of each day by status: two rows of each post by `posts_by_schedule`. */
export async function countPostsOfDays(db: Database, access: Access, days: readonly Day[]): Promise<DayCount[]> {
  return db.all<DayCount>(sql`
    SELECT day.number AS number, posts.status AS status, count(*) AS count
    FROM ${rowsOf(days)} CROSS JOIN posts INDEXED BY posts_by_schedule
    WHERE ${and(inScope(access), IS_ON_DAY, isReached(access))}
    GROUP BY 1, 2`);
}
