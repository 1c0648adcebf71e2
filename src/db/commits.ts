import { and, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { Mode, PlatformId } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared } from "./database.ts";
import { platformPosts } from "./schema.ts";

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

/** The ids of locks begin so, in the place of a public post's; no platform's do. */
const LOCK = "commit:";

/** Holds of the locks among an account's rows, which are few. */
export const IS_LOCK = sql.raw(`(platform_post_id >= '${LOCK}' AND platform_post_id < 'commit;')`);

/** Whether something of the post is open whose task holds a lock. */
const HOLDER_IS_OPEN = sql`EXISTS (SELECT 1 FROM posts WHERE posts.workspace_id = ${platformPosts.workspaceId}
  AND posts.mode = ${platformPosts.mode} AND posts.id = ${platformPosts.postId} AND posts.wake_by IS NOT NULL)`;

/** A lock that another holds is not written, and not returned. */
const takeLock = prepared((db) =>
  db
    .insert(platformPosts)
    .values({
      mode: sql.placeholder("mode"),
      platform: sql.placeholder("platform"),
      externalId: sql.placeholder("externalId"),
      platformPostId: sql.placeholder("lock"),
      workspaceId: sql.placeholder("workspaceId"),
      postId: sql.placeholder("postId"),
      accountId: sql.placeholder("accountId"),
      epoch: sql.placeholder("epoch"),
    })
    .onConflictDoUpdate({
      target: [platformPosts.mode, platformPosts.platform, platformPosts.externalId, platformPosts.platformPostId],
      set: {
        workspaceId: sql`excluded.workspace_id`,
        postId: sql`excluded.post_id`,
        accountId: sql`excluded.account_id`,
        epoch: sql`excluded.epoch`,
      },
      setWhere: sql`(${platformPosts.postId} = excluded.post_id AND ${platformPosts.accountId} = excluded.account_id)
        OR NOT ${HOLDER_IS_OPEN}`,
    })
    .returning({ postId: platformPosts.postId }),
);

/**
 * Takes the lock of a commit that leaves no handle. With the end of its task it becomes the claim of the public post; a task gives it
 * back when nothing of it can be in flight. One that a consumer took too late for that is taken over once nothing of its post
 * is open any more.
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
  const taken = await takeLock(db, { ...account, ...holder, lock: LOCK + fingerprint }).all();
  return taken.length > 0;
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
        isOfAnother(holder),
      ),
    );
  const takenIds = new Set(taken.map((row) => row.id));
  return platformPostIds.filter((id) => !takenIds.has(id));
}

/** Whether no other task that is open holds a lock on the account. */
export async function isAlone(db: Database, account: ExternalAccount, holder: TaskRef): Promise<boolean> {
  const others = await db
    .select({ postId: platformPosts.postId })
    .from(platformPosts)
    .where(and(isOfAccount(account), IS_LOCK, isOfAnother(holder), HOLDER_IS_OPEN))
    .limit(1);
  return others.length === 0;
}

function isOfAnother({ postId, accountId }: TaskRef) {
  return or(ne(platformPosts.postId, postId), ne(platformPosts.accountId, accountId));
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
