import * as z from "zod";
import type { GrantRef } from "../db/grants.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import { MODES, TASK_PARTS } from "../lib/vocabulary.ts";
import type { TaskMessage } from "./transition.ts";

/*
 * What travels through the publish queue: ids and an epoch, nothing else. Any message may come twice, late or never.
 */

const SCOPE = { v: z.literal(1), workspace_id: z.string(), mode: z.enum(MODES) };
const REF = { ...SCOPE, post_id: z.string() };

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
  /** Go on with a task whose account was connected again. */
  z.object({ kind: z.literal("resume"), ...REF, account_id: z.string() }),
  /** Renew the token of a grant. */
  z.object({ kind: z.literal("renew"), ...SCOPE, grant_id: z.string() }),
]);

export type PublishMessage = z.infer<typeof PUBLISH_MESSAGE>;
type PostMessage = Extract<PublishMessage, { post_id: string }>;

export function taskMessage(ref: PostRef, { accountId, part, epoch }: TaskMessage): PublishMessage {
  return { kind: "task", ...printRef(ref), account_id: accountId, part, epoch };
}

export function wakeMessage(ref: PostRef): PublishMessage {
  return { kind: "wake", ...printRef(ref) };
}

export function resumeMessage(ref: PostRef, accountId: string): PublishMessage {
  return { kind: "resume", ...printRef(ref), account_id: accountId };
}

export function renewMessage({ workspaceId, mode, grantId }: GrantRef): PublishMessage {
  return { kind: "renew", v: 1, workspace_id: workspaceId, mode, grant_id: grantId };
}

export function refOf(message: PostMessage): PostRef {
  return { workspaceId: message.workspace_id, mode: message.mode, postId: message.post_id };
}

export function taskOf(message: Extract<PublishMessage, { kind: "task" }>): TaskMessage {
  return { accountId: message.account_id, part: message.part, epoch: message.epoch };
}

function printRef(ref: PostRef) {
  return { v: 1 as const, workspace_id: ref.workspaceId, mode: ref.mode, post_id: ref.postId };
}
