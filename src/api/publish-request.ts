import { z } from "@hono/zod-openapi";
import { wellFormed } from "../lib/text.ts";
import { platformOptions } from "../platforms/registry.ts";
import type { PublishRequest } from "../post/check-post.ts";
import { distinct, platform, timestamp } from "./schemas.ts";

/*
 * The body of a publish request, which the dry run takes as well.
 */

const MAX_ACCOUNTS = 50;
const MAX_MEDIA = 20;

/** The contract's words. */
export const ACCOUNTS_NEEDED = "accounts must contain at least one connected account id.";

export const content = z.string().check(wellFormed).openapi({ example: "Hello from Apionics" });
export const schedule = z.union(
  [z.literal("now"), timestamp],
  'schedule must be "now" or an RFC 3339 timestamp with an offset.',
);
export const publishBefore = timestamp
  .nullable()
  .openapi({ description: "From then on nothing of the post goes out any more. Null: however late." });
export const mediaIds = z.array(z.string()).max(MAX_MEDIA).check(distinct).openapi({ uniqueItems: true });

export const publishBody = z
  .strictObject({
    content,
    platforms: z
      .array(platform)
      .min(1)
      .check(distinct)
      .optional()
      .openapi({ uniqueItems: true, example: ["instagram", "facebook"] }),
    accounts: z
      .array(z.string(), { error: ({ code }) => (code === "invalid_type" ? ACCOUNTS_NEEDED : undefined) })
      .min(1, ACCOUNTS_NEEDED)
      .max(MAX_ACCOUNTS)
      .check(distinct)
      .openapi({ uniqueItems: true, example: ["acc_123"] }),
    schedule: schedule.default("now"),
    publish_before: publishBefore.optional(),
    media: mediaIds.default([]).openapi({ example: ["media_456"] }),
    options: platformOptions.default({}),
  })
  .openapi("PublishRequest");

export function requestOf(body: z.infer<typeof publishBody>): PublishRequest {
  return {
    content: body.content,
    platforms: body.platforms ?? null,
    accountIds: body.accounts,
    mediaIds: body.media,
    schedule: body.schedule,
    publishBefore: body.publish_before,
    options: body.options,
  };
}
