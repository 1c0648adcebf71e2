import { DurableObject } from "cloudflare:workers";
import { sweepConsents } from "../db/consents.ts";
import type { Database } from "../db/database.ts";
import { database } from "../db/database.ts";
import { deleteOldDeadLetters } from "../db/dead-letters.ts";
import { findGrantsToRenew } from "../db/grants.ts";
import { deleteExpiredKeys } from "../db/idempotency.ts";
import { deleteOldManualPauses } from "../db/manual-pauses.ts";
import type { PostToWake } from "../db/posts.ts";
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
/** After a sweep that left some of what is overdue for the next. */
const SOON: Millis = SECOND;
/** Posts handed over in one sweep. */
const MAX_POSTS = 1_000;
const MAX_EXPIRED_KEYS = 500;
/** Renewals handed over in one sweep: ten a second. */
const MAX_RENEWALS = 300;
const MAX_CONSENTS = 100;

/** How the sweeper is. */
export interface SweeperStatus {
  /** When a sweep last came through; null when none has. */
  lastRunAt: Millis | null;
  duration: Millis | null;
  /** Posts that it handed over. */
  found: number | null;
  failingSince: Millis | null;
}

const NEVER: SweeperStatus = { lastRunAt: null, duration: null, found: null, failingSince: null };
const STATUS = "status";
/** The last post of the page before: posts that do not wake must not keep the sweeper from those behind them. */
const CURSOR = "cursor";

/**
 * Finds what is due and has nobody of its own to say so: posts whose object has not renewed its time, because a message
 * was lost or something crashed, tokens that are to be renewed, and what is to be erased. It wakes every 30 seconds by
 * its own alarm; a cron trigger and the first request of each isolate see to it that the alarm is set.
 */
export class SweeperObject extends DurableObject<Env> {
  /** Sees to it that the sweeper will wake. */
  async keepAwake(): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm < systemClock() - INTERVAL) await this.ctx.storage.setAlarm(systemClock() + INTERVAL);
  }

  async status(): Promise<SweeperStatus> {
    return this.ctx.storage.kv.get<SweeperStatus>(STATUS) ?? NEVER;
  }

  /** Never throws: an alarm that does is dropped for good after a few tries. */
  override async alarm(): Promise<void> {
    const startedAt = systemClock();
    await this.ctx.storage.setAlarm(startedAt + INTERVAL);
    try {
      const found = await this.sweep();
      if (found > 0) consoleLog.info("overdue posts were woken", { posts: found });
      if (found === MAX_POSTS) await this.ctx.storage.setAlarm(systemClock() + SOON);
    } catch (error) {
      consoleLog.error("a sweep failed", error);
      const status = await this.status();
      this.ctx.storage.kv.put(STATUS, { ...status, failingSince: status.failingSince ?? startedAt });
    }
  }

  /** @returns how many posts were handed over */
  async sweep(): Promise<number> {
    const db = database(this.env.DB);
    const now = systemClock();
    const found = await this.#wakeOverdue(db, now);
    const grants = await findGrantsToRenew(db, now, MAX_RENEWALS);
    await sendMessages(
      this.env.PUBLISH,
      grants.map((grant) => ({ body: renewMessage(grant) })),
    );
    await deleteExpiredKeys(db, now, MAX_EXPIRED_KEYS);
    await sweepConsents(db, now, MAX_CONSENTS);
    await deleteOldDeadLetters(db, now);
    await deleteOldManualPauses(db, now);
    await sweepMedia({ db, bucket: this.env.MEDIA }, now);
    const status: SweeperStatus = { lastRunAt: now, duration: systemClock() - now, found, failingSince: null };
    this.ctx.storage.kv.put(STATUS, status);
    return found;
  }

  /** Hands over one page of what is overdue, and begins anew behind the last. */
  async #wakeOverdue(db: Database, now: Millis): Promise<number> {
    const after = this.ctx.storage.kv.get<PostToWake>(CURSOR) ?? null;
    const posts = await findPostsToWake(db, now, after, MAX_POSTS);
    await wakePosts(this.env.PUBLISH, posts);
    const last = posts.at(-1);
    if (posts.length === MAX_POSTS && last) this.ctx.storage.kv.put(CURSOR, last);
    else if (after) this.ctx.storage.kv.delete(CURSOR);
    return posts.length;
  }
}
