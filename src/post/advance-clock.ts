import type { Database } from "../db/database.ts";
import { moveClock } from "../db/test-clock.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { invalid } from "../lib/refusal.ts";
import type { PublishMessage } from "./messages.ts";
import { wakePosts } from "./send-messages.ts";

/** Times are printed with four digits of a year, and a schedule reaches a year ahead. */
const LAST_MOMENT: Millis = Date.UTC(9998, 0, 1);
/** Posts that are told of one move, the soonest first; the sweeper finds the others when their time has come. */
const MAX_POSTS = 1_000;

/**
 * Moves a workspace's test clock ahead. Its open test posts are told: what is due by the new time goes out now, and what
 * is not yet has its alarm set anew. Live posts know nothing of it.
 *
 * @returns the new time
 * @throws Refusal when the clock would leave the years that can be printed
 */
export async function advanceClock(
  deps: { db: Database; clock: Clock; log: Log; publishQueue: Queue<PublishMessage> },
  workspaceId: string,
  by: Millis,
): Promise<Millis> {
  const now = deps.clock();
  const moved = await moveClock(deps.db, workspaceId, by, { offset: LAST_MOMENT - now, posts: MAX_POSTS });
  if (!moved) throw invalid("advance_seconds", "advance_seconds would move the clock beyond the year 9997.");
  const refs = moved.postIds.map((postId) => ({ workspaceId, mode: "test" as const, postId }));
  try {
    await wakePosts(deps.publishQueue, refs);
  } catch (error) {
    // The clock has moved, and a client that is refused would move it again. The sweeper finds the posts.
    deps.log.error("posts were not told of a clock that was moved", error, { workspace_id: workspaceId });
  }
  return now + moved.offset;
}
