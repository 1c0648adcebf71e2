import { findExternalAccount } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import type { ExternalAccount } from "../db/commits.ts";
import { claimPlatformPost } from "../db/commits.ts";
import type { PostRow, ProjectedTask } from "../db/posts.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { PublicPost } from "../platforms/platform.ts";
import type { Resolution, ResolveAnswer } from "./commands.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf, taskNotFound } from "./existing-post.ts";
import type { UnknownPost } from "./post-calls.ts";

const WHY_NOT = {
  published: "This task is published already.",
  unconfirmed: "This task is unconfirmed.",
  publishing: "This task is still under way; only an unconfirmed one can be resolved.",
  canceled: "This task is canceled; only an unconfirmed one can be resolved.",
  failed: "This task has failed; only an unconfirmed one can be resolved.",
  missed: "This task has failed; only an unconfirmed one can be resolved.",
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
  access: Access,
  postId: string,
  accountId: string,
  found: FoundOut,
  change: Change<void>,
): Promise<void> {
  const post = await existingPost(deps.db, access, postId);
  const ref = refOf(post);
  const answer =
    (await recallAnswer<ResolveAnswer>(deps, ref, change)) ??
    (await askToResolve(deps, post, accountId, found, change));
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "unknown_task") throw taskNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", WHY_NOT[answer.because]);
}

async function askToResolve(
  deps: CommandDeps,
  post: PostRow,
  accountId: string,
  found: FoundOut,
  change: Change<void>,
): Promise<ResolveAnswer | UnknownPost> {
  const ref = refOf(post);
  const task = post.state.tasks.find((each) => each.accountId === accountId);
  if (!task) throw taskNotFound();
  const named = found.outcome === "published" ? found.platformPostId : null;
  const publicPost = named === null ? null : namedPost(named, task);
  if (publicPost && task.status === "unconfirmed") {
    const account = await findExternalAccount(deps.db, ref, accountId);
    if (!account) throw taskNotFound();
    refuseForeign(publicPost.id, account);
    if (!(await claimPlatformPost(deps.db, account, publicPost.id, { postId: ref.postId, accountId }))) {
      throw new Refusal("conflict", "This public post belongs to another task.", "platform_post_id");
    }
  }
  const resolution: Resolution = found.outcome === "published" ? { outcome: "published", post: publicPost } : found;
  const details = { account_id: accountId, outcome: found.outcome };
  const command = await change.command(ref, { action: "task.resolved", target: post.id, details });
  return deps.posts(ref).resolve(accountId, resolution, command);
}

/** The post that a person names: as the platform lists it, where reading saw it, for an id has more than one spelling. */
function namedPost(id: string, { error }: ProjectedTask): PublicPost {
  const seen = error?.candidates?.find(
    (each) => each.platform_post_id === id || each.platform_post_id.endsWith(`_${id}`),
  );
  return seen ? { id: seen.platform_post_id, permalink: seen.permalink } : { id, permalink: null };
}

/** An id of two groups begins with the Page's. */
function refuseForeign(id: string, { externalId }: ExternalAccount): void {
  const [page, post] = id.split("_");
  if (post === undefined || page === externalId) return;
  throw invalid("platform_post_id", "platform_post_id is of another account than the task's.");
}
