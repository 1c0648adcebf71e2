import type { AuditLine } from "../db/audit-log.ts";
import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { Armed } from "../platforms/platform.ts";
import { nextDue } from "./alarm.ts";
import { expire, isPending } from "./approval.ts";
import { announce, concludeMissed } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { planForgetting } from "./forget.ts";
import { stateOf } from "./show-tasks.ts";
import { derivePostStatus, isOpen } from "./status.ts";
import type { MadeCall } from "./timeline.ts";
import { noteCall, noteTask } from "./timeline.ts";
import type { SettleTiming } from "./timing.ts";
import {
  LEASE,
  PROJECTION_RETRY,
  postponement,
  SETTLE_LEASE,
  WAKE_GRACE,
  WAKE_RENEWAL,
  WAKE_SLACK,
  watchdog,
} from "./timing.ts";
import type { Holder, TaskMessage } from "./transition.ts";
import { changed, doubt, findTask, goOn, heldTask, markChanged } from "./transition.ts";

/*
 * The life of a post as a pure machine: each function takes the document and what happened, and returns the document
 * that is to be stored with what is to be answered or sent. No I/O, no clock, no randomness. What a consumer reports
 * of its work is in `report.ts`, what people ask for in `commands.ts`, what a pause does in `heed-pauses.ts`.
 *
 * The rule that everything here serves: a commit that is armed may have happened. It is never armed again before
 * somebody has said that it was not sent, that it was refused, or that reading found nothing of it.
 */

/**
 * Does what is due: sends the messages of tasks whose time has come and those that seem lost, announces what waited for
 * its permalink long enough. Waking early or twice is harmless.
 *
 * @returns the messages to send once the document is stored
 */
export function wake(document: PostDocument, now: Millis): { document: PostDocument; answer: TaskMessage[] } {
  if (!isDue(document, now)) return { document, answer: [] };
  return changed(document, (copy) => {
    const messages: TaskMessage[] = [];
    expire(copy, now);
    for (const task of publicationsOf(copy)) {
      if (task.announceBy !== null && task.announceBy <= now) announce(copy, task, now);
      if (isMissed(task, now)) concludeMissed(copy, task, now);
      if (task.dueAt === null || task.dueAt > now || isPending(copy)) continue;
      task.lease = null;
      task.sends += 1;
      task.dueAt = now + watchdog(task.sends);
      messages.push({ accountId: task.accountId, part: task.part, epoch: task.epoch });
    }
    // What the database was to be told is told now; should that hang, not before a while again.
    if (copy.projectAt !== null && copy.projectAt <= now) copy.projectAt = now + PROJECTION_RETRY;
    // The sweeper found the post: it is alive, and says until when.
    if (copy.wakeBy !== null && copy.wakeBy <= now + copy.clockLag) markChanged(copy, now);
    return messages;
  });
}

/** Whether there is anything to do: all transitions are followed by a look, and most find nothing. */
function isDue(document: PostDocument, now: Millis): boolean {
  const due = nextDue(document);
  const isFound = document.wakeBy !== null && document.wakeBy <= now + document.clockLag;
  return isFound || (due !== null && due <= now);
}

/**
 * Sends again ever more rarely what the queue did not take: it may be out of its quota for hours, and each try is paid for.
 * What has arrived in spite of that is left alone.
 */
export function unsent(
  document: PostDocument,
  messages: readonly TaskMessage[],
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    for (const message of messages) {
      const task = findTask(copy, message);
      const isWaiting = task?.epoch === message.epoch && task.sends > 0 && task.lease === null && task.dueAt !== null;
      if (isWaiting) task.dueAt = Math.max(task.dueAt ?? 0, now + postponement(task.sends));
    }
    return null;
  });
}

/** Tells the database anew of a post that is over, for it was found waiting: so it says of a database that was restored. */
export function retellEnd(document: PostDocument, now: Millis): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    if (nextDue(copy) === null && copy.wakeBy !== null) markChanged(copy, now);
    return null;
  });
}

