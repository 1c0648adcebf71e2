import type { Context } from "hono";
import type { PostRow } from "../db/posts.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import { printApproval } from "../post/print-approval.ts";
import { printTask } from "../post/print-task.ts";
import { shownExternalId, shownMetadata } from "./publish-request.ts";
import { approval, postStatus, printedTime, task } from "./schemas.ts";
import * as z from "./zod.ts";

/** A post as answers show it. */
export const post = z
  .strictObject({
    id: z.string(),
    content: z.string(),
    status: postStatus,
    tasks: z.array(task),
    platforms: z.array(z.string()),
    media: z.array(z.string()),
    version: z.number().int().openapi({ description: "Counts edits; also in the ETag." }),
    created_at: printedTime,
    scheduled_at: printedTime,
    approval: z.union([approval, z.null()]),
    publish_before: printedTime
      .nullable()
      .openapi({ description: "From then on nothing of it goes out any more. Null: however late." }),
    external_id: shownExternalId,
    metadata: shownMetadata,
  })
  .openapi("Post");

/** What is answered where there is nothing to show. */
export const success = z.strictObject({ success: z.literal(true) });

/** Answers a post, with its version as the entity tag that an edit may ask for. */
export function answerPost(c: Context, row: PostRow) {
  c.header("ETag", `"${row.version}"`);
  return c.json(printPost(row), 200);
}

/** The answer of a command that leaves nothing to show. */
export function answerSuccess() {
  return { status: 200 as const, body: { success: true as const } };
}

/** The version of a post that is shown, for the header. */
export function versionTag({ version }: z.infer<typeof post>): Record<string, string> {
  return { ETag: `"${version}"` };
}

/** A post as answers show it, now. */
export function printPost(row: PostRow): z.infer<typeof post> {
  return {
    id: row.id,
    content: row.content,
    status: row.status,
    tasks: row.state.tasks.map(printTask),
    platforms: row.platforms,
    media: row.media,
    version: row.version,
    created_at: printTime(row.createdAt),
    scheduled_at: printTime(row.scheduledAt),
    approval: row.approval && printApproval(row.approval),
    publish_before: printTimeOrNull(row.publishBefore),
    external_id: row.externalId,
    metadata: row.metadata ?? {},
  };
}
