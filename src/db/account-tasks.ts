import { sql } from "drizzle-orm";
import type { PostRef, Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";

/*
 * The open tasks of accounts. A post's `wake_by` is null once all of its tasks are final, and the tasks of the others
 * are in their projected state.
 */

const TASK_OF_ACCOUNT = sql`FROM tasks t
  JOIN posts p ON p.workspace_id = t.workspace_id AND p.mode = t.mode AND p.id = t.post_id
  JOIN json_each(p.state, '$.tasks') s ON s.value ->> 'accountId' = t.account_id
  WHERE p.wake_by IS NOT NULL`;

/** How many tasks of these accounts are open, by account. */
export async function countOpenTasks(db: Database, scope: Scope, accountIds: string[]): Promise<Map<string, number>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db.all<{ accountId: string; open: number }>(sql`
    SELECT t.account_id AS accountId, count(*) AS open ${TASK_OF_ACCOUNT}
      AND t.workspace_id = ${scope.workspaceId} AND t.mode = ${scope.mode}
      AND t.account_id IN (SELECT value FROM json_each(${JSON.stringify(accountIds)}))
      AND s.value ->> 'status' IN ('awaiting_approval', 'queued', 'publishing')
    GROUP BY t.account_id`);
  return new Map(rows.map(({ accountId, open }) => [accountId, open]));
}

/** The posts that wait for this account to be connected again, the oldest first. */
export async function findHeldPosts(db: Database, scope: Scope, accountId: string, limit: number): Promise<PostRef[]> {
  const rows = await db.all<{ postId: string }>(sql`
    SELECT t.post_id AS postId ${TASK_OF_ACCOUNT}
      AND t.workspace_id = ${scope.workspaceId} AND t.mode = ${scope.mode} AND t.account_id = ${accountId}
      AND s.value ->> '$.error.code' = 'account_needs_reconnect'
    ORDER BY t.post_id LIMIT ${limit}`);
  return rows.map(({ postId }) => ({ ...scope, postId }));
}
