import type { SQL } from "drizzle-orm";
import { and, count, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { firstIdOf } from "../lib/ids.ts";
import type { Access, PlatformId, PostStatus, Scope } from "../lib/vocabulary.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE, statement } from "./database.ts";
import { countEach, countedAs, countOf, countsOf } from "./post-counts.ts";
import type { PostRow } from "./posts.ts";
import { isReached, POST_ROW } from "./posts.ts";
import { posts } from "./schema.ts";

/*
 * Lists of posts, newest first: in the order of their ids, which begin with the time they were made at. What a filter
 * lets through is found by an index: by the primary key, by a table of its own, or by an index that is named below.
 */

/** What a list of posts is narrowed to: all that is not undefined. */
export interface PostFilters {
  statuses?: PostStatus[] | undefined;
  platform?: PlatformId | undefined;
  accountId?: string | undefined;
  /** Bound the time a post is scheduled for, half-open. */
  from?: Millis | undefined;
  to?: Millis | undefined;
  /** Bound the time it was made at, half-open. */
  createdFrom?: Millis | undefined;
  createdTo?: Millis | undefined;
  externalId?: string | undefined;
  /** Names and values, all of which it has. */
  metadata?: { name: string; value: string }[] | undefined;
  /** The post that came of the request with this Idempotency-Key, by the key's hash. */
  idempotencyKey?: string | undefined;
}

const { id, content, status, platforms, media, createdAt, scheduledAt, state, externalId, metadata } = POST_ROW;
/** What lists show of a post: the rest would be more than half of what is read, sent and parsed. */
const LISTED = { id, content, status, platforms, media, createdAt, scheduledAt, state, externalId, metadata };

/** A post of a list. */
export type ListedPost = Pick<PostRow, keyof typeof LISTED>;

/** Wrapped, for drizzle lets columns be read from tables alone, and `postsBy` is none to it. */
export const COLUMNS = Object.fromEntries(
  Object.entries(LISTED).map(([name, column]) => [name, sql`${column}`.mapWith(column)]),
) as unknown as typeof LISTED;

const READERS = Object.entries(LISTED);

/** Reads a row with these columns: drizzle looks for how to read a value at each of them anew, at the price of the query. */
function listedPost(row: object): ListedPost {
  const values = Object.values(row);
  const members = READERS.map(([name, column], index) => {
    const value = values[index];
    return [name, value === null ? null : column.mapFromDriverValue(value as never)];
  });
  return Object.fromEntries(members) as ListedPost;
}

/** Greater than all ids. */
const AFTER_ALL = "~";

/** The posts that are made last, without filters: what is asked for most. */
const selectLatest = prepared((db) =>
  db.run(
    db
      .select(COLUMNS)
      .from(posts)
      .where(
        and(
          eq(posts.workspaceId, SCOPE.workspaceId),
          eq(posts.mode, SCOPE.mode),
          lt(posts.id, sql.placeholder("after")),
        ),
      )
      .orderBy(desc(posts.id))
      .limit(sql.placeholder("limit"))
      .getSQL(),
  ),
);

/** @param after the id of the last post of the page before; null: the first page */
export async function listPosts(
  db: Database,
  access: Access,
  filters: PostFilters,
  page: { after: string | null; limit: number },
  now: Millis,
): Promise<ListedPost[]> {
  if (isUnfiltered(access, filters)) {
    const values = { ...access.scope, after: page.after ?? AFTER_ALL, limit: page.limit };
    const [{ results }] = await db.batch([selectLatest(db, values)]);
    return results.map((row) => listedPost(row as object));
  }
  // One statement for each status, for each is in order by itself: together they would have to be read whole and sorted.
  const [first, ...others] = (filters.statuses ?? [undefined]).map((status) => {
    const statuses = status && [status];
    const query = db
      .select(COLUMNS)
      .from(postsBy(access, { ...filters, statuses }))
      .where(matching(access, { ...filters, statuses }, now, page.after))
      .orderBy(desc(posts.id))
      .limit(page.limit);
    return statement(db, query.getSQL());
  });
  if (!first) return [];
  const answers = await db.batch([first, ...others]);
  const found = answers.flatMap(({ results }) => results.map((row) => listedPost(row as object)));
  return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, page.limit);
}

/** Whether all posts of a scope are asked for. */
function isUnfiltered({ accountIds }: Access, filters: PostFilters): boolean {
  return accountIds === null && Object.values(filters).every((filter) => filter === undefined);
}

/** How many posts match. Of all, or with statuses alone, one row of counters says so, unless a key is restricted. */
export async function countPosts(db: Database, access: Access, filters: PostFilters, now: Millis): Promise<number> {
  const { scope } = access;
  const { statuses, ...others } = filters;
  if (isUnfiltered(access, others)) {
    const asked: readonly PostStatus[] = statuses ?? POST_STATUSES;
    const together = asked.filter((status) => countedAs(status) === "queued");
    if (together.length !== 1) return countOf(db, scope, asked);
    const counts = await countEach(db, scope);
    return asked.reduce((total, status) => total + counts[status], 0);
  }
  const [row] = await db
    .select({ total: count() })
    .from(postsBy(access, filters))
    .where(matching(access, filters, now, null));
  return row?.total ?? 0;
}

