import type { ExternalAccount } from "../db/commits.ts";
import { takeCommitLock } from "../db/commits.ts";
import type { Millis } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { Json } from "../lib/json.ts";
import type { Fault, PublicPost, Step } from "../platforms/platform.ts";
import { addPermalink, recordFault, recordRecovery } from "./after-effects.ts";
import type { ArmAnswer } from "./machine.ts";
import type { Work } from "./prepare-task.ts";
import type { Report } from "./report.ts";
import { callTo, tell } from "./tell.ts";

/*
 * The one visible call of a publication, in the order that keeps a post from going out twice:
 *
 *   lock (where the commit leaves no handle) → arm → send once, within the permit → report
 *
 * Wherever this is cut off, the object knows whether a commit was armed, and then lets nobody do more than read.
 */

/** Sends the commit. From the permit on nothing may escape: whatever goes wrong, the object must hear of it. */
export async function sendCommit(work: Work, step: Step, progress: Json): Promise<void> {
  const { deps, ref, holder, publication, io } = work;
  if (!(await holdsCommit(work, step))) {
    await tell(work, { is: "postponed" });
    return;
  }
  const askedAt = deps.clock();
  const permit = await arm(work, progress);
  if (permit.is === "refused") return;
  const { attempt } = permit;
  // By our own clock too: the object's may be ahead, and would lengthen the permit. One that was set back says nothing.
  const now = deps.clock();
  if (now < askedAt || now >= Math.min(permit.until, askedAt + deps.timing.permit)) {
    await insist(work, { is: "not_sent", attempt });
    return;
  }
  const outcome = await callTo(work, "commit", step.name, () =>
    publication.run(step, progress, io).catch((error: unknown) => {
      deps.log.error("a commit threw", error, { post_id: ref.postId, account_id: holder.accountId });
      const fault: Fault = { kind: "retry", scope: "post", code: "internal", message: "The commit broke off." };
      return { is: "unknown" as const, fault };
    }),
  );
  switch (outcome.is) {
    case "live":
      await Promise.all([
        insist(work, { is: "live", attempt, post: outcome.post }),
        // What has a lock is told from all others until the projection turns that into the claim.
        step.fingerprint === undefined && claimOwn(work, outcome.post),
      ]);
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

/**
 * Sees to it that no equal post is in flight on the account, where the commit leaves no handle to tell the two apart.
 *
 * @returns false: another task's is
 */
export async function holdsCommit({ deps, ref, holder, account }: Work, { fingerprint }: Step): Promise<boolean> {
  if (fingerprint === undefined) return true;
  const { workspaceId, postId } = ref;
  const { mode, platform, externalId } = account;
  const external: ExternalAccount = { mode, platform, externalId };
  const task = { workspaceId, postId, accountId: account.id, epoch: holder.epoch };
  return takeCommitLock(deps.db, external, await sha256Hex(fingerprint), task);
}

/** Arms the commit. Where the answer is lost nothing was sent, and the object is told so. */
async function arm(work: Work, progress: Json): Promise<ArmAnswer> {
  const { deps, ref, holder } = work;
  try {
    return await deps.posts(ref).arm(holder, { version: work.version, progress }, work.calls.splice(0));
  } catch (error) {
    deps.log.error("a permit was lost", error, { post_id: ref.postId, account_id: holder.accountId });
    await insist(work, { is: "not_sent", attempt: null });
    return { is: "refused" };
  }
}

/** Makes it known at once whose the post is, so that no other task takes it for its own. The projection does so again. */
async function claimOwn({ deps, ref, holder, io }: Work, post: PublicPost | null): Promise<void> {
  if (!post) return;
  try {
    if (await io.claim(post.id)) return;
    deps.log.error("a post of ours was claimed by another task", null, { ...ref, ...holder, post: post.id });
  } catch (error) {
    deps.log.error("a post of ours could not be claimed", error, { post_id: ref.postId, post: post.id });
  }
}

const INSIST_WAITS: readonly Millis[] = [100, 400, 1_600];

/**
 * Reports on a commit, several times if need be: what it became is known here and nowhere else. When all fail the
 * commit stays armed, and is settled by reading.
 */
async function insist(work: Work, made: Report): Promise<void> {
  const { deps, ref, holder } = work;
  work.tally.outcome = made.is;
  const calls = work.calls.splice(0);
  for (const wait of INSIST_WAITS) {
    try {
      const answer = await deps.posts(ref).report(holder, made, calls);
      if (answer.is === "stale" && made.is === "live") {
        deps.log.error("a post is public of which the task says otherwise", null, { ...ref, post: made.post?.id });
      }
      return;
    } catch (error) {
      deps.log.error("a report on a commit did not arrive", error, { post_id: ref.postId, report: made.is });
      await deps.sleep(wait);
    }
  }
  await deps.posts(ref).report(holder, made, calls);
}