/** What a consumer is told that has a message for a task. */
export type BeginAnswer =
  | { is: "skip"; because: "unknown_task" | "final" | "stale" | "early" | "leased" | "awaiting_approval" }
  | {
      is: "begin";
      lease: number;
      /** When the lease ends; absent from a release that did not say so. */
      until?: Millis;
      version: number;
      /** What is published, or was sent by the commit that is to be settled; null: what the post was accepted with. */
      contentId: string | null;
      /** Of a comment: the public post it belongs to. */
      parentId: string | null;
      /** How far the clock that the post lives by is ahead of the real one; absent from a release that had none. */
      clockOffset?: Millis;
      progress: Json | null;
      /** Null: go on publishing. Otherwise a commit is armed and may only be settled. */
      armed: Armed | null;
      /** The commit is of a round before, and another task may hold its lock. */
      isNewRound?: boolean;
    };

/** Gives a consumer the task for itself for a while, unless its message is late, doubled or early. */
export function begin(
  document: PostDocument,
  message: TaskMessage,
  now: Millis,
): { document: PostDocument; answer: BeginAnswer } {
  return changed<BeginAnswer>(document, (copy) => {
    const task = findTask(copy, message);
    if (!task) return { is: "skip", because: "unknown_task" };
    if (!isOpen(task.status)) return { is: "skip", because: "final" };
    if (task.epoch !== message.epoch) return { is: "skip", because: "stale" };
    if (isPending(copy)) return { is: "skip", because: "awaiting_approval" };
    if (now < copy.scheduledAt) return { is: "skip", because: "early" };
    if (task.lease && task.lease.until > now) return { is: "skip", because: "leased" };
    if (task.settleFirst) settleFirst(task, task.settleFirst, now);
    task.leases += 1;
    const span = task.armed ? SETTLE_LEASE : Math.max(LEASE, task.leaseFor ?? 0);
    task.lease = { id: task.leases, until: now + span };
    task.leaseFor = null;
    task.dueAt = task.lease.until;
    task.sends = 0;
    if (task.status === "queued") {
      task.status = "publishing";
      noteTask(copy, task, { at: now, type: "began" });
      markChanged(copy, now);
    }
    // Whoever armed it has not reported: from here on its outcome is found out by reading.
    if (task.armed) doubt(task);
    return {
      is: "begin",
      lease: task.lease.id,
      until: task.lease.until,
      version: copy.version,
      contentId: task.armed ? task.armed.contentId : copy.contentId,
      parentId: task.parentId,
      clockOffset: copy.clockOffset,
      progress: task.progress,
      armed: task.armed && { first: task.firstArmedAt ?? task.armed.at, last: task.armed.at },
      isNewRound: task.armed?.denied != null,
    };
  });
}

/** The round begins with the last commit of the one before: only reading tells whether it happened. */
function settleFirst(task: TaskDocument, denied: NonNullable<TaskDocument["settleFirst"]>, now: Millis): void {
  task.settleFirst = null;
  if (!task.lastCommit) return;
  const { attempt, at, first, contentId, progress } = task.lastCommit;
  task.armed = { attempt, at, contentId, settledSince: now, inDoubt: true, fault: null, denied };
  task.givesLockBack = false;
  task.firstArmedAt = first;
  task.doubts = 1;
  task.progress = progress;
}

/** The permission to send one commit, once, before `until`. */
export type ArmAnswer = { is: "permit"; attempt: number; until: Millis } | { is: "refused" };

/**
 * Writes down that the commit is about to be sent. From now on the task may be public.
 *
 * @param version the version of the content that would be sent
 * @param progress the state the commit starts from: it holds the handle by which the commit is settled
 * @param calls what the consumer asked of the platform before
 */
export function arm(
  document: PostDocument,
  holder: Holder,
  commit: { version: number; progress: Json },
  now: Millis,
  timing: SettleTiming,
  calls: readonly MadeCall[] = [],
): { document: PostDocument; answer: ArmAnswer } {
  return changed<ArmAnswer>(document, (copy) => {
    const task = heldTask(copy, holder);
    if (task) for (const call of calls) noteCall(copy, task, call);
    if (!task || task.armed || commit.version !== copy.version || now < copy.scheduledAt) return { is: "refused" };
    if (isMissed(task, now)) return { is: "refused" };
    task.attempts += 1;
    task.progress = commit.progress;
    const { attempts: attempt } = task;
    const { contentId } = copy;
    task.armed = { attempt, at: now, inDoubt: false, fault: null, contentId, settledSince: now, denied: null };
    task.firstArmedAt ??= now;
    task.lastCommit = { attempt, at: now, first: task.firstArmedAt, contentId, progress: commit.progress };
    task.isVouchedAbsent = false;
    task.givesLockBack = false;
    noteTask(copy, task, { at: now, type: "armed", attempt });
    task.dueAt = now + timing.silence;
    task.lease = { id: holder.lease, until: task.dueAt };
    const until = Math.min(now + timing.permit, task.publishBefore ?? Number.POSITIVE_INFINITY);
    return { is: "permit", attempt, until };
  });
}

