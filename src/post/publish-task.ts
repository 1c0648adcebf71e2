import { isDatabaseTrouble } from "../db/database.ts";
import { findManualPauses } from "../db/manual-pauses.ts";
import { loadTaskMaterial } from "../db/publishing.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Armed, Fault } from "../platforms/platform.ts";
import { MediaMissing } from "../platforms/platform.ts";
import { addPermalink, recordFault } from "./after-effects.ts";
import type { BeginAnswer } from "./machine.ts";
import type { PublishDeps, Work, WorkDeps } from "./prepare-task.ts";
import { prepareTask } from "./prepare-task.ts";
import type { Report } from "./report.ts";
import { holdsCommit, sendCommit } from "./send-commit.ts";
import type { Tally } from "./tally.ts";
import { newTally } from "./tally.ts";
import { callTo, tell } from "./tell.ts";
import type { MadeCall } from "./timeline.ts";
import { CALLS_PER_MESSAGE, CONSUMER_BUDGET, LEASE, LEASE_MARGIN, RECONNECT_READ_WAIT } from "./timing.ts";
import type { Holder, TaskMessage } from "./transition.ts";

/*
 * What a consumer does with one message: take the task, take its next steps, say what became of them. All waiting is
 * the object's. The one step that anybody sees is in `send-commit.ts`.
 */

/**
 * @param begun what the post's object answered to the message
 * @returns what was done, also where nothing was to be
 */
export async function publishTask(
  services: PublishDeps,
  ref: PostRef,
  message: TaskMessage,
  begun: BeginAnswer,
): Promise<Tally> {
  if (begun.is === "skip") return newTally(begun.because);
  const tally = newTally("stopped");
  await workOn(services, ref, message, begun, tally);
  return tally;
}

async function workOn(
  services: PublishDeps,
  ref: PostRef,
  message: TaskMessage,
  begun: Extract<BeginAnswer, { is: "begin" }>,
  tally: Tally,
): Promise<void> {
  const deps = onClock(services, begun.clockOffset ?? 0);
  const holder: Holder = { ...message, lease: begun.lease };
  const calls: MadeCall[] = [];
  const report = (made: Report) => {
    tally.outcome = made.is;
    return deps.posts(ref).report(holder, made, calls.splice(0));
  };
  try {
    const { contentId = null } = begun;
    const loadedAt = services.clock();
    const material = await loadTaskMaterial(deps.db, ref, message.accountId, contentId, loadedAt);
    if (material && !begun.armed && material.manualPauses.length > 0) {
      const heeded = await deps.posts(ref).heedPauses(holder, material.manualPauses);
      if (heeded.is === "stop") return;
    }
    const { version, parentId, armed } = begun;
    const assignment = { version, parentId, isArmed: armed !== null, loadedAt, calls, tally };
    const prepared = await prepareTask(deps, ref, holder, assignment, material);
    if (prepared.is === "impossible") {
      await report(prepared);
    } else if (prepared.is === "fault") {
      const { fault } = prepared;
      const until = fault.until ?? deps.clock() + RECONNECT_READ_WAIT;
      if (begun.armed) await report({ is: "ask_later", progress: begun.progress, until, fault });
      else await report({ is: "fault", progress: begun.progress, fault });
    } else if (begun.armed) {
      await settle(prepared.work, begun.progress, begun.armed, begun.isNewRound ?? false);
    } else {
      const { work } = prepared;
      const leaseUntil = begun.until ?? deps.clock() + LEASE;
      await takeSteps(work, begun.progress ?? work.publication.begin(work.io.draft), leaseUntil);
    }
  } catch (error) {
    // No commit is in flight: `sendCommit` lets nothing escape.
    deps.log.error("a task was cut short", error, { post_id: ref.postId, account_id: message.accountId });
    await report(reportOf(error, begun.progress, begun.armed !== null, deps.clock()));
  }
}

/** What our own trouble does to a task. The database may be away for long; a fault of ours has its bounds. */
function reportOf(error: unknown, progress: Json | null, isArmed: boolean, now: Millis): Report {
  if (error instanceof MediaMissing && !isArmed) {
    return { is: "impossible", code: "media_missing", message: "Media of the post was deleted." };
  }
  if (isDatabaseTrouble(error)) return { is: "postponed" };
  const fault: Fault = { kind: "retry", scope: "post", code: "internal", message: "Something went wrong on our side." };
  if (!isArmed) return { is: "fault", progress, fault };
  return { is: "ask_later", progress, until: now + RECONNECT_READ_WAIT, fault };
}

