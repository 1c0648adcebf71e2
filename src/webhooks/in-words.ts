import * as z from "zod";
import type { Scope } from "../lib/vocabulary.ts";
import { PLATFORM_NAMES } from "../lib/vocabulary.ts";

/*
 * What members are told in words. It leads to the post in the console, where who opens it may do what their role allows: the
 * link by which anybody can decide is not passed on.
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

/** What happened, for a person. */
export interface Told {
  /** In our words alone: nothing that others have written stands in it. */
  title: string;
  /** The same with what there is to know; text of others may stand in it. */
  text: string;
  postId: string;
  /** The post in the console. */
  link: string;
  /** Where the member can change what they are told. */
  settings: string;
}

/** @param body the event as endpoints are sent it */
export function inWords(body: string, { workspaceId, mode }: Scope, publicOrigin: string): Told {
  const { type, data } = EVENT.parse(JSON.parse(body));
  const { post_id: postId } = data;
  const [title, more] = type === "publish.failed" ? failureOf(data) : requestOf(data);
  const test = mode === "test" ? "[Test] " : "";
  const pages = `${publicOrigin}/console/${workspaceId}/${mode}`;
  const [link, settings] = [`${pages}/posts/${postId}`, `${pages}/settings/notifications`];
  return { title: `${test}${title}`, text: `${test}${title}${more}`, postId, link, settings };
}

type EventData = z.infer<typeof EVENT>["data"];

function failureOf({ task }: EventData): [string, string] {
  const where = task ? ` on ${PLATFORM_NAMES[task.platform]}` : "";
  return [`A post failed${where}`, task?.error ? `: ${task.error.message}` : "."];
}

function requestOf({ scheduled_at, approval }: EventData): [string, string] {
  const when = scheduled_at === undefined ? "" : `, planned for ${scheduled_at}`;
  return ["A post waits for approval", `${when}.${approval?.comment ? ` ${approval.comment}` : ""}`];
}
