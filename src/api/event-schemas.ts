import type { EventType } from "../lib/vocabulary.ts";
import { LIVE_PLATFORMS } from "../lib/vocabulary.ts";
import { account } from "./account-schemas.ts";
import { media } from "./media-object.ts";
import { approval, postStatus, printedTime, task, taskStatus } from "./schemas.ts";
import { webhook } from "./webhook-schemas.ts";
import * as z from "./zod.ts";

/*
 * What events say, made of the schemas of the API's own answers: `{type, timestamp, data}` as an endpoint is sent it, and
 * with its id as the list of events shows it.
 */

/** A task in an event that tells of so many that their words have no room. */
const taskInBrief = z
  .strictObject({
    account_id: z.string(),
    platform: z.enum(LIVE_PLATFORMS),
    status: taskStatus,
    published_at: printedTime.nullable(),
  })
  .openapi("TaskInBrief");

const ofPost = { post_id: z.string(), version: z.number().int() };
const postNews = z
  .strictObject({ ...ofPost, status: postStatus, tasks: z.array(z.union([task, taskInBrief])) })
  .openapi("PostNews");
// Not by `extend`: it is described as both schemas at once, and each is closed to the other's members.
const approvalNews = z
  .strictObject({
    ...postNews.shape,
    scheduled_at: printedTime,
    approval,
    link: z
      .url()
      .nullable()
      .optional()
      .openapi({
        description:
          "Where whoever has the link can look at the post and decide, once. Keep it secret. Endpoints are sent it; answers " +
          "show it to keys with approvals:write, and null to others.",
      }),
  })
  .openapi("ApprovalNews");
const taskNews = z.strictObject({ ...ofPost, task }).openapi("TaskNews");
const accountNews = z.strictObject({ account }).openapi("AccountNews");
const webhookNews = z.strictObject({ webhook }).openapi("WebhookNews");

/** Each event with what it tells of; the contract's words for the contract's three. */
export const EVENTS = {
  "publish.completed": {
    description: "A publish task completed successfully for a platform/account pair.",
    data: taskNews,
  },
  "publish.failed": {
    description: "A publish task failed after platform validation or retry handling.",
    data: taskNews,
  },
  "approval.requested": {
    description: "A post requires workspace approval before it can be published.",
    data: approvalNews,
  },
  "approval.approved": { description: "A post was approved, and goes out at its time.", data: approvalNews },
  "approval.rejected": { description: "A post was rejected, and is canceled.", data: approvalNews },
  "approval.expired": { description: "Nobody decided on a post in time, and it is canceled.", data: approvalNews },
  "post.completed": { description: "The last task of a post has ended, well or not.", data: postNews },
  "post.canceled": { description: "A post was canceled and will not be public anywhere.", data: postNews },
  "account.connected": { description: "An account was connected.", data: accountNews },
  "account.recovered": { description: "An account that had to be connected again works again.", data: accountNews },
  "account.needs_reconnect": {
    description: "The platform no longer takes an account's token: a person must connect it again.",
    data: accountNews,
  },
  "account.expiring": {
    description: "An account's access ends within days, and only a person can renew it.",
    data: accountNews,
  },
  "media.ready": { description: "An upload in parts has become media.", data: z.strictObject({ media }) },
  "media.failed": {
    description: "An upload in parts is not a file that can be published.",
    data: z.strictObject({
      upload_id: z.string(),
      error: z.strictObject({ code: z.literal("validation_error"), message: z.string() }),
    }),
  },
  "webhook.disabled": { description: "A webhook endpoint was given up.", data: webhookNews },
  "webhook.test": { description: "What the test of a webhook endpoint sends to it.", data: webhookNews },
} as const satisfies Record<EventType, { description: string; data: z.ZodType }>;

/** The body that an endpoint is sent. */
export function eventBody(type: EventType) {
  return z.strictObject({ type: z.literal(type), timestamp: printedTime, data: EVENTS[type].data });
}

/** An event as the API lists it: the id it is sent under, and what is sent. */
export const event = z
  .union(
    Object.entries(EVENTS).map(([type, { data }]) =>
      z.strictObject({
        id: z.string().openapi({ description: "Sent as webhook-id." }),
        type: z.literal(type),
        timestamp: printedTime,
        data,
      }),
    ),
  )
  .openapi("Event");