/** Has a message handled on its post's clock: everything that happens to the task happens by it. */
function onClock(deps: PublishDeps, offset: Millis): WorkDeps {
  return {
    ...deps,
    realClock: deps.clock,
    clock: () => deps.clock() + offset,
    transport: (ref) => deps.transport(ref, offset),
  };
}

/** Takes invisible steps until one must wait, the message's share is used up, or the commit is next. */
async function takeSteps(work: Work, start: Json, leaseUntil: Millis): Promise<void> {
  const { deps, publication, io } = work;
  const yieldAt = deps.clock() + CONSUMER_BUDGET;
  let progress = start;
  for (let calls = 0; ; calls++) {
    const now = deps.clock();
    const step = publication.next(progress, io.draft, now);
    const until = Math.max(step.notBefore ?? now, now);
    if (until > now || calls >= CALLS_PER_MESSAGE || now >= yieldAt) {
      await tell(work, { is: "wait", progress, until });
      return;
    }
    if (step.effect === "visible") {
      if (await mayGoOn(work)) await sendCommit(work, step, progress);
      return;
    }
    // A step may take longer than what is left of the lease: it is taken by whoever has it for long enough.
    if (step.longest !== undefined && now + step.longest > leaseUntil) {
      await tell(work, { is: "wait", progress, until, leaseFor: step.longest + LEASE_MARGIN });
      return;
    }
    const outcome = await callTo(work, "step", step.name, () => publication.run(step, progress, io));
    switch (outcome.is) {
      case "done":
        progress = outcome.state;
        continue;
      case "wait":
        await tell(work, { is: "wait", progress: outcome.state, until: outcome.until });
        return;
      case "live":
        await tell(work, { is: "live", attempt: null, post: outcome.post });
        await addPermalink(work, outcome.post);
        return;
      case "refused":
        await tell(work, { is: "fault", progress: outcome.state, fault: outcome.fault });
        await recordFault(work, outcome.fault);
        return;
      case "unknown":
        // Of an invisible step it does not matter whether it happened.
        await tell(work, { is: "fault", progress, fault: outcome.fault });
        await recordFault(work, outcome.fault);
        return;
      case "accepted":
        throw new Error(`the invisible step ${step.name} answered "accepted"`);
    }
  }
}

/** What people have paused is known as it was a moment ago; before a commit that moment is short. */
const PAUSES_KNOWN_FOR: Millis = 2 * SECOND;

/** Whether nobody has paused the task's account since its material was loaded. */
async function mayGoOn({ deps, ref, holder, loadedAt }: Work): Promise<boolean> {
  // A pause holds by the real clock, also for posts that live by another.
  const now = deps.realClock();
  if (now - loadedAt < PAUSES_KNOWN_FOR) return true;
  const pauses = await findManualPauses(deps.db, ref, holder.accountId, now);
  if (pauses.length === 0) return true;
  return (await deps.posts(ref).heedPauses(holder, pauses)).is === "go_on";
}

/** Reads what became of an armed commit. */
async function settle(work: Work, progress: Json, armed: Armed, isNewRound: boolean): Promise<void> {
  const { deps, publication, io } = work;
  // The lock of a commit of the round before was given back.
  if (isNewRound && !(await holdsCommit(work, publication.next(progress, io.draft, deps.clock())))) {
    await tell(work, { is: "postponed" });
    return;
  }
  const verdict = await callTo(work, "settling", "read", () => publication.settle(progress, armed, io));
  switch (verdict.is) {
    case "did":
      await tell(work, { is: "did", post: verdict.post });
      await addPermalink(work, verdict.post);
      return;
    case "didNot":
      await tell(work, { is: "did_not", progress: verdict.state, fault: verdict.fault ?? null });
      return;
    case "askLater": {
      const { state, until, fault = null, saw = null } = verdict;
      await tell(work, { is: "ask_later", progress: state, until, fault, saw });
      if (fault) await recordFault(work, fault);
      return;
    }
  }
}
