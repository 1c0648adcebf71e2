import type { Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { TaskErrorCode } from "../lib/vocabulary.ts";
import type { Fault, PublicPost } from "../platforms/platform.ts";
import { conclude, concludePublished, concludeUnconfirmed, errorOf } from "./conclude.ts";
import type { ArmedCommit, PostDocument, TaskDocument } from "./document.ts";
import { isOpen } from "./status.ts";
import { fail, showFault, takeFault } from "./take-fault.ts";
import type { MadeCall } from "./timeline.ts";
import { noteCall } from "./timeline.ts";
import type { SettleTiming } from "./timing.ts";
import { NOT_SENT_WAIT, postponement, SETTLE_SLOWDOWN, SHOWN_WAIT } from "./timing.ts";
import type { Holder } from "./transition.ts";
import { changed, doubt, findTask, goOn, heldTask, markChanged } from "./transition.ts";

/*
 * What a consumer reports of its work, and what becomes of the task. Pure, as `machine.ts`.
 *
 * Three kinds of report, told apart by who may make them: about steps that nobody sees (the holder of the lease), about
 * a commit (whoever armed it, however late: it alone knows), about the settling of a commit (the holder of the lease).
 */

export type Report =
  /** The task goes on at `until`, by a consumer that needs it for `leaseFor`. */
  | { is: "wait"; progress: Json | null; until: Millis; leaseFor?: Millis }
  /** An invisible step met a fault. */
  | { is: "fault"; progress: Json | null; fault: Fault }
  /** Trouble of our own, or an equal post in flight: no try is counted. */
  | { is: "postponed" }
  /** The task cannot be published any more. */
  | { is: "impossible"; code: TaskErrorCode; message: string }
  /** The post is public. `attempt` is null when an invisible step found it so. */
  | { is: "live"; attempt: number | null; post: PublicPost | null }
  /** The commit was certainly refused. */
  | { is: "refused"; attempt: number; progress: Json; fault: Fault }
  /** The commit may have happened. */
  | { is: "unknown"; attempt: number; fault: Fault }
  /** The platform has taken the commit on: what becomes of it is found out by reading. */
  | { is: "accepted"; attempt: number; progress: Json }
  /** The commit was not sent. `attempt` is null when the holder does not know whether it was armed. */
  | { is: "not_sent"; attempt: number | null }
  /** Reading found the post. */
  | { is: "did"; post: PublicPost | null }
  /** Reading found, for certain, nothing. */
  | { is: "did_not"; progress: Json; fault: Fault | null }
  /** Reading could not tell yet. */
  | { is: "ask_later"; progress: Json; until: Millis; fault: Fault | null; saw?: "nothing" | PublicPost[] | null };

/** Whether the report was taken. A report that came too late is not, and its maker has nothing more to do. */
export type ReportAnswer = { is: "taken" } | { is: "stale" };

/** A commit is sent a second time in a round, after reading has shown that the first did not happen; never a third. */
const MAX_DOUBTS = 2;
/** Public posts that a person is shown to look through; an account may list hundreds that could be it. */
const MAX_CANDIDATES = 10;

/** @param calls what the consumer asked of the platform meanwhile; told also of a report that comes too late */
export function report(
  document: PostDocument,
  holder: Holder,
  made: Report,
  now: Millis,
  timing: SettleTiming,
  calls: readonly MadeCall[] = [],
): { document: PostDocument; answer: ReportAnswer } {
  return changed<ReportAnswer>(document, (copy) => {
    const task = findTask(copy, holder);
    if (!task) return { is: "stale" };
    for (const call of calls) noteCall(copy, task, call);
    switch (made.is) {
      case "live":
        return takeLive(copy, task, holder, made, now);
      case "refused":
      case "unknown":
      case "accepted":
      case "not_sent":
        if (!isOpen(task.status) || !isAbout(copy, task, holder, made.attempt)) return { is: "stale" };
        takeCommitReport(copy, task, made, now);
        return { is: "taken" };
      case "did":
        // Whoever found the post has claimed it: true however late, also when another reads already.
        if (!isOpen(task.status) || !task.armed) return { is: "stale" };
        concludePublished(copy, task, made.post, { publishedAt: task.armed.at, now });
        return { is: "taken" };
      case "did_not":
      case "ask_later":
        if (heldTask(copy, holder) !== task || !task.armed) return { is: "stale" };
        takeSettling(copy, task, task.armed, made, now, timing);
        return { is: "taken" };
      default:
        if (heldTask(copy, holder) !== task) return { is: "stale" };
        return takeStepReport(copy, task, made, now, timing);
    }
  });
}

/** Whether a report on a commit is about the one that is armed. */
function isAbout(document: PostDocument, task: TaskDocument, holder: Holder, attempt: number | null): boolean {
  return attempt === null ? heldTask(document, holder) === task : task.armed?.attempt === attempt;
}

function takeLive(
  document: PostDocument,
  task: TaskDocument,
  holder: Holder,
  made: Extract<Report, { is: "live" }>,
  now: Millis,
): ReportAnswer {
  if (task.status === "published" && made.attempt !== null && task.platformPostId === null && made.post) {
    // Settling was faster and found no id; whoever sent the commit knows it.
    task.platformPostId = made.post.id;
    task.permalink ??= made.post.permalink;
    markChanged(document, now);
    return { is: "taken" };
  }
  // Who sent a commit and saw it succeed is believed however late, also over a later commit.
  const isSender = made.attempt !== null && made.attempt <= task.attempts;
  if (!isOpen(task.status) || !(isSender || heldTask(document, holder) === task)) return { is: "stale" };
  concludePublished(document, task, made.post, { publishedAt: now, now });
  return { is: "taken" };
}

function takeStepReport(
  document: PostDocument,
  task: TaskDocument,
  made: Extract<Report, { is: "wait" | "fault" | "postponed" | "impossible" }>,
  now: Millis,
  timing: SettleTiming,
): ReportAnswer {
  if (made.is === "postponed") {
    if (task.armed && !task.armed.denied && now - task.armed.settledSince >= timing.settleFor) {
      concludeUnconfirmed(document, task, now);
      return { is: "taken" };
    }
    task.postponements += 1;
    waitUntil(document, task, now + postponement(task.postponements), now);
  } else if (made.is === "impossible") {
    // A commit that is armed cannot be argued away: without its account it stays in doubt for good.
    if (task.armed && !task.armed.denied) concludeUnconfirmed(document, task, now);
    else conclude(document, task, { status: "failed", error: errorOf(made.code, made.message, false) }, now);
  } else if (task.armed) {
    return { is: "stale" };
  } else if (made.is === "fault") {
    takeFault(document, task, made.progress, made.fault, now);
  } else {
    makeProgress(document, task, made.progress, now);
    waitUntil(document, task, made.until, now);
    task.leaseFor = made.leaseFor ?? null;
  }
  return { is: "taken" };
}

function takeCommitReport(
  document: PostDocument,
  task: TaskDocument,
  made: Extract<Report, { is: "refused" | "unknown" | "accepted" | "not_sent" }>,
  now: Millis,
): void {
  // After an earlier commit in doubt no refusal proves anything: that one may have gone through.
  const hasEarlierDoubts = task.doubts > (task.armed?.inDoubt ? 1 : 0);
  if (made.is === "unknown" || (made.is === "refused" && hasEarlierDoubts)) {
    showFault(document, task, made.fault, now);
    remainInDoubt(task, made.fault, now);
  } else if (made.is === "accepted") {
    task.progress = made.progress;
    remainInDoubt(task, null, now);
  } else if (made.is === "refused") {
    disarm(task);
    takeFault(document, task, made.progress, made.fault, now);
  } else {
    disarm(task);
    goOn(task, now + NOT_SENT_WAIT);
  }
}

/** Has the task go on later, and shows when, if that is worth showing. */
function waitUntil(document: PostDocument, task: TaskDocument, until: Millis, now: Millis): void {
  goOn(task, until);
  if (until - now >= SHOWN_WAIT) markChanged(document, now);
}

/** Settles at once: reading believes what it finds, and only absence takes time. */
function remainInDoubt(task: TaskDocument, fault: Fault | null, now: Millis): void {
  if (task.armed) task.armed.fault = fault;
  doubt(task);
  goOn(task, now);
}

function disarm(task: TaskDocument): void {
  const wasInDoubt = task.armed?.inDoubt ?? false;
  task.armed = null;
  task.givesLockBack = true;
  // Settling was begun before the report came: the report is better.
  if (wasInDoubt) task.doubts -= 1;
  if (task.doubts === 0) task.firstArmedAt = null;
}

function takeSettling(
  document: PostDocument,
  task: TaskDocument,
  armed: ArmedCommit,
  made: Extract<Report, { is: "did_not" | "ask_later" }>,
  now: Millis,
  timing: SettleTiming,
): void {
  const span = now - armed.at;
  const settledFor = now - armed.settledSince;
  if (made.is === "ask_later") task.candidates = Array.isArray(made.saw) ? made.saw.slice(0, MAX_CANDIDATES) : [];
  if (armed.denied && isDenialBelieved(armed.denied, made, settledFor, timing)) {
    task.armed = null;
    task.givesLockBack = true;
    task.doubts = 0;
    task.firstArmedAt = null;
    task.progress = null;
    goOn(task, now);
    return;
  }
  if (made.is === "did_not" && span >= timing.believeDidNotFrom) {
    task.progress = made.progress;
    if (made.fault) armed.fault = made.fault;
    takeDidNot(document, task, armed, now);
  } else if (settledFor >= timing.settleFor) {
    concludeUnconfirmed(document, task, now);
  } else if (made.is === "did_not") {
    // Read again when it may be believed, from the state that still has the commit's handle.
    waitUntil(document, task, armed.at + timing.believeDidNotFrom, now);
  } else {
    task.progress = made.progress;
    if (made.fault) showFault(document, task, made.fault, now);
    const next = Math.max(made.until, now + Math.ceil(settledFor * SETTLE_SLOWDOWN));
    const bound = armed.settledSince + timing.settleFor;
    const believed = armed.settledSince + timing.settleDenied;
    const end = armed.denied === "person" && now < believed ? believed : bound;
    waitUntil(document, task, Math.min(next, end), now);
  }
}

/**
 * Whether a new round may publish, having read once more what became of the last commit of the one before: that it did
 * not happen was known, and reading shows nothing of it. After a while a person's word stands against posts that could be
 * it, for they have looked, and against a platform that cannot be read; nothing stands against one that has the commit in
 * hand.
 */
function isDenialBelieved(
  denied: NonNullable<ArmedCommit["denied"]>,
  made: Extract<Report, { is: "did_not" | "ask_later" }>,
  settledFor: Millis,
  timing: SettleTiming,
): boolean {
  if (made.is === "did_not") return true;
  if (denied === "proven") return made.saw === "nothing";
  const isInHand = !made.saw && made.fault === null;
  return !isInHand && settledFor >= timing.settleDenied;
}

/** It is certain now that the commit did not happen. What the platform had answered is believed after all. */
function takeDidNot(document: PostDocument, task: TaskDocument, { fault }: ArmedCommit, now: Millis): void {
  if (fault?.hintsPublic) {
    concludeUnconfirmed(document, task, now);
    return;
  }
  const isRefused = fault !== null && fault.kind !== "retry";
  if (task.doubts >= MAX_DOUBTS) {
    // There is no third commit. Where the platform gave a reason, and reading agrees, that is how it ends.
    if (isRefused) fail(document, task, fault, now);
    else concludeUnconfirmed(document, task, now);
    return;
  }
  task.armed = null;
  task.givesLockBack = true;
  if (isRefused) takeFault(document, task, task.progress, fault, now);
  else goOn(task, now);
}

/**
 * Stores a new state of the publication after a step that worked. It forgives the faults before it, until a commit has
 * been tried: from then on the way to the next commit is a repetition and not a step forward. Quotas are never forgiven.
 */
function makeProgress(document: PostDocument, task: TaskDocument, progress: Json | null, now: Millis): void {
  if (JSON.stringify(progress) === JSON.stringify(task.progress)) return;
  task.progress = progress;
  task.postponements = 0;
  task.reconnectSince = null;
  task.reconnectChecks = 0;
  if (task.attempts === 0) {
    task.faults = 0;
    task.faultsSince = null;
  }
  if (task.error !== null) markChanged(document, now);
  task.error = null;
}