/**
 * Lets go on at once what waits for its account to be connected again, or for a pause to be lifted: to publish, or to
 * read what became of a commit. What the platform says of the new grant is counted from the beginning.
 */
export function resume(
  document: PostDocument,
  accountId: string,
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    for (const task of publicationsOf(copy)) {
      if (task.accountId !== accountId || !isOpen(task.status)) continue;
      if (task.error?.code === "account_needs_reconnect" || task.pausedBy.length > 0) resumeTask(copy, task, now);
    }
    return null;
  });
}

function resumeTask(document: PostDocument, task: TaskDocument, now: Millis): void {
  task.reconnectSince = null;
  task.reconnectChecks = 0;
  // A consumer that has the task may have the old grant: it comes back within a minute.
  if (task.lease && task.lease.until > now) return;
  if (task.dueAt !== null && task.dueAt > now) goOn(task, now);
  markChanged(document, now);
}

/** Adds the address of a public post and announces it. */
export function attachPermalink(
  document: PostDocument,
  accountId: string,
  permalink: string | null,
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    const task = findTask(copy, { accountId, part: "post" });
    if (task?.status !== "published") return null;
    const isNews = task.permalink === null && permalink !== null;
    task.permalink ??= permalink;
    if (task.announceBy !== null) announce(copy, task, now);
    // Too late for the event; answers show it.
    else if (isNews) markChanged(copy, now);
    return null;
  });
}

/** Takes note that the database holds a projection. */
export function acknowledge(
  document: PostDocument,
  projected: { seq: number; wakeBy: Millis | null | undefined; eventIds: string[]; audit: AuditLine[] },
  now: Millis,
): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    copy.projectedSeq = Math.max(copy.projectedSeq, projected.seq);
    if (projected.wakeBy !== undefined) copy.wakeBy = projected.wakeBy;
    copy.events = copy.events.filter((event) => !projected.eventIds.includes(event.id));
    copy.audit = copy.audit.filter(({ id }) => !projected.audit.some((line) => line.id === id));
    if (copy.seq === copy.projectedSeq) for (const task of copy.tasks) task.givesLockBack = false;
    if (copy.seq === copy.projectedSeq) copy.projectAt = null;
    planForgetting(copy, now - copy.clockOffset);
    return null;
  });
}

/** Takes note that the database did not take a projection. */
export function postponeProjection(document: PostDocument, now: Millis): { document: PostDocument; answer: null } {
  return changed(document, (copy) => {
    copy.projectAt = now + PROJECTION_RETRY;
    return null;
  });
}

/** Whether a task's time to be published has passed, and nothing of it has been sent that may be public. */
function isMissed({ status, armed, publishBefore }: TaskDocument, now: Millis): boolean {
  return isOpen(status) && armed === null && publishBefore !== null && publishBefore <= now;
}

/**
 * What `posts.wake_by` is to become, on the workspace's clock: null when no task is open, later when the present one is near or past, undefined
 * when it may stay.
 */
export function nextWakeBy(document: PostDocument, now: Millis): Millis | null | undefined {
  const alarm = nextDue({ ...document, projectAt: null });
  // Said anew each time: an earlier projection may have set it, and its answer was lost. Null over null writes nothing.
  if (alarm === null) return null;
  const wanted = Math.max(alarm, now) + document.clockLag + WAKE_GRACE;
  const { wakeBy } = document;
  const isSoonEnough = wakeBy !== null && wakeBy <= wanted + WAKE_SLACK;
  if (isSoonEnough && wakeBy > now + document.clockLag + WAKE_RENEWAL) return undefined;
  return wanted;
}

/** The post's status as answers show it. */
export function statusOf(document: PostDocument) {
  return derivePostStatus(stateOf(document).tasks.map((task) => task.status));
}
