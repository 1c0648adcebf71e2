import { DurableObject } from "cloudflare:workers";
import { sweepConsents } from "../db/consents.ts";
import { database } from "../db/database.ts";
import { findGrantsToRenew } from "../db/grants.ts";
import { deleteExpiredKeys } from "../db/idempotency.ts";
import { findPostsToWake } from "../db/posts.ts";
import type { Env } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND, systemClock } from "../lib/clock.ts";
import { consoleLog } from "../lib/log.ts";
import { sweepMedia } from "../media/discard.ts";
import { renewMessage } from "./messages.ts";
import { sendMessages, wakePosts } from "./send-messages.ts";

/** The one sweeper's name. */
export const SWEEPER_NAME = "sweeper";

const INTERVAL: Millis = 30 * SECOND;
/** Posts handed over in one sweep; what is left is found by the next. */
const MAX_POSTS = 1_000;
const MAX_EXPIRED_KEYS = 500;
/** Renewals handed over in one sweep: ten a second. */
const MAX_RENEWALS = 300;
const MAX_CONSENTS = 100;

/**
 * Finds what is due and has nobody of its own to say so: posts whose object has not renewed its time, because a message
 * was lost or something crashed, tokens that are to be renewed, and what is to be erased. It wakes every 30 seconds by its own alarm; a cron trigger and the first request of each isolate see to it that the alarm is set.
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
    await wakePosts(this.env.PUBLISH, posts);
    const grants = await findGrantsToRenew(db, now, MAX_RENEWALS);
    await sendMessages(
      this.env.PUBLISH,
      grants.map((grant) => ({ body: renewMessage(grant) })),
    );
    await deleteExpiredKeys(db, now, MAX_EXPIRED_KEYS);
    await sweepConsents(db, now, MAX_CONSENTS);
    await sweepMedia({ db, bucket: this.env.MEDIA }, now);
    return posts.length;
  }
}
