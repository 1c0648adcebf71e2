import { z } from "zod";
import type { PostRef } from "../lib/vocabulary.ts";
import { MODES, TASK_PARTS } from "../lib/vocabulary.ts";
import type { TaskMessage } from "./transition.ts";

/*
 * What travels through the publish queue: ids and an epoch, nothing else. Any message may come twice, late or never.
 */

const REF = { v: z.literal(1), workspace_id: z.string(), mode: z.enum(MODES), post_id: z.string() };

export const PUBLISH_MESSAGE = z.discriminatedUnion("kind", [
  /** Go on with a task. */
  z.object({
    kind: z.literal("task"),
    ...REF,
    account_id: z.string(),
    part: z.enum(TASK_PARTS).default("post"),
    epoch: z.number().int(),
  }),
  /** Wake a post's object: the sweeper found it overdue. */
  z.object({ kind: z.literal("wake"), ...REF }),
]);

export type PublishMessage = z.infer<typeof PUBLISH_MESSAGE>;

export function taskMessage(ref: PostRef, { accountId, part, epoch }: TaskMessage): PublishMessage {
  return { kind: "task", ...printRef(ref), account_id: accountId, part, epoch };
}

export function wakeMessage(ref: PostRef): PublishMessage {
  return { kind: "wake", ...printRef(ref) };
}

export function refOf(message: PublishMessage): PostRef {
  return { workspaceId: message.workspace_id, mode: message.mode, postId: message.post_id };
}

function printRef(ref: PostRef) {
  return { v: 1 as const, workspace_id: ref.workspaceId, mode: ref.mode, post_id: ref.postId };
}
