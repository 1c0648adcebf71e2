import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { moveClock, selectClockOffset } from "../db/test-clock.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
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
  change: Change<Millis>,
): Promise<Millis> {
  for (;;) {
    const now = deps.clock();
    const [known] = await selectClockOffset(deps.db, workspaceId);
    if (!known) throw new Error("the workspace is gone");
    const from = known.offset;
    const to = from + by;
    if (now + to > LAST_MOMENT) {
      throw invalid("advance_seconds", "advance_seconds would move the clock beyond the year 9997.");
    }
    const details = { advance_seconds: by / SECOND };
    const record = await change.record({ action: "sandbox.clock_advanced", target: null, details }, now + to);
    const postIds = await moveClock(deps.db, workspaceId, { from, to }, MAX_POSTS, record);
    // Somebody else moved it in this moment: this move comes on top.
    if (!postIds) continue;
    await tellPosts(deps, workspaceId, postIds);
    return now + to;
  }
}

async function tellPosts(
  deps: { log: Log; publishQueue: Queue<PublishMessage> },
  workspaceId: string,
  postIds: readonly string[],
): Promise<void> {
  try {
    await wakePosts(
      deps.publishQueue,
      postIds.map((postId) => ({ workspaceId, mode: "test" as const, postId })),
    );
  } catch (error) {
    // The clock has moved, and a client that is refused would move it again. The sweeper finds the posts.
    deps.log.error("posts were not told of a clock that was moved", error, { workspace_id: workspaceId });
  }
}