/**
 * How many posts there are of each status: one row of counters. Where a key is restricted they are found by the tasks of its
 * accounts, and all of them are read.
 */
export async function countByStatus(db: Database, access: Access, now: Millis): Promise<Record<PostStatus, number>> {
  const { scope, accountIds } = access;
  if (accountIds === null) return countEach(db, scope);
  const rows = await db
    .select({ status: COLUMNS.status, count: count() })
    .from(postsBy(access, {}))
    .where(matching(access, {}, now, null))
    .groupBy(sql`${posts.status}`);
  return countsOf((status) => rows.find((row) => row.status === status)?.count);
}

/**
 * The posts, by the index that serves the filters: SQLite knows nothing of how many a workspace has, and would rather walk
 * through all of them. Where they are found by their ids, it uses the primary key, which has the order of the list as well.
 */
function postsBy(access: Access, filters: PostFilters): SQL {
  if (isById(access, filters)) return sql`posts`;
  const { statuses, from, to, externalId } = filters;
  if (externalId !== undefined) return sql`posts INDEXED BY posts_by_external_id`;
  if (from !== undefined || to !== undefined) return sql`posts INDEXED BY posts_by_schedule`;
  // Most posts are published: the others are found among few.
  return statuses && !statuses.includes("published") ? sql`posts INDEXED BY unpublished_posts` : sql`posts`;
}

/** Whether other tables say which posts may match. */
function isById({ accountIds }: Access, { platform, accountId, metadata, idempotencyKey }: PostFilters): boolean {
  return accountIds !== null || [platform, accountId, metadata, idempotencyKey].some((filter) => filter !== undefined);
}

function matching(access: Access, filters: PostFilters, now: Millis, after: string | null): SQL | undefined {
  const { scope, accountIds } = access;
  const { statuses, platform, accountId, from, to, createdFrom, createdTo, externalId, metadata, idempotencyKey } =
    filters;
  // With a sign, no index is looked for: of posts that are found by their ids, only these are to be read.
  const scheduledAt = isById(access, filters) ? sql`+${posts.scheduledAt}` : sql`${posts.scheduledAt}`;
  return and(
    eq(posts.workspaceId, scope.workspaceId),
    eq(posts.mode, scope.mode),
    after === null ? undefined : lt(posts.id, after),
    createdFrom === undefined ? undefined : gte(posts.id, firstIdOf("post", createdFrom)),
    createdTo === undefined ? undefined : lt(posts.id, firstIdOf("post", createdTo)),
    from === undefined ? undefined : gte(scheduledAt, from),
    to === undefined ? undefined : lt(scheduledAt, to),
    statuses && isOneOf(statuses),
    externalId === undefined ? undefined : eq(posts.externalId, externalId),
    ...(metadata ?? []).map((pair) => hasPair(scope, pair)),
    idempotencyKey === undefined ? undefined : cameOfKey(scope, idempotencyKey, now),
    accountId === undefined ? undefined : isForOneOf(scope, sql`(${accountId})`),
    platform === undefined ? undefined : isForOneOf(scope, accountsOn(scope, platform)),
    // Found by their tasks, so that posts of other accounts are not looked at, and then looked at themselves.
    accountIds === null
      ? undefined
      : isForOneOf(scope, sql`(SELECT value FROM json_each(${JSON.stringify(accountIds)}))`),
    isReached(access),
  );
}

/** Of the index that has all but the published, its own condition must stand here as well. */
function isOneOf(statuses: readonly PostStatus[]): SQL {
  const isListed =
    statuses.length === 1
      ? sql`${posts.status} = ${statuses[0]}`
      : sql`${posts.status} IN (SELECT value FROM json_each(${JSON.stringify(statuses)}))`;
  return statuses.includes("published") ? isListed : sql`${posts.status} <> 'published' AND ${isListed}`;
}

function inScope({ workspaceId, mode }: Scope): SQL {
  return sql`workspace_id = ${workspaceId} AND mode = ${mode}`;
}

function hasPair(scope: Scope, { name, value }: { name: string; value: string }): SQL {
  return sql`${posts.id} IN (SELECT post_id FROM post_metadata
    WHERE ${inScope(scope)} AND name = ${name} AND value = ${value})`;
}

function cameOfKey(scope: Scope, key: string, now: Millis): SQL {
  return sql`${posts.id} IN (SELECT post_id FROM idempotency
    WHERE ${inScope(scope)} AND key = ${key} AND expires_at > ${now})`;
}

/** @param accountIds a list of values, or a query */
function isForOneOf(scope: Scope, accountIds: SQL): SQL {
  return sql`${posts.id} IN (SELECT post_id FROM tasks WHERE ${inScope(scope)} AND account_id IN ${accountIds})`;
}

/** Also those that are disconnected: their posts are still there. */
function accountsOn(scope: Scope, platform: PlatformId): SQL {
  return sql`(SELECT id FROM accounts WHERE ${inScope(scope)} AND platform = ${platform})`;
}
