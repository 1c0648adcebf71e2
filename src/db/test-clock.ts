import type { SQL } from "drizzle-orm";
import { eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database, World } from "./database.ts";
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
export function inRealTime({ workspaceId, mode }: World, at: Millis | SQL): SQL {
  if (mode === "live") return sql`${at}`;
  return sql`${at} - iif(${mode} = 'live', 0, (SELECT test_clock_offset FROM workspaces WHERE id = ${workspaceId}))`;
}

/**
 * Moves a workspace's test clock ahead, and with it the moments at which the sweeper looks for its test posts. Not to be
 * repeated: it would find its own move.
 *
 * @param move from how far ahead to how far
 * @returns the open posts that have something to do, the soonest first, `limit` of them; null when the clock stands otherwise
 *   by now: nothing is moved then
 */
export async function moveClock(
  db: Database,
  workspaceId: string,
  move: { from: Millis; to: Millis },
  limit: number,
  record: ChangeRecord,
): Promise<string[] | null> {
  // As the partial index has it, word for word: it is of no use for a mode that is a parameter.
  const openTestPosts = sql`workspace_id = ${workspaceId} AND mode = 'test' AND wake_by IS NOT NULL`;
  const isThere = sql`EXISTS (SELECT 1 FROM workspaces WHERE id = ${workspaceId} AND test_clock_offset = ${move.from})`;
  const [, moved, open] = await commitChange(db, record, [
    statement(
      db,
      sql`UPDATE posts INDEXED BY test_posts_to_wake SET wake_by = wake_by - ${move.to - move.from}
      WHERE ${openTestPosts} AND ${isThere}`,
    ),
    // The clock itself comes last: that it was moved is what the record is of.
    statement(
      db,
      sql`UPDATE workspaces SET test_clock_offset = ${move.to}
      WHERE id = ${workspaceId} AND test_clock_offset = ${move.from}`,
    ),
    db.select({ id: posts.id }).from(posts).where(openTestPosts).orderBy(posts.wakeBy).limit(limit),
  ]);
  return moved.meta.changes === 0 ? null : open.map((post) => post.id);
}
