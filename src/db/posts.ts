import type { SQL } from "drizzle-orm";
import { and, count, desc, eq, exists, getTableColumns, gte, inArray, isNotNull, lt, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { Access, PlatformId, PostRef, PostStatus, TaskErrorCode, TaskStatus } from "../lib/vocabulary.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { postCounts, posts, tasks } from "./schema.ts";
import { inRealTime, selectClockOffset } from "./test-clock.ts";
import type { PlatformWords, Timeline } from "./timeline.ts";

/** Why a task failed or waits. `platform` is what the platform itself said. */
export interface TaskError {
  code: TaskErrorCode;
  message: string;
  retryable: boolean;
  platform?: PlatformWords;
  /** Of an unknown outcome: public posts that could be the task's. */
  candidates?: { platform_post_id: string; permalink: string | null }[];
}

/** The comment under a post as answers show it; times in milliseconds. */
export interface ProjectedComment {
  status: TaskStatus;
  platformCommentId: string | null;
  publishedAt: Millis | null;
  error: TaskError | null;
}

/** One task as answers show it; times in milliseconds. */
export interface ProjectedTask {
  accountId: string;
  platform: PlatformId;
  status: TaskStatus;
  publishedAt: Millis | null;
  platformPostId: string | null;
  permalink: string | null;
  error: TaskError | null;
  /** When a task goes on that has begun, or was moved. */
  nextAttemptAt: Millis | null;
  /** From the second on: each retry opens one. */
  round?: number;
  /** The ids of the pauses that hold it. */
  pausedBy?: string[];
  /** Where one is to be written. */
  firstComment?: ProjectedComment;
}

/** The tasks of a post, in the order of the request. */
export interface PostState {
  tasks: ProjectedTask[];
}

/** A post as answers are made of it. */
export type PostRow = Omit<FullPostRow, "timeline">;
/** The same with all that happened to it, which is long. */
export type FullPostRow = typeof posts.$inferSelect;

/** A post that is to be stored, with the tasks it starts with. */
export interface NewPostRow {
  ref: PostRef;
  createdAt: Millis;
  version: number;
  content: string;
  media: string[];
  /** All media it needs: that, and what options name. */
  usedMedia: string[];
  /** The media does not expire before that. */
  mediaKeptUntil: Millis;
  options: { [platform: string]: Json };
  platforms: string[];
  scheduledAt: Millis;
  publishBefore: Millis | null;
  status: PostStatus;
  state: PostState;
  timeline: Timeline;
  /** On the clock that the scope's posts live by, as all times here. */
  wakeBy: Millis;
}

/**
 * The statements that store a new post, its tasks, its use of media and its place in the counters, for one batch. Repeating the batch
 * changes nothing.
 *
 * @param condition the post is stored only where this holds
 */
export function insertPost(db: Database, post: NewPostRow, condition: SQL = sql`true`) {
  const { workspaceId, mode, postId } = post.ref;
  return [
    statement(
      db,
      sql`
      INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
        publish_before, status, state, timeline, seq, wake_by)
      SELECT ${workspaceId}, ${mode}, ${postId}, ${post.createdAt}, ${post.version}, ${post.content},
        ${JSON.stringify(post.media)}, ${JSON.stringify(post.options)}, ${JSON.stringify(post.platforms)},
        ${post.scheduledAt}, ${post.publishBefore}, ${post.status}, ${JSON.stringify(post.state)},
        ${JSON.stringify(post.timeline)}, 0, ${inRealTime(post.ref, post.wakeBy)}
      WHERE ${condition} ON CONFLICT DO NOTHING`,
    ),
    // Directly after the insert: a repeat that inserted nothing counts nothing.
    statement(
      db,
      sql`
      INSERT INTO post_counts (workspace_id, mode, ${sql.identifier(post.status)})
      SELECT ${workspaceId}, ${mode}, 1 WHERE changes() > 0
      ON CONFLICT DO UPDATE SET ${sql.identifier(post.status)} = ${sql.identifier(post.status)} + 1`,
    ),
    statement(
      db,
      sql`
      INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform)
      SELECT ${workspaceId}, ${mode}, value ->> 'accountId', ${postId}, value ->> 'platform'
      FROM json_each(${JSON.stringify(post.state.tasks)})
      WHERE ${condition} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      INSERT INTO post_media (workspace_id, mode, media_id, post_id)
      SELECT ${workspaceId}, ${mode}, value, ${postId} FROM json_each(${JSON.stringify(post.usedMedia)})
      WHERE ${condition} ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`
      UPDATE media SET expires_at = ${post.mediaKeptUntil} WHERE ${isMediaOf(post)}
      AND expires_at < ${post.mediaKeptUntil} AND ${condition}`,
    ),
  ] as const;
}

function isMediaOf({ ref, usedMedia }: NewPostRow): SQL {
  return sql`workspace_id = ${ref.workspaceId} AND mode = ${ref.mode}
    AND id IN (SELECT value FROM json_each(${JSON.stringify(usedMedia)}))`;
}

/** Holds where all media of a new post is there: what is being deleted in the same moment is gone, or stays. */
export function hasItsMedia(post: NewPostRow): SQL {
  return sql`(SELECT count(*) FROM media WHERE ${isMediaOf(post)}) = ${post.usedMedia.length}`;
}

function isPost(ref: PostRef): SQL | undefined {
  return and(eq(posts.workspaceId, ref.workspaceId), eq(posts.mode, ref.mode), eq(posts.id, ref.postId));
}

/** Where a key is restricted to accounts: posts that go to those and to no others. */
function isReached({ accountIds }: Access): SQL | undefined {
  if (accountIds === null) return undefined;
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${posts.state}, '$.tasks')
    WHERE value ->> 'accountId' NOT IN (SELECT value FROM json_each(${JSON.stringify(accountIds)})))`;
}

const { timeline, ...WITHOUT_TIMELINE } = getTableColumns(posts);

function selectPost(db: Database, ref: PostRef) {
  return db.select().from(posts).where(isPost(ref));
}

/** @returns null when there is no such post within reach */
export async function findTimeline(db: Database, access: Access, postId: string): Promise<Timeline | null> {
  const [row] = await db
    .select({ timeline })
    .from(posts)
    .where(and(isPost({ ...access.scope, postId }), isReached(access)));
  return row?.timeline ?? null;
}

/** @returns null when there is no such post within reach */
export async function findPost(db: Database, access: Access, postId: string): Promise<PostRow | null> {
  const [row] = await db
    .select(WITHOUT_TIMELINE)
    .from(posts)
    .where(and(isPost({ ...access.scope, postId }), isReached(access)));
  return row ?? null;
}

/** A post with how far the clock that it lives by is ahead of the real one. */
export async function findPostWithClock(
  db: Database,
  ref: PostRef,
): Promise<{ row: FullPostRow; clockOffset: Millis } | null> {
  if (ref.mode === "live") {
    const [row] = await selectPost(db, ref);
    return row ? { row, clockOffset: 0 } : null;
  }
  const [[row], [clock]] = await db.batch([selectPost(db, ref), selectClockOffset(db, ref.workspaceId)]);
  return row ? { row, clockOffset: clock?.offset ?? 0 } : null;
}

/** What a list of posts is narrowed to. `from` and `to` bound the scheduled time, half-open. */
export interface PostFilters {
  status?: PostStatus | undefined;
  platform?: PlatformId | undefined;
  accountId?: string | undefined;
  from?: Millis | undefined;
  to?: Millis | undefined;
}

function matching(db: Database, access: Access, filters: PostFilters): SQL | undefined {
  const { scope, accountIds } = access;
  const { status, platform, from, to } = filters;
  // Found by their tasks, so that posts of other accounts are not looked at, and then looked at themselves.
  const reached =
    accountIds === null
      ? []
      : [
          inArray(
            posts.id,
            db
              .select({ postId: tasks.postId })
              .from(tasks)
              .where(
                and(
                  eq(tasks.workspaceId, scope.workspaceId),
                  eq(tasks.mode, scope.mode),
                  inArray(tasks.accountId, sql`(SELECT value FROM json_each(${JSON.stringify(accountIds)}))`),
                ),
              ),
          ),
          isReached(access),
        ];
  return and(
    ...reached,
    eq(posts.workspaceId, scope.workspaceId),
    eq(posts.mode, scope.mode),
    status === undefined ? undefined : eq(posts.status, status),
    from === undefined ? undefined : gte(posts.scheduledAt, from),
    to === undefined ? undefined : lt(posts.scheduledAt, to),
    platform === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM json_each(${posts.state}, '$.tasks') WHERE value ->> 'platform' = ${platform})`,
  );
}

/**
 * Lists posts, newest first.
 *
 * @param after the id of the last post of the page before, or null for the first page
 */
export async function listPosts(
  db: Database,
  access: Access,
  filters: PostFilters,
  page: { after: string | null; limit: number },
): Promise<PostRow[]> {
  const where = and(matching(db, access, filters), page.after === null ? undefined : lt(posts.id, page.after));
  if (filters.accountId === undefined) {
    return db.select(WITHOUT_TIMELINE).from(posts).where(where).orderBy(desc(posts.id)).limit(page.limit);
  }
  const rows = await db
    .select({ post: WITHOUT_TIMELINE })
    .from(posts)
    .where(and(where, isForAccount(db, filters.accountId)))
    .orderBy(desc(posts.id))
    .limit(page.limit);
  return rows.map((row) => row.post);
}

function isForAccount(db: Database, accountId: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(tasks)
      .where(
        and(
          eq(tasks.workspaceId, posts.workspaceId),
          eq(tasks.mode, posts.mode),
          eq(tasks.accountId, accountId),
          eq(tasks.postId, posts.id),
        ),
      ),
  );
}

/** How many posts match. Of all, or with `status` alone, one row of counters says so, unless a key is restricted. */
export async function countPosts(db: Database, access: Access, filters: PostFilters): Promise<number> {
  const { scope, accountIds } = access;
  const { status, ...others } = filters;
  if (accountIds === null && Object.values(others).every((filter) => filter === undefined)) {
    const [counts] = await db
      .select()
      .from(postCounts)
      .where(and(eq(postCounts.workspaceId, scope.workspaceId), eq(postCounts.mode, scope.mode)));
    if (!counts) return 0;
    if (status !== undefined) return counts[status];
    return POST_STATUSES.reduce((total, each) => total + counts[each], 0);
  }
  const forAccount = filters.accountId === undefined ? undefined : isForAccount(db, filters.accountId);
  const [row] = await db
    .select({ total: count() })
    .from(posts)
    .where(and(matching(db, access, filters), forAccount));
  return row?.total ?? 0;
}

/** A post in the order in which the sweeper finds them. */
export type PostToWake = PostRef & { wakeBy: Millis };

/**
 * The posts whose objects have not renewed their time: stuck, or never nudged. Reads as many rows as it finds.
 *
 * @param after goes on behind this one; null: from the beginning
 */
export async function findPostsToWake(
  db: Database,
  now: Millis,
  after: PostToWake | null,
  limit: number,
): Promise<PostToWake[]> {
  const { wakeBy, workspaceId, mode, id } = posts;
  const isBehind =
    after &&
    sql`(${wakeBy}, ${workspaceId}, ${mode}, ${id}) >
      (${after.wakeBy}, ${after.workspaceId}, ${after.mode}, ${after.postId})`;
  const rows = await db
    .select({ wakeBy, workspaceId, mode, postId: id })
    .from(posts)
    .where(and(isNotNull(wakeBy), lte(wakeBy, now), isBehind ?? undefined))
    .orderBy(wakeBy, workspaceId, mode, id)
    .limit(limit);
  return rows.map((row) => ({ ...row, wakeBy: row.wakeBy ?? now }));
}

/** Since when the post is overdue that has been longest; null when none is. */
export async function findOldestOverdue(db: Database, now: Millis): Promise<Millis | null> {
  const [oldest] = await findPostsToWake(db, now, null, 1);
  return oldest?.wakeBy ?? null;
}
