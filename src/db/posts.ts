import type { SQL } from "drizzle-orm";
import { and, eq, getTableColumns, isNotNull, lte, sql } from "drizzle-orm";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import type { Access, PlatformId, PostRef, TaskErrorCode, TaskStatus } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
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
  /** As of a task. */
  round?: number;
  neverArmed?: true;
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
  /** Of one that failed: no commit of it was armed, in any round. Absent: one was, or nobody knows. */
  neverArmed?: true;
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

/** @returns null when there is no such post within reach */
export async function findTimeline(db: Database, access: Access, postId: string): Promise<Timeline | null> {
  const [row] = await db
    .select({ timeline })
    .from(posts)
    .where(and(isPost({ ...access.scope, postId }), isReached(access)));
  return row?.timeline ?? null;
}

const { workspaceId, mode, id } = posts;
/** Of a prepared statement: the post that its values name. */
const IS_NAMED = and(eq(workspaceId, SCOPE.workspaceId), eq(mode, SCOPE.mode), eq(id, sql.placeholder("postId")));

const selectPost = prepared((db) => db.select(POST_ROW).from(posts).where(IS_NAMED));

/** @returns null when there is no such post within reach */
export async function findPost(db: Database, access: Access, postId: string): Promise<PostRow | null> {
  const [row] = await selectPost(db, { ...access.scope, postId }).all();
  return row?.state.tasks.every(({ accountId }) => reaches(access, accountId)) ? row : null;
}

/** A post as its object is made of it. */
export interface PostToLoad {
  row: FullPostRow;
  /** How far the clock that it lives by is ahead of the real one. */
  clockOffset: Millis;
  /** When the database was restored last; null: never. Real time. */
  restoredAt: Millis | null;
}

const selectPostToLoad = prepared((db) => {
  const isDeleted = sql`EXISTS (SELECT 1 FROM workspaces WHERE id = ${SCOPE.workspaceId} AND deleted_at IS NOT NULL)`;
  return db
    .select({ row: getTableColumns(posts), restoredAt: sql<Millis | null>`(SELECT max(restored_at) FROM restores)` })
    .from(posts)
    .where(and(IS_NAMED, sql`NOT ${isDeleted}`));
});

/** @returns null when there is none, or its workspace was deleted: its object may have forgotten it already */
export async function findPostToLoad(db: Database, ref: PostRef): Promise<PostToLoad | null> {
  const byRef = selectPostToLoad(db, ref);
  if (ref.mode === "live") {
    const [found] = await byRef.all();
    return found ? { ...found, clockOffset: 0 } : null;
  }
  const [[found], [clock]] = await db.batch([byRef, selectClockOffset(db, ref.workspaceId)]);
  return found ? { ...found, clockOffset: clock?.offset ?? 0 } : null;
}

/** How far the database knows a post. */
export interface HeldPost {
  /** Of the last projection that it took. */
  seq: number;
  /** Real time. */
  wakeBy: Millis | null;
}

/** @returns null when there is no such post */
export async function findHeldPost(db: Database, ref: PostRef): Promise<HeldPost | null> {
  const [row] = await db.select({ seq: posts.seq, wakeBy: posts.wakeBy }).from(posts).where(isPost(ref));
  return row ?? null;
}

/** Has nobody look for a post any more of which nothing is left to do, unless it has changed. */
export async function stopWaking(db: Database, ref: PostRef, seq: number): Promise<void> {
  await db
    .update(posts)
    .set({ wakeBy: null })
    .where(and(isPost(ref), eq(posts.seq, seq)));
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
