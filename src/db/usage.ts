import { sql } from "drizzle-orm";
import type { Month } from "../lib/months.ts";
import type { Access, PlatformId, TaskStatus } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";

/** How many tasks of an account, of posts that were to go out in a month, are in one status. */
export interface UsageCount {
  accountId: string;
  platform: PlatformId;
  /** Null: the account is gone. */
  username: string | null;
  status: TaskStatus;
  count: number;
}

/**
 * Counts tasks by account and status. Nothing is written down for it when posts are: it reads what the month has, two rows
 * of each post by `posts_by_schedule`, and the row of an account for each line of the answer.
 */
export async function countTasks(db: Database, { scope, accountIds }: Access, month: Month): Promise<UsageCount[]> {
  const isWithin =
    accountIds === null
      ? sql`true`
      : sql`task.value ->> 'accountId' IN (SELECT value FROM json_each(${JSON.stringify(accountIds)}))`;
  return db.all<UsageCount>(sql`
    SELECT counted.*, accounts.username AS username FROM (
      SELECT task.value ->> 'accountId' AS accountId, task.value ->> 'platform' AS platform,
        task.value ->> 'status' AS status, count(*) AS count
      FROM posts INDEXED BY posts_by_schedule, json_each(posts.state, '$.tasks') AS task
      WHERE posts.workspace_id = ${scope.workspaceId} AND posts.mode = ${scope.mode}
        AND posts.scheduled_at >= ${month.start} AND posts.scheduled_at < ${month.end} AND ${isWithin}
      GROUP BY 1, 2, 3) AS counted
    LEFT JOIN accounts ON accounts.id = counted.accountId AND accounts.workspace_id = ${scope.workspaceId}
    ORDER BY counted.accountId`);
}
