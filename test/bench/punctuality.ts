import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import { sendAll } from "./load.ts";
import type { Call } from "./platform-process.ts";
import { publishAsk } from "./rows.ts";
import type { Server, Side } from "./server.ts";
import type { Stage } from "./stage.ts";

/** How late the platform heard of posts. */
export interface Lateness {
  /** From when each was due until the platform had heard the call that makes it public; the least first. */
  late: Millis[];
  /** Posts that the platform did not hear of once within `PATIENCE`, or that the database does not call published. */
  wrong: number;
}

/** Posts are accepted so long before the first is due, at least. */
const LEAD: Millis = 5 * SECOND;
/** Accepting them may take so many times as long as it took when it was measured. */
const MARGIN = 3;
const CONNECTIONS = 10;
/** A post that the platform has not heard of so long after the last was due is not published. */
const PATIENCE: Millis = 2 * MINUTE;
/** The database is told after the platform, and within so long. */
const TELLING: Millis = 20 * SECOND;
/** What goes out a second time comes after the first. */
const MOMENT: Millis = 3 * SECOND;

/**
 * Schedules posts at random seconds of a window of time, and waits for them.
 *
 * @param window 0: all of them are due in the same second
 * @param perSecond how many posts are accepted in a second
 */
export async function timePosts(
  stage: Stage,
  side: Side,
  { posts, window, perSecond }: { posts: number; window: Millis; perSecond: number },
): Promise<Lateness> {
  const accepting = (posts / perSecond) * MARGIN * SECOND;
  const from = Math.ceil((Date.now() + LEAD + accepting) / SECOND) * SECOND;
  const name = `${side} ${from}`;
  const scheduled = Array.from({ length: posts }, (_, index) => ({
    text: `${name} ${index}`,
    at: from + (window === 0 ? 0 : randomInt(window / SECOND) * SECOND),
  }));
  const asks = scheduled.map(({ text, at }) => publishAsk(stage, side, at, text));
  await sendAll(stage.servers[side].origin, { connections: CONNECTIONS, status: 202 }, asks);
  if (Date.now() > from) throw new Error("the first posts were due before the last was accepted");
  const last = Math.max(...scheduled.map(({ at }) => at));
  await untilHeard(stage, name, posts, last + PATIENCE);
  const notPublished = await unpublished(stage.servers[side], name);
  await sleep(MOMENT);
  const heard = await heardOf(stage, name);
  const late = scheduled.flatMap(({ text, at }) => (heard.get(text) ?? []).slice(0, 1).map((call) => call.at - at));
  const notOnce = scheduled.filter(({ text }) => heard.get(text)?.length !== 1).length;
  return { late: late.sort((a, b) => a - b), wrong: Math.max(notOnce, notPublished) };
}

/** How many posts the database does not call published, once it had the time to hear of all. */
async function unpublished(server: Server, name: string): Promise<number> {
  const query = "SELECT count(*) AS count FROM posts WHERE content LIKE ? AND status <> 'published'";
  const deadline = Date.now() + TELLING;
  for (;;) {
    const left = server.withDatabase((database) => Number(database.prepare(query).get(`${name} %`)?.count));
    if (left === 0 || Date.now() > deadline) return left;
    await sleep(SECOND);
  }
}

async function untilHeard(stage: Stage, name: string, posts: number, deadline: Millis): Promise<void> {
  while ((await heardOf(stage, name)).size < posts && Date.now() < deadline) await sleep(SECOND);
}

/** The calls that the platform has heard, by their texts. */
async function heardOf({ platform }: Stage, name: string): Promise<Map<string, Call[]>> {
  const calls = (await platform.calls()).filter(({ text }) => text.startsWith(`${name} `));
  return Map.groupBy(calls, ({ text }) => text);
}
