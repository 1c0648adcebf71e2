import type { SQL } from "drizzle-orm";
import { and, eq, getTableColumns, isNotNull, lte, sql } from "drizzle-orm";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import type { Access, PlatformId, PostRef, TaskErrorCode, TaskStatus } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared } from "./database.ts";
import { posts } from "./schema.ts";
import { selectClockOffset } from "./test-clock.ts";
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

function isPost(ref: PostRef): SQL | undefined {
  return and(eq(posts.workspaceId, ref.workspaceId), eq(posts.mode, ref.mode), eq(posts.id, ref.postId));
}

/** Where a key is restricted to accounts: posts that go to those and to no others. */
export function isReached({ accountIds }: Access): SQL | undefined {
  if (accountIds === null) return undefined;
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${posts.state}, '$.tasks')
    WHERE value ->> 'accountId' NOT IN (SELECT value FROM json_each(${JSON.stringify(accountIds)})))`;
}

const { timeline, ...withoutTimeline } = getTableColumns(posts);
/** The columns of a `PostRow`. */
export const POST_ROW = withoutTimeline;

function selectPost(db: Database, ref: PostRef) {
  const isDeleted = sql`EXISTS (SELECT 1 FROM workspaces WHERE id = ${ref.workspaceId} AND deleted_at IS NOT NULL)`;
  return db
    .select()
    .from(posts)
    .where(and(isPost(ref), sql`NOT ${isDeleted}`));
}

/** @returns null when there is no such post within reach */
export async function findTimeline(db: Database, access: Access, postId: string): Promise<Timeline | null> {
  const [row] = await db
    .select({ timeline })
    .from(posts)
    .where(and(isPost({ ...access.scope, postId }), isReached(access)));
  return row?.timeline ?? null;
}

const postByRef = prepared((db) => {
  const { workspaceId, mode, id } = posts;
  const isNamed = and(
    eq(workspaceId, sql.placeholder("workspaceId")),
    eq(mode, sql.placeholder("mode")),
    eq(id, sql.placeholder("postId")),
  );
  return db.select(POST_ROW).from(posts).where(isNamed).prepare();
});

/** @returns null when there is no such post within reach */
export async function findPost(db: Database, access: Access, postId: string): Promise<PostRow | null> {
  const [row] = await postByRef(db).all({ ...access.scope, postId });
  return row?.state.tasks.every(({ accountId }) => reaches(access, accountId)) ? row : null;
}

/**
 * A post with how far the clock that it lives by is ahead of the real one.
 *
 * @returns null when there is none, or its workspace was deleted: its object may have forgotten it already
 */
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
