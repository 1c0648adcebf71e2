import { DurableObject } from "cloudflare:workers";
import { database } from "../db/database.ts";
import { deleteExpiredKeys } from "../db/idempotency.ts";
import { findPostsToWake } from "../db/posts.ts";
import type { Env } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND, systemClock } from "../lib/clock.ts";
import { consoleLog } from "../lib/log.ts";
import { sweepMedia } from "../media/discard.ts";
import { wakeMessage } from "./messages.ts";
import { MESSAGES_PER_SEND } from "./timing.ts";

/** The one sweeper's name. */
export const SWEEPER_NAME = "sweeper";

const INTERVAL: Millis = 30 * SECOND;
/** Posts handed over in one sweep; what is left is found by the next. */
const MAX_POSTS = 1_000;
const MAX_EXPIRED_KEYS = 500;

/**
 * Finds what a lost message or a crash left behind: posts whose object has not renewed its time. It wakes every 30
 * seconds by its own alarm; a cron trigger and the first request of each isolate see to it that the alarm is set.
 */
export class SweeperObject extends DurableObject<Env> {
  /** Sees to it that the sweeper will wake. */
  async keepAwake(): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm < systemClock() - INTERVAL) await this.ctx.storage.setAlarm(systemClock() + INTERVAL);
  }

  /** Never throws: an alarm that does is dropped for good after a few tries. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(systemClock() + INTERVAL);
    try {
      const found = await this.sweep();
      if (found > 0) consoleLog.info("overdue posts were woken", { posts: found });
    } catch (error) {
      consoleLog.error("a sweep failed", error);
    }
  }

  /** @returns how many posts were handed over */
  async sweep(): Promise<number> {
    const db = database(this.env.DB);
    const now = systemClock();
    const posts = await findPostsToWake(db, now, MAX_POSTS);
    for (let from = 0; from < posts.length; from += MESSAGES_PER_SEND) {
      const refs = posts.slice(from, from + MESSAGES_PER_SEND);
      await this.env.PUBLISH.sendBatch(refs.map((ref) => ({ body: wakeMessage(ref) })));
    }
    await deleteExpiredKeys(db, now, MAX_EXPIRED_KEYS);
    await sweepMedia({ db, bucket: this.env.MEDIA }, now);
    return posts.length;
  }
}
