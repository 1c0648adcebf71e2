import * as z from "zod";
import type { Scope } from "../lib/vocabulary.ts";
import { PLATFORM_NAMES } from "../lib/vocabulary.ts";

/*
 * What members are told in words, as Slack and what is compatible with it take it: `{text}`. It leads to the post in the
 * console, where who opens it may do what their role allows: the link by which anybody can decide is not passed on.
 */

const EVENT = z.object({
  type: z.string(),
  data: z.object({
    post_id: z.string(),
    scheduled_at: z.string().optional(),
    task: z
      .object({ platform: z.enum(["instagram", "facebook"]), error: z.object({ message: z.string() }).nullish() })
      .optional(),
    approval: z.object({ comment: z.string().nullish() }).optional(),
  }),
});

/** @param body the event as endpoints are sent it */
export function slackMessage(body: string, { workspaceId, mode }: Scope, publicOrigin: string): string {
  const { type, data } = EVENT.parse(JSON.parse(body));
  const test = mode === "test" ? "[Test] " : "";
  const link = `${publicOrigin}/console/${workspaceId}/${mode}/posts/${data.post_id}`;
  return JSON.stringify({ text: `${test}${escaped(wordsOf(type, data))}\n${link}` });
}

function wordsOf(type: string, { task, scheduled_at, approval }: z.infer<typeof EVENT>["data"]): string {
  if (type === "publish.failed") {
    const where = task ? ` on ${PLATFORM_NAMES[task.platform]}` : "";
    return `A post failed${where}${task?.error ? `: ${task.error.message}` : "."}`;
  }
  const when = scheduled_at === undefined ? "" : `, planned for ${scheduled_at}`;
  return `A post waits for approval${when}.${approval?.comment ? ` ${approval.comment}` : ""}`;
}

/** By Slack's rules: no text of others becomes a link, or calls everybody. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
