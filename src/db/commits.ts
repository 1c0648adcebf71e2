import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { Mode, PlatformId } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { commitLocks, platformPosts } from "./schema.ts";

/** An account of a platform, over the whole deployment: two workspaces may have connected the same one. */
export interface ExternalAccount {
  mode: Mode;
  platform: PlatformId;
  externalId: string;
}

/** A task, as the holder of a lock or a claim. */
export interface TaskRef {
  postId: string;
  accountId: string;
}

/**
 * Takes the lock of a commit that leaves no handle. A task gives it back when nothing of it can be in flight; one that a
 * consumer took too late for that is taken over once nothing of its post is open any more.
 *
 * @param holder with the epoch in which it takes the lock
 * @returns whether the task has it now, or had it before
 */
export async function takeCommitLock(
  db: Database,
  account: ExternalAccount,
  fingerprint: string,
  holder: TaskRef & { workspaceId: string; epoch: number },
): Promise<boolean> {
  const holderIsOpen = sql`EXISTS (SELECT 1 FROM posts WHERE posts.workspace_id = commit_locks.workspace_id
    AND posts.mode = commit_locks.mode AND posts.id = commit_locks.post_id AND posts.wake_by IS NOT NULL)`;
  const [, holders] = await db.batch([
    db
      .insert(commitLocks)
      .values({ ...account, fingerprint, ...holder })
      .onConflictDoUpdate({
        target: [commitLocks.mode, commitLocks.platform, commitLocks.externalId, commitLocks.fingerprint],
        set: holder,
        setWhere: sql`NOT ${holderIsOpen}
          OR (${commitLocks.postId} = ${holder.postId} AND ${commitLocks.accountId} = ${holder.accountId})`,
      }),
    db
      .select({ postId: commitLocks.postId, accountId: commitLocks.accountId })
      .from(commitLocks)
      .where(
        and(
          eq(commitLocks.mode, account.mode),
          eq(commitLocks.platform, account.platform),
          eq(commitLocks.externalId, account.externalId),
          eq(commitLocks.fingerprint, fingerprint),
        ),
      ),
  ]);
  return isSameTask(holders[0], holder);
}

/**
 * Claims a public post for a task.
 *
 * @returns whether it is the task's now, or was before
 */
export async function claimPlatformPost(
  db: Database,
  account: ExternalAccount,
  platformPostId: string,
  holder: TaskRef,
): Promise<boolean> {
  const [, holders] = await db.batch([
    db
      .insert(platformPosts)
      .values({ ...account, platformPostId, ...holder })
      .onConflictDoNothing(),
    db
      .select({ postId: platformPosts.postId, accountId: platformPosts.accountId })
      .from(platformPosts)
      .where(and(isOfAccount(account), eq(platformPosts.platformPostId, platformPostId))),
  ]);
  return isSameTask(holders[0], holder);
}

/** Of these public posts, those that no other task has claimed. */
export async function findUnclaimed(
  db: Database,
  account: ExternalAccount,
  platformPostIds: string[],
  holder: TaskRef,
): Promise<string[]> {
  if (platformPostIds.length === 0) return [];
  const taken = await db
    .select({ id: platformPosts.platformPostId })
    .from(platformPosts)
    .where(
      and(
        isOfAccount(account),
        // One JSON parameter: D1 takes a hundred at most, and a listing may be longer.
        inArray(platformPosts.platformPostId, sql`(SELECT value FROM json_each(${JSON.stringify(platformPostIds)}))`),
        or(sql`${platformPosts.postId} <> ${holder.postId}`, sql`${platformPosts.accountId} <> ${holder.accountId}`),
      ),
    );
  const takenIds = new Set(taken.map((row) => row.id));
  return platformPostIds.filter((id) => !takenIds.has(id));
}

function isOfAccount(account: ExternalAccount) {
  return and(
    eq(platformPosts.mode, account.mode),
    eq(platformPosts.platform, account.platform),
    eq(platformPosts.externalId, account.externalId),
  );
}

function isSameTask(found: TaskRef | undefined, holder: TaskRef): boolean {
  return found?.postId === holder.postId && found.accountId === holder.accountId;
}
