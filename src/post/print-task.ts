import type { ProjectedComment, ProjectedTask, TaskError } from "../db/posts.ts";
import { printTimeOrNull } from "../lib/time.ts";
import type { PlatformId, TaskStatus } from "../lib/vocabulary.ts";

/** A task as answers and events carry it: the contract's four members first, then ours. */
export interface PrintedTask {
  account_id: string;
  platform: PlatformId;
  status: TaskStatus;
  published_at: string | null;
  platform_post_id: string | null;
  permalink: string | null;
  error: TaskError | null;
  next_attempt_at: string | null;
  /** Only where one was asked for. */
  first_comment?: {
    status: TaskStatus;
    platform_comment_id: string | null;
    published_at: string | null;
    error: TaskError | null;
  };
}

export function printTask(task: ProjectedTask): PrintedTask {
  return {
    account_id: task.accountId,
    platform: task.platform,
    status: task.status,
    published_at: printTimeOrNull(task.publishedAt),
    platform_post_id: task.platformPostId,
    permalink: task.permalink,
    error: task.error,
    next_attempt_at: printTimeOrNull(task.nextAttemptAt),
    ...(task.firstComment && { first_comment: printComment(task.firstComment) }),
  };
}

function printComment({ status, platformCommentId, publishedAt, error }: ProjectedComment) {
  return { status, platform_comment_id: platformCommentId, published_at: printTimeOrNull(publishedAt), error };
}
