import { setAccountHealth } from "../db/accounts.ts";
import type { ExternalAccount } from "../db/commits.ts";
import { takeCommitLock } from "../db/commits.ts";
import { isDatabaseTrouble } from "../db/database.ts";
import { loadTaskMaterial } from "../db/publishing.ts";
import type { Millis } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Armed, Fault, PublicPost, Step } from "../platforms/platform.ts";
import { MediaMissing } from "../platforms/platform.ts";
import type { ArmAnswer } from "./machine.ts";
import { pauseFor } from "./pauses.ts";
import type { PublishDeps, Work } from "./prepare-task.ts";
import { prepareTask } from "./prepare-task.ts";
import type { Report } from "./report.ts";
import { CALLS_PER_MESSAGE, CONSUMER_BUDGET, LEASE, LEASE_MARGIN, RECONNECT_READ_WAIT } from "./timing.ts";
import type { Holder, TaskMessage } from "./transition.ts";

/*
 * What a consumer does with one message: take the task, take its next steps, say what became of them. All waiting is
 * the object's. The order around a commit is the protocol that keeps a post from going out twice:
 *
 *   lock (where the commit leaves no handle) → arm → send once, within the permit → report
 *
 * Wherever this is cut off, the object knows whether a commit was armed, and then lets nobody do more than read.
 */

