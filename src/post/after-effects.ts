import { markNeedsReconnect } from "../accounts/mark-needs-reconnect.ts";
import { setAccountHealth } from "../db/accounts.ts";
import type { Fault } from "../platforms/platform.ts";
import { pauseFor } from "./pauses.ts";
import type { Work } from "./prepare-task.ts";

/*
 * What a consumer does after it has said what became of a task.
 */

/** Reads the address of a post that is public. The object does not wait for it longer than it wants to. */
export async function addPermalink(work: Work, post: { id: string; permalink: string | null } | null): Promise<void> {
  if (post === null || post.permalink !== null) return;
  if (work.holder.part === "comment") return;
  const permalink = await work.publication.permalink(post.id, work.io);
  await work.deps.posts(work.ref).attachPermalink(work.holder.accountId, permalink);
}

/**
 * Remembers what a fault means for more than this task: an account whose grant is refused is not called for until it is
 * connected again, and a platform's limit holds back what it is about.
 */
export async function recordFault(work: Work, fault: Fault): Promise<void> {
  const { account, deps } = work;
  await pauseFor(deps.db, account, fault);
  if (fault.kind === "reauth")
    await markNeedsReconnect({ ...deps, clock: deps.realClock }, work.ref, account, fault.message);
  if (fault.kind === "held") await setAccountHealth(deps.db, account, "restricted", fault.message);
}

/** An account on which something was published is restricted no more. */
export async function recordRecovery(work: Work): Promise<void> {
  const { account, deps } = work;
  if (account.health !== "ok") await setAccountHealth(deps.db, account, "ok", null);
}
