import type { Change } from "../db/change.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf, taskNotFound } from "./existing-post.ts";
import type { CancelAnswer } from "./status.ts";

type CancelTaskAnswer = CancelAnswer | { is: "unknown_task" };

const WHY_NOT = {
  published: "is already published and cannot be canceled.",
  unconfirmed: "may be public already and cannot be canceled.",
  publishing: "is being published in this moment and cannot be canceled any more.",
  failed: "has failed; nothing is left to cancel.",
  canceled: "is canceled.",
  missed: "has failed; nothing is left to cancel.",
  lost: "is over; nothing is left to cancel.",
} as const;

/**
 * Cancels a post, for good and before it answers: it never becomes public. Canceling again is as good.
 *
 * @throws Refusal when there is no such post within reach, or something of it is, or may be, public
 */
export async function cancelPost(
  deps: CommandDeps,
  access: Access,
  postId: string,
  change: Change<void>,
): Promise<void> {
  const ref = refOf(await existingPost(deps.db, access, postId));
  const answer =
    (await recallAnswer<CancelAnswer>(deps, ref, change)) ??
    (await deps.posts(ref).cancel(await change.command(ref, { action: "post.canceled", target: postId })));
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", `This post ${WHY_NOT[answer.because]}`);
}

/**
 * Cancels one task of a post, whatever becomes of the others.
 *
 * @throws Refusal when the post has no such task, or it is, or may be, public
 */
export async function cancelTask(
  deps: CommandDeps,
  access: Access,
  postId: string,
  accountId: string,
  change: Change<void>,
): Promise<void> {
  const ref = refOf(await existingPost(deps.db, access, postId));
  const entry = { action: "task.canceled", target: postId, details: { account_id: accountId } } as const;
  const answer =
    (await recallAnswer<CancelTaskAnswer>(deps, ref, change)) ??
    (await deps.posts(ref).cancelTask(accountId, await change.command(ref, entry)));
  if (answer.is === "unknown_post") throw postNotFound();
  if (answer.is === "unknown_task") throw taskNotFound();
  if (answer.is === "conflict") throw new Refusal("conflict", `This task ${WHY_NOT[answer.because]}`);
}
