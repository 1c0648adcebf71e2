import { printTime } from "../lib/time.ts";
import type { AcceptedPost } from "../post/accept-post.ts";
import { postStatus, printedTime, taskSummary } from "./schemas.ts";
import * as z from "./zod.ts";

/** A post as it is answered when it was accepted. */
export const acceptedPost = z
  .strictObject({
    id: z.string(),
    status: postStatus,
    scheduled_at: printedTime,
    platforms: z.array(z.string()),
    tasks: z.array(taskSummary),
    warnings: z.array(z.string()).optional(),
  })
  .openapi("AcceptedPost");

type Answer = z.infer<typeof acceptedPost>;

/** The contract's answer; `warnings` only when there is something to warn of. */
export function printAccepted({ post, warnings }: AcceptedPost): { status: number; body: string } {
  const answer: Answer = {
    id: post.ref.postId,
    status: post.status,
    scheduled_at: printTime(post.scheduledAt),
    platforms: post.platforms,
    tasks: post.state.tasks.map((task) => ({
      account_id: task.accountId,
      platform: task.platform,
      status: task.status,
    })),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  return { status: 202, body: JSON.stringify(answer) };
}
