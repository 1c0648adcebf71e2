import type { SQL } from "drizzle-orm";
import { eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { posts, workspaces } from "./schema.ts";

/*
 * A workspace's test clock: the real one and an offset that only grows.
 */

/** The statement that reads how far a workspace's test clock is ahead, for a batch. */
export function selectClockOffset(db: Database, workspaceId: string) {
  return db.select({ offset: workspaces.testClockOffset }).from(workspaces).where(eq(workspaces.id, workspaceId));
}

/** How far a workspace's test clock is ahead. */
export async function findClockOffset(db: Database, workspaceId: string): Promise<Millis> {
  const [row] = await selectClockOffset(db, workspaceId);
  return row?.offset ?? 0;
}

/**
 * A point on the clock that a scope's posts live by, as the real time in which `posts.wake_by` is kept. It is worked out
 * inside the statement: so a clock that is moved in the same moment moves what is written before it and after it alike.
 */
export function inRealTime(scope: Scope, at: Millis | SQL): SQL {
  if (scope.mode === "live") return sql`${at}`;
  return sql`${at} - (SELECT test_clock_offset FROM workspaces WHERE id = ${scope.workspaceId})`;
}

/** A clock that was moved, and the posts that have something to do by it, the soonest first. */
export interface MovedClock {
  offset: Millis;
  postIds: string[];
}

/**
 * Moves a workspace's test clock ahead, and with it the moments at which the sweeper looks for its test posts.
 *
 * @param limits how far the clock may be ahead in all, and how many posts are returned
 * @returns null when it would be too far ahead: nothing is moved then
 */
export async function moveClock(
  db: Database,
  workspaceId: string,
  by: Millis,
  limits: { offset: Millis; posts: number },
): Promise<MovedClock | null> {
  // As the partial index has it, word for word: it is of no use for a mode that is a parameter.
  const openTestPosts = sql`workspace_id = ${workspaceId} AND mode = 'test' AND wake_by IS NOT NULL`;
  const [moved, , [clock], open] = await db.batch([
    statement(
      db,
      sql`UPDATE workspaces SET test_clock_offset = test_clock_offset + ${by}
      WHERE id = ${workspaceId} AND test_clock_offset + ${by} <= ${limits.offset}`,
    ),
    // Directly after the clock: where that was not moved, nothing is.
    statement(
      db,
      sql`UPDATE posts INDEXED BY test_posts_to_wake SET wake_by = wake_by - ${by}
      WHERE changes() > 0 AND ${openTestPosts}`,
    ),
    selectClockOffset(db, workspaceId),
    db.select({ id: posts.id }).from(posts).where(openTestPosts).orderBy(posts.wakeBy).limit(limits.posts),
  ]);
  if (!clock || moved.meta.changes === 0) return null;
  return { offset: clock.offset, postIds: open.map((post) => post.id) };
}
