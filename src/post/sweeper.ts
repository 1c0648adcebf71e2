import { DurableObject } from "cloudflare:workers";
import { warnOfEnds } from "../accounts/warn-of-ends.ts";
import { AlertDesk } from "../alerts/alert-desk.ts";
import type { AlertName, Seen } from "../alerts/conditions.ts";
import { appQuota, deadLetter, queueFailing, stuck, sweeperSilent } from "../alerts/conditions.ts";
import { sealSome } from "../audit/seal-log.ts";
import { deleteRevokedKeys, REVOKED_LIFE } from "../db/api-keys.ts";
import { sweepConsents } from "../db/consents.ts";
import type { Database } from "../db/database.ts";
import { database } from "../db/database.ts";
import type { DeliveryRef } from "../db/deliveries.ts";
import { findDueDeliveries } from "../db/deliveries.ts";
import type { EarliestWaiting } from "../db/due.ts";
import { findEarliestWaiting } from "../db/due.ts";
import { deleteOldEvents } from "../db/events.ts";
import { findGrantsToRenew } from "../db/grants.ts";
import { deleteExpiredKeys, deleteLeftKeys } from "../db/idempotency.ts";
import { deleteOldManualPauses } from "../db/manual-pauses.ts";
import { deleteOldCeremonies } from "../db/passkeys.ts";
import type { PostToWake } from "../db/posts.ts";
import { findPostsToWake } from "../db/posts.ts";
import { deleteExpiredContents } from "../db/recent-contents.ts";
import { deleteOldSessions } from "../db/sessions.ts";
import { deleteOldSignInLinks } from "../db/sign-in-links.ts";
import { takeStock } from "../db/stock.ts";
import { findWebhooksToProbe } from "../db/webhooks.ts";
import type { Env } from "../env.ts";
import { settingsOf } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { HOUR, MINUTE, SECOND, systemClock } from "../lib/clock.ts";
import { consoleLog } from "../lib/log.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import { sweepMedia } from "../media/discard.ts";
import { deliverMessage, probeMessage, sendDeliveries, sendWebhookMessages } from "../webhooks/messages.ts";
import { DUE_GRACE } from "../webhooks/schedule.ts";
import { eraseSome } from "../workspace/erase-workspaces.ts";
import { renewMessage } from "./messages.ts";
import type { PostCalls } from "./post-calls.ts";
import { objectName } from "./post-calls.ts";
import type { QueueName } from "./queue-trouble.ts";
import { complain, failingSince, QUEUES } from "./queue-trouble.ts";
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
const MAX_DELIVERIES = 1_000;
const MAX_PROBES = 100;
const MAX_WARNINGS = 100;
/** Workspaces whose old events are deleted in one sweep. */
const MAX_WORKSPACES = 50;

/** Steps in which one sweep seals the audit log: 2,500 lines. Each asks the database four times at most. */
const MAX_SEALINGS = 5;

/** How the sweeper is, and what it knows. */
export interface SweeperStatus extends LastRun {
  /** Since when a queue takes no messages, or delivers none; null when it works. */
  queues: Record<QueueName, Millis | null>;
  /** What is firing. */
  alerts: { alert: AlertName; since: Millis }[];
}

interface LastRun {
  /** When a sweep last came through; null when none has. */
  lastRunAt: Millis | null;
  duration: Millis | null;
  /** Posts that it handed over. */
  found: number | null;
  failingSince: Millis | null;
}

const NEVER: LastRun = { lastRunAt: null, duration: null, found: null, failingSince: null };
const STATUS = "status";
/** When a sweep was first waited for. */
const BORN = "born";
/** The last post of the page before: posts that do not wake must not keep the sweeper from those behind them. */
const CURSOR = "cursor";
/** The same of deliveries. */
const DELIVERY_CURSOR = "delivery_cursor";
const FORGETTING = "forgetting";
/** The time from which the audit log is to be sealed again. */
const SEALING = "sealing";
/** The time from which deleted workspaces are looked for. */
const ERASING = "erasing";

