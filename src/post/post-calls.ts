import type { Json } from "../lib/json.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import type { ArmAnswer, BeginAnswer } from "./machine.ts";
import type { Report, ReportAnswer } from "./report.ts";
import type { CancelAnswer } from "./status.ts";
import type { Holder, TaskMessage } from "./transition.ts";

/** What can be asked of a post's object. Expected outcomes are values: error classes do not survive the crossing. */
export interface PostCalls {
  /** Does what is due. Harmless at any time, any number of times. */
  wake(): Promise<void>;
  begin(message: TaskMessage): Promise<BeginAnswer>;
  arm(holder: Holder, commit: { version: number; progress: Json }): Promise<ArmAnswer>;
  report(holder: Holder, made: Report): Promise<ReportAnswer>;
  attachPermalink(accountId: string, permalink: string | null): Promise<void>;
  /** Lets a task go on whose account was connected again. */
  resume(accountId: string): Promise<void>;
  /** Answers once the database shows it. */
  cancel(): Promise<CancelAnswer | { is: "unknown_post" }>;
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
