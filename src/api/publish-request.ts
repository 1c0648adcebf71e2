import { wellFormed } from "../lib/text.ts";
import { platformOptions } from "../platforms/registry.ts";
import type { PublishRequest } from "../post/check-post.ts";
import { localTime } from "./local-time.ts";
import { distinct, platform, timestamp } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The body of a publish request, which the dry run takes as well.
 */

const MAX_ACCOUNTS = 50;
const MAX_MEDIA = 20;

/** The contract's words. */
export const ACCOUNTS_NEEDED = "accounts must contain at least one connected account id.";

export const content = z.string().check(wellFormed).openapi({ example: "Hello from Apionics" });
export const schedule = z.union(
  [z.literal("now"), timestamp, localTime],
  'schedule must be "now", an RFC 3339 timestamp with an offset, or a local time with its time_zone.',
);
export const publishBefore = z
  .union(
    [timestamp, localTime],
    "{field} must be an RFC 3339 timestamp with an offset, as in 2026-06-01T09:00:00Z, or a local time with its time_zone.",
  )
  .nullable()
  .openapi({ description: "From then on nothing of the post goes out any more. Null: however late." });
export const mediaIds = z.array(z.string()).max(MAX_MEDIA).check(distinct).openapi({ uniqueItems: true });

/** Of a client's own names for values; a colon is none of it, see the filter of lists. */
export const METADATA_NAME = /^[A-Za-z0-9_.-]{1,40}$/;
const MAX_PAIRS = 20;
export const MAX_METADATA_VALUE = 500;

export const externalId = z.string().min(1).max(255).check(wellFormed);
export const shownExternalId = z.string().nullable().openapi({ description: "What its client calls it." });
export const shownMetadata = z
  .record(z.string(), z.string())
  .openapi({ description: "Its client's own names and values." });

/** A word of JSON Schema that the library's types do not know. */
const NAMED: object = { propertyNames: { pattern: METADATA_NAME.source } };

const pairs = z
  .record(z.string().regex(METADATA_NAME), z.string().max(MAX_METADATA_VALUE).check(wellFormed), {
    error: ({ code }) =>
      code === "invalid_key" ? "{field}: a name has 1 to 40 letters, digits, _, . and -." : undefined,
  })
  .refine((said) => Object.keys(said).length <= MAX_PAIRS, `{field} must have at most ${MAX_PAIRS} names.`)
  // Nothing said is nothing meant, whichever way.
  .transform((said) => (Object.keys(said).length === 0 ? undefined : said))
  .openapi({ ...NAMED, maxProperties: MAX_PAIRS, example: { campaign: "summer" } });

const MAX_COMMENT = 1_000;

/** What people say about a post that waits for approval. */
export const comment = z.string().trim().min(1).max(MAX_COMMENT).check(wellFormed);

const approval = z
  .union([
    z.literal(true),
    z.strictObject({
      expires_at: timestamp.optional().openapi({ description: "What is not decided by then is canceled." }),
      comment: comment.optional().openapi({ description: "For whoever decides." }),
    }),
  ])
  .openapi({ description: "Somebody is to approve of the post before it goes out, whatever the workspace's setting." });

/** Objects of the language have something else under this name, and so the library's records leave it out. */
const NO_NAME = "__proto__";

const metadata = z.preprocess((input, context) => {
  if (typeof input === "object" && input !== null && Object.hasOwn(input, NO_NAME)) {
    context.addIssue({ code: "custom", path: [NO_NAME], message: "{field} cannot be a name." });
  }
  return input;
}, pairs);

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
    approval: approval.optional(),
    external_id: externalId
      .optional()
      .openapi({ description: "What you call it, to find it by. Need not be unique.", example: "article-42" }),
    metadata: metadata.optional(),
    allow_duplicate: z
      .boolean()
      // Not allowed is the same as not said.
      .transform((isAllowed) => isAllowed || undefined)
      .optional()
      .openapi({ description: "Overrides the workspace's duplicate_guard." }),
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
    approval: approvalOf(body.approval),
    externalId: body.external_id ?? null,
    metadata: body.metadata ?? null,
    allowDuplicate: body.allow_duplicate ?? false,
  };
}

function approvalOf(asked: z.infer<typeof approval> | undefined): PublishRequest["approval"] {
  if (asked === undefined) return null;
  const { expires_at: expiresAt = null, comment: said = null } = asked === true ? {} : asked;
  return { expiresAt, comment: said };
}