type DueDelivery = DeliveryRef & { nextAttemptAt: Millis };

/** What one page of what is overdue has shown. */
interface Found {
  /** How many were handed over. */
  found: number;
  /** Since when the first of them is overdue. */
  since: Millis | null;
  /** Whether the first of them is the one that has been longest. */
  isFirstPage: boolean;
}

/** How far the deletion of old events has come: behind this workspace, and not before that moment. */
interface Forgetting {
  after: string | null;
  from: Millis;
}

/**
 * Finds what is due and has nobody of its own to say so: posts whose object has not renewed its time, because a message
 * was lost or something crashed, webhooks that were not sent, tokens that are to be renewed, what is to be erased, and
 * lines of the audit log that are to be sealed. It wakes every 30 seconds by its own alarm; a cron trigger and the first
 * request of each isolate see to it that the alarm is set.
 */
export class SweeperObject extends DurableObject<Env> {
  readonly #alerts = new AlertDesk(this.ctx.storage.kv, () => {
    const { alertUrl, allowPrivateTargets, publicOrigin } = settingsOf(this.env);
    const outbound = { allowPrivateTargets, publicOrigin };
    return { alertUrl, outbound, fetch: (url, init) => fetch(url, init), clock: systemClock, log: consoleLog };
  });

  /** Sees to it that the sweeper will wake, and tells when it has not for long. */
  async keepAwake(): Promise<void> {
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm < systemClock() - INTERVAL) await this.ctx.storage.setAlarm(systemClock() + INTERVAL);
    if (this.ctx.storage.kv.get(BORN) === undefined) this.ctx.storage.kv.put(BORN, systemClock());
    await this.#alert({});
  }

  /** Takes note that a queue takes no messages, or delivers none. */
  async noteQueueTrouble(queue: QueueName): Promise<void> {
    complain(this.ctx.storage.kv, queue, systemClock());
  }

  /** Has it look for deleted workspaces in a moment. */
  async beginErasing(): Promise<void> {
    this.ctx.storage.kv.delete(ERASING);
    await this.ctx.storage.setAlarm(systemClock() + SOON);
  }

  async status(): Promise<SweeperStatus> {
    const now = systemClock();
    const { kv } = this.ctx.storage;
    const queues = { publish: failingSince(kv, "publish", now), webhooks: failingSince(kv, "webhooks", now) };
    return { ...this.#lastRun(), queues, alerts: this.#alerts.firing() };
  }

  /** Never throws: an alarm that does is dropped for good after a few tries. */
  override async alarm(): Promise<void> {
    const startedAt = systemClock();
    await this.ctx.storage.setAlarm(startedAt + INTERVAL);
    try {
      const found = await this.sweep();
      consoleLog.info("a sweep came through", { found, ms: systemClock() - startedAt });
      if (found === MAX_POSTS) await this.ctx.storage.setAlarm(systemClock() + SOON);
    } catch (error) {
      consoleLog.error("a sweep failed", error);
      const last = this.#lastRun();
      this.ctx.storage.kv.put<LastRun>(STATUS, { ...last, failingSince: last.failingSince ?? startedAt });
      await this.#alert({});
    }
  }

  /** @returns how many posts were handed over */
  async sweep(): Promise<number> {
    const db = database(this.env.DB);
    const now = systemClock();
    const waiting = await findEarliestWaiting(db);
    const isDue = (kind: keyof EarliestWaiting, after: Millis = 0) =>
      (waiting[kind] ?? Number.POSITIVE_INFINITY) <= now - after;
    const posts = await this.#wakeOverdue(db, now, isDue("posts"));
    const deliveries = await this.#sendDue(db, now, isDue("deliveries"));
    if (isDue("probes")) await this.#probeDue(db, now);
    if (isDue("renewals")) await this.#renewDue(db, now);
    if (isDue("warnings")) {
      await warnOfEnds({ db, sendDeliveries: (told) => this.#sendDeliveries(told) }, now, MAX_WARNINGS);
    }
    const expired = isDue("keys") ? await deleteExpiredKeys(db, now, MAX_EXPIRED_KEYS) : 0;
    if (expired >= MAX_EXPIRED_KEYS) await this.ctx.storage.setAlarm(systemClock() + SOON);
    if (isDue("contents")) await deleteExpiredContents(db, now, MAX_EXPIRED_KEYS);
    await this.#forgetEvents(db, now);
    if (isDue("consents") || isDue("connectLinks")) await sweepConsents(db, now, MAX_CONSENTS);
    const stock = await takeStock(db, now);
    await deleteOldManualPauses(db, now);
    if (isDue("revokedKeys", REVOKED_LIFE)) await deleteRevokedKeys(db, now);
    if (isDue("sessions")) await deleteOldSessions(db, now);
    if (isDue("signInLinks")) await deleteOldSignInLinks(db, now);
    if (isDue("ceremonies")) await deleteOldCeremonies(db, now);
    if (isDue("media") || isDue("uploads")) await sweepMedia({ db, bucket: this.env.MEDIA }, now);
    await this.#sealAuditLog(db, now);
    await this.#eraseWorkspaces(db, now);
    const { found } = posts;
    const last: LastRun = { lastRunAt: now, duration: systemClock() - now, found, failingSince: null };
    this.ctx.storage.kv.put(STATUS, last);
    await this.#alert({
      ...(posts.isFirstPage && deliveries.isFirstPage && { stuck: stuck(oldest(posts.since, deliveries.since), now) }),
      dead_letter: deadLetter(stock.lastDeadLetterAt, now),
      app_quota: appQuota(stock.heldApps, now),
    });
    return found;
  }

  /** Says what is wrong, and what is known without looking. Never throws. */
  async #alert(seen: Seen): Promise<void> {
    const now = systemClock();
    const { lastRunAt } = this.#lastRun();
    const silentFrom = lastRunAt ?? this.ctx.storage.kv.get<Millis>(BORN) ?? null;
    const troubles = QUEUES.map((queue) => failingSince(this.ctx.storage.kv, queue, now));
    try {
      await this.#alerts.heed({
        ...seen,
        queue_failing: queueFailing(oldest(...troubles)),
        sweeper_silent: sweeperSilent(silentFrom, now),
      });
    } catch (error) {
      consoleLog.error("alerts were not told", error);
    }
  }

  #lastRun(): LastRun {
    return this.ctx.storage.kv.get<LastRun>(STATUS) ?? NEVER;
  }

  /** Sends messages. What a queue does not take is found by the next sweep, and nothing else of this one waits for it. */
  async #handOver(queue: QueueName, send: () => Promise<void>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      consoleLog.error("a queue took no messages", error, { queue });
      await this.noteQueueTrouble(queue);
      return false;
    }
  }

  /** Hands over one page of what is overdue, and begins anew behind the last. */
  async #wakeOverdue(db: Database, now: Millis, isDue: boolean): Promise<Found> {
    const after = this.ctx.storage.kv.get<PostToWake>(CURSOR) ?? null;
    const posts = isDue ? await findPostsToWake(db, now, after, MAX_POSTS) : [];
    const isTaken = await this.#handOver("publish", () => wakePosts(this.env.PUBLISH, posts));
    const last = posts.at(-1);
    if (posts.length === MAX_POSTS && last) this.ctx.storage.kv.put(CURSOR, last);
    else if (after) this.ctx.storage.kv.delete(CURSOR);
    return { found: isTaken ? posts.length : 0, since: posts[0]?.wakeBy ?? null, isFirstPage: after === null };
  }

  /** Sends one page of the webhooks that are due and were not sent. */
  async #sendDue(db: Database, now: Millis, isDue: boolean): Promise<Found> {
    const after = this.ctx.storage.kv.get<DueDelivery>(DELIVERY_CURSOR) ?? null;
    const due = isDue ? await findDueDeliveries(db, now - DUE_GRACE, after, MAX_DELIVERIES) : [];
    const last = due.at(-1);
    if (due.length === MAX_DELIVERIES && last) this.ctx.storage.kv.put(DELIVERY_CURSOR, last);
    else if (after) this.ctx.storage.kv.delete(DELIVERY_CURSOR);
    const messages = due.map((ref) => deliverMessage(ref));
    const isTaken = await this.#handOver("webhooks", () => sendWebhookMessages(this.env.WEBHOOKS, messages));
    return { found: isTaken ? due.length : 0, since: due[0]?.nextAttemptAt ?? null, isFirstPage: after === null };
  }

  /** Has endpoints tried that are failing. */
  async #probeDue(db: Database, now: Millis): Promise<void> {
    const failing = await findWebhooksToProbe(db, now, MAX_PROBES);
    const messages = failing.map((id) => probeMessage(id));
    await this.#handOver("webhooks", () => sendWebhookMessages(this.env.WEBHOOKS, messages));
  }

  /** Has tokens renewed. */
  async #renewDue(db: Database, now: Millis): Promise<void> {
    const grants = await findGrantsToRenew(db, now, MAX_RENEWALS);
    const messages = grants.map((grant) => ({ body: renewMessage(grant) }));
    await this.#handOver("publish", () => sendMessages(this.env.PUBLISH, messages));
  }

  /** Deletes what was told long ago and keys that nobody comes upon, in some workspaces at a time; once through all, not for an hour. */
  async #forgetEvents(db: Database, now: Millis): Promise<void> {
    const { after, from } = this.ctx.storage.kv.get<Forgetting>(FORGETTING) ?? { after: null, from: now };
    if (from > now) return;
    const next = await deleteOldEvents(db, now, after, MAX_WORKSPACES);
    await deleteLeftKeys(db, now, { after, through: next }, MAX_EXPIRED_KEYS);
    const state: Forgetting = { after: next, from: next === null ? now + HOUR : now };
    this.ctx.storage.kv.put(FORGETTING, state);
  }

  /** Seals what the audit log was told, once a minute; what one sweep does not come through with is left to the next, soon. */
  async #sealAuditLog(db: Database, now: Millis): Promise<void> {
    if ((this.ctx.storage.kv.get<Millis>(SEALING) ?? 0) > now) return;
    for (let step = 0; step < MAX_SEALINGS; step++) {
      if (await sealSome(db, now)) continue;
      this.ctx.storage.kv.put(SEALING, now + MINUTE);
      return;
    }
    await this.ctx.storage.setAlarm(systemClock() + SOON);
  }

  /** Erases some of what deleted workspaces had, and goes on soon; once there is nothing it looks again in an hour. */
  async #eraseWorkspaces(db: Database, now: Millis): Promise<void> {
    if ((this.ctx.storage.kv.get<Millis>(ERASING) ?? 0) > now) return;
    const deps = {
      db,
      forgetPost: (ref: PostRef) => (this.env.POSTS.getByName(objectName(ref)) as unknown as PostCalls).forget(),
      forgetSandbox: (workspaceId: string) => this.env.SANDBOX.getByName(workspaceId).forget(),
    };
    if (await eraseSome(deps, now)) await this.ctx.storage.setAlarm(systemClock() + SOON);
    else this.ctx.storage.kv.put(ERASING, now + HOUR);
  }

  #sendDeliveries(told: readonly DeliveryRef[]): Promise<void> {
    return sendDeliveries({ queue: this.env.WEBHOOKS, log: consoleLog }, told);
  }
}

function oldest(...times: (Millis | null)[]): Millis | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