export async function publishTask(services: PublishDeps, ref: PostRef, message: TaskMessage): Promise<void> {
  const begun = await services.posts(ref).begin(message);
  if (begun.is === "skip") return;
  const deps = onClock(services, begun.clockOffset ?? 0);
  const holder: Holder = { ...message, lease: begun.lease };
  const report = (made: Report) => deps.posts(ref).report(holder, made);
  try {
    const material = await loadTaskMaterial(deps.db, ref, message.accountId, begun.version);
    const assignment = { version: begun.version, parentId: begun.parentId, isArmed: begun.armed !== null };
    const prepared = await prepareTask(deps, ref, holder, assignment, material);
    if (prepared.is === "impossible") {
      await report(prepared);
    } else if (prepared.is === "fault") {
      const { fault } = prepared;
      const until = fault.until ?? deps.clock() + RECONNECT_READ_WAIT;
      if (begun.armed) await report({ is: "ask_later", progress: begun.progress, until, fault });
      else await report({ is: "fault", progress: begun.progress, fault });
    } else if (begun.armed) {
      await settle(prepared.work, begun.progress, begun.armed);
    } else {
      const { work } = prepared;
      const leaseUntil = begun.until ?? deps.clock() + LEASE;
      await takeSteps(work, begun.progress ?? work.publication.begin(work.io.draft), leaseUntil);
    }
  } catch (error) {
    // No commit is in flight: `commit` lets nothing escape.
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
function onClock(deps: PublishDeps, offset: Millis): PublishDeps {
  return { ...deps, clock: () => deps.clock() + offset, transport: (ref) => deps.transport(ref, offset) };
}

/** Takes invisible steps until one must wait, the message's share is used up, or the commit is next. */
async function takeSteps(work: Work, start: Json, leaseUntil: Millis): Promise<void> {
  const { deps, publication, io } = work;
  const report = (made: Report) => deps.posts(work.ref).report(work.holder, made);
  const yieldAt = deps.clock() + CONSUMER_BUDGET;
  let progress = start;
  for (let calls = 0; ; calls++) {
    const now = deps.clock();
    const step = publication.next(progress, io.draft, now);
    const until = Math.max(step.notBefore ?? now, now);
    if (until > now || calls >= CALLS_PER_MESSAGE || now >= yieldAt) {
      await report({ is: "wait", progress, until });
      return;
    }
    if (step.effect === "visible") {
      await commit(work, step, progress);
      return;
    }
    // A step may take longer than what is left of the lease: it is taken by whoever has it for long enough.
    if (step.longest !== undefined && now + step.longest > leaseUntil) {
      await report({ is: "wait", progress, until, leaseFor: step.longest + LEASE_MARGIN });
      return;
    }
    const outcome = await publication.run(step, progress, io);
    switch (outcome.is) {
      case "done":
        progress = outcome.state;
        continue;
      case "wait":
        await report({ is: "wait", progress: outcome.state, until: outcome.until });
        return;
      case "live":
        await report({ is: "live", attempt: null, post: outcome.post });
        await addPermalink(work, outcome.post);
        return;
      case "refused":
        await report({ is: "fault", progress: outcome.state, fault: outcome.fault });
        await recordFault(work, outcome.fault);
        return;
      case "unknown":
        // Of an invisible step it does not matter whether it happened.
        await report({ is: "fault", progress, fault: outcome.fault });
        await recordFault(work, outcome.fault);
        return;
      case "accepted":
        throw new Error(`the invisible step ${step.name} answered "accepted"`);
    }
  }
}

/** The one visible call. From the permit on nothing may escape: whatever goes wrong, the object must hear of it. */
async function commit(work: Work, step: Step, progress: Json): Promise<void> {
  const { deps, ref, holder, publication, io } = work;
  if (step.fingerprint !== undefined) {
    const fingerprint = await sha256Hex(step.fingerprint);
    const { workspaceId, postId } = ref;
    const task = { workspaceId, postId, accountId: work.account.id };
    const { mode, platform, externalId } = work.account;
    const account: ExternalAccount = { mode, platform, externalId };
    if (!(await takeCommitLock(deps.db, account, fingerprint, task))) {
      await deps.posts(ref).report(holder, { is: "postponed" });
      return;
    }
  }
  const askedAt = deps.clock();
  const permit = await arm(work, progress);
  if (permit.is === "refused") return;
  const { attempt } = permit;
  // By our own clock too: the object's may be ahead, and would lengthen the permit.
  if (deps.clock() >= Math.min(permit.until, askedAt + deps.timing.permit)) {
    await insist(work, { is: "not_sent", attempt });
    return;
  }
  const outcome = await publication.run(step, progress, io).catch((error: unknown) => {
    deps.log.error("a commit threw", error, { post_id: ref.postId, account_id: holder.accountId });
    const fault: Fault = { kind: "retry", scope: "post", code: "internal", message: "The commit broke off." };
    return { is: "unknown" as const, fault };
  });
  switch (outcome.is) {
    case "live":
      await Promise.all([insist(work, { is: "live", attempt, post: outcome.post }), claimOwn(work, outcome.post)]);
      await addPermalink(work, outcome.post);
      await recordRecovery(work);
      return;
    case "refused":
      await insist(work, { is: "refused", attempt, progress: outcome.state, fault: outcome.fault });
      await recordFault(work, outcome.fault);
      return;
    case "unknown":
      await insist(work, { is: "unknown", attempt, fault: outcome.fault });
      await recordFault(work, outcome.fault);
      return;
    case "accepted":
      await insist(work, { is: "accepted", attempt, progress: outcome.state });
      return;
    case "done":
    case "wait":
      throw new Error(`the commit ${step.name} answered "${outcome.is}"`);
  }
}

/** Arms the commit. Where the answer is lost nothing was sent, and the object is told so. */
async function arm(work: Work, progress: Json): Promise<ArmAnswer> {
  const { deps, ref, holder } = work;
  try {
    return await deps.posts(ref).arm(holder, { version: work.version, progress });
  } catch (error) {
    deps.log.error("a permit was lost", error, { post_id: ref.postId, account_id: holder.accountId });
    await insist(work, { is: "not_sent", attempt: null });
    return { is: "refused" };
  }
}

/** Makes it known whose the post is, so that no other task takes it for its own. The projection does so again. */
async function claimOwn({ deps, ref, holder, io }: Work, post: PublicPost | null): Promise<void> {
  if (!post) return;
  try {
    if (await io.claim(post.id)) return;
    deps.log.error("a post of ours was claimed by another task", null, { ...ref, ...holder, post: post.id });
  } catch (error) {
    deps.log.error("a post of ours could not be claimed", error, { post_id: ref.postId, post: post.id });
  }
}

/** Reads what became of an armed commit. */
async function settle(work: Work, progress: Json, armed: Armed): Promise<void> {
  const { deps, publication, io } = work;
  const report = (made: Report) => deps.posts(work.ref).report(work.holder, made);
  const verdict = await publication.settle(progress, armed, io);
  switch (verdict.is) {
    case "did":
      await report({ is: "did", post: verdict.post });
      await addPermalink(work, verdict.post);
      return;
    case "didNot":
      await report({ is: "did_not", progress: verdict.state, fault: verdict.fault ?? null });
      return;
    case "askLater": {
      const { state, until, fault } = verdict;
      await report({ is: "ask_later", progress: state, until, fault: fault ?? null });
      if (fault) await recordFault(work, fault);
      return;
    }
  }
}

/** Reads the address of a post that is public. The object does not wait for it longer than it wants to. */
async function addPermalink(work: Work, post: { id: string; permalink: string | null } | null): Promise<void> {
  if (post === null || post.permalink !== null) return;
  if (work.holder.part === "comment") return;
  const permalink = await work.publication.permalink(post.id, work.io);
  await work.deps.posts(work.ref).attachPermalink(work.holder.accountId, permalink);
}

/**
 * Remembers what a fault means for more than this task: an account whose grant is refused is not called for until it is
 * connected again, and a platform's limit holds back what it is about.
 */
async function recordFault(work: Work, fault: Fault): Promise<void> {
  const { account, deps } = work;
  await pauseFor(deps.db, account, fault);
  if (fault.kind === "reauth") await setAccountHealth(deps.db, account, "needs_reconnect", fault.message);
  if (fault.kind === "held") await setAccountHealth(deps.db, account, "restricted", fault.message);
}

/** An account on which something was published is restricted no more. */
async function recordRecovery(work: Work): Promise<void> {
  const { account, deps } = work;
  if (account.health !== "ok") await setAccountHealth(deps.db, account, "ok", null);
}

const INSIST_WAITS: readonly Millis[] = [100, 400, 1_600];

/**
 * Reports on a commit, several times if need be: what it became is known here and nowhere else. When all fail the
 * commit stays armed, and is settled by reading.
 */
async function insist(work: Work, made: Report): Promise<void> {
  const { deps, ref, holder } = work;
  for (const wait of INSIST_WAITS) {
    try {
      const answer = await deps.posts(ref).report(holder, made);
      if (answer.is === "stale" && made.is === "live") {
        deps.log.error("a post is public of which the task says otherwise", null, { ...ref, post: made.post?.id });
      }
      return;
    } catch (error) {
      deps.log.error("a report on a commit did not arrive", error, { post_id: ref.postId, report: made.is });
      await deps.sleep(wait);
    }
  }
  await deps.posts(ref).report(holder, made);
}
