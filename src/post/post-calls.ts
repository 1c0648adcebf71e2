import type { Command } from "../db/change.ts";
import type { ManualPause } from "../db/manual-pauses.ts";
import type { Json } from "../lib/json.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { DecideAnswer, Decision } from "./approval.ts";
import type { Edit, EditAnswer, Resolution, ResolveAnswer, RetryAnswer } from "./commands.ts";
import type { HeedAnswer } from "./heed-pauses.ts";
import type { ArmAnswer, BeginAnswer } from "./machine.ts";
import type { Report, ReportAnswer } from "./report.ts";
import type { CancelAnswer } from "./status.ts";
import type { MadeCall } from "./timeline.ts";
import type { Holder, TaskMessage } from "./transition.ts";

/** What a command on a post that the database does not have is answered. */
export interface UnknownPost {
  is: "unknown_post";
}

/** What can be asked of a post's object. Expected outcomes are values: error classes do not survive the crossing. */
export interface PostCalls {
  /** Does what is due. Harmless at any time, any number of times. */
  wake(): Promise<void>;
  begin(message: TaskMessage): Promise<BeginAnswer>;
  /** The same of several, which are stored and told at once. @returns an answer for each, in order */
  beginTogether(messages: TaskMessage[]): Promise<BeginAnswer[]>;
  /** @param calls what was asked of the platform meanwhile, for the timeline */
  arm(holder: Holder, commit: { version: number; progress: Json }, calls?: MadeCall[]): Promise<ArmAnswer>;
  report(holder: Holder, made: Report, calls?: MadeCall[]): Promise<ReportAnswer>;
  /** Asks whether a task may go on that is, or was, under these pauses. */
  heedPauses(holder: Holder, pauses: ManualPause[]): Promise<HeedAnswer>;
  attachPermalink(accountId: string, permalink: string | null): Promise<void>;
  /** Lets a task go on whose account was connected again, or whose pause was lifted. */
  resume(accountId: string): Promise<void>;

  // What people ask for. Each answers once the database shows what became of it.
  cancel(command: Command): Promise<CancelAnswer | UnknownPost>;
  cancelTask(accountId: string, command: Command): Promise<CancelAnswer | { is: "unknown_task" } | UnknownPost>;
  edit(made: Edit, command: Command): Promise<EditAnswer | UnknownPost>;
  retry(command: Command): Promise<RetryAnswer | UnknownPost>;
  resolve(accountId: string, resolution: Resolution, command: Command): Promise<ResolveAnswer | UnknownPost>;
  /** @param command whose asker decides: never nobody */
  decide(decision: Decision, command: Command & { asker: string }): Promise<DecideAnswer | UnknownPost>;
  /** Forgets the post, whose workspace was deleted: its alarm never rings again. */
  forget(): Promise<void>;
  /** What one of these was answered; null when the object was never asked it. */
  recall(commandId: string): Promise<{ answer: unknown } | null>;
}

/** Reaches a post's object. To be asked anew for each call: a stub that threw is spent. */
export type PostObjects = (ref: PostRef) => PostCalls;

/** The name of a post's object says which post it is. */
export function objectName(ref: PostRef): string {
  return `${ref.workspaceId}/${ref.mode}/${ref.postId}`;
}

/** @throws when the name is not one of ours */
export function refOfObjectName(name: string | undefined): PostRef {
  const [workspaceId, mode, postId] = (name ?? "").split("/");
  if (!workspaceId || !postId || (mode !== "live" && mode !== "test")) {
    throw new Error(`"${name}" does not name a post's object`);
  }
  return { workspaceId, mode, postId };
}
