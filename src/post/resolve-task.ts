import { findExternalAccount } from "../db/accounts.ts";
import { claimPlatformPost } from "../db/commits.ts";
import { Refusal } from "../lib/refusal.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { Asker, Resolution } from "./commands.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, taskNotFound } from "./existing-post.ts";

const WHY_NOT = {
  published: "This task is published already.",
  unconfirmed: "This task is unconfirmed.",
  publishing: "This task is still under way; only an unconfirmed one can be resolved.",
  canceled: "This task is canceled; only an unconfirmed one can be resolved.",
  failed: "This task has failed; only an unconfirmed one can be resolved.",
  lost: "What was sent of this post is not known any more, and it is over.",
} as const;

/** What a person has found out; `platformPostId` where it is public and they know its id. */
export type FoundOut = { outcome: "published"; platformPostId: string | null } | { outcome: "not_published" };

/**
 * Settles an unconfirmed task by what a person has found out. A public post that they name becomes the task's before the
 * task takes it, as one that reading finds does: no two tasks have the same.
 *
 * @throws Refusal when the post has no such task, it is not unconfirmed, or the named post is another task's
 */
export async function resolveTask(
  deps: CommandDeps,
  ref: PostRef,
  accountId: string,
  found: FoundOut,
  asker: Asker,
): Promise<void> {
  const post = await existingPost(deps.db, ref);
  const task = post.state.tasks.find((each) => each.accountId === accountId);
  if (!task) throw taskNotFound();
  if (task.status === "unconfirmed" && found.outcome === "published" && found.platformPostId !== null) {
    const account = await findExternalAccount(deps.db, ref, accountId);
    if (!account) throw taskNotFound();
    const isOurs = await claimPlatformPost(deps.db, account, found.platformPostId, { postId: ref.postId, accountId });
    if (!isOurs) {
      throw new Refusal("conflict", "This public post belongs to another task.", "platform_post_id");
    }
  }
  const answer = await deps.posts(ref).resolve(accountId, resolutionOf(found), asker);
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "unknown_task") throw taskNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", WHY_NOT[answer.because]);
}

function resolutionOf(found: FoundOut): Resolution {
  if (found.outcome === "not_published") return found;
  const { platformPostId } = found;
  return { outcome: "published", post: platformPostId === null ? null : { id: platformPostId, permalink: null } };
}
