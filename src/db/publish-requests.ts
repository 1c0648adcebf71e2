import { and, eq, inArray } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import { accountRow, selectAccounts } from "./accounts.ts";
import type { Database } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import { claimKey, isClaimedBy, selectKey } from "./idempotency.ts";
import type { MediaRow } from "./media.ts";
import type { NewPostRow } from "./posts.ts";
import { hasItsMedia, insertPost } from "./posts.ts";
import { media, posts, workspaces } from "./schema.ts";

/** What a publish request is checked against. */
export interface PublishContext {
  /** The request's Idempotency-Key, when it has one and it is taken. */
  taken: IdempotencyRow | null;
  accounts: AccountRow[];
  media: MediaRow[];
  /** How far the clock that the scope's posts live by is ahead of the real one. */
  clockOffset: Millis;
  /** How long after its time a post may go out that does not say so itself; null: however late. */
  publishWithin: Millis | null;
}

/** Loads all that a publish request names and that is within reach, in one round trip. */
export async function loadPublishContext(
  db: Database,
  access: Access,
  request: { key: string | null; accountIds: string[]; mediaIds: string[] },
): Promise<PublishContext> {
  const { scope } = access;
  const [takenRows, accountRows, mediaRows, [workspace]] = await db.batch([
    selectKey(db, scope, request.key ?? ""),
    selectAccounts(db, access, request.accountIds),
    db
      .select()
      .from(media)
      .where(
        and(eq(media.workspaceId, scope.workspaceId), eq(media.mode, scope.mode), inArray(media.id, request.mediaIds)),
      ),
    db
      .select({ offset: workspaces.testClockOffset, publishWithin: workspaces.publishWithin })
      .from(workspaces)
      .where(eq(workspaces.id, scope.workspaceId)),
  ]);
  return {
    taken: takenRows[0] ?? null,
    accounts: accountRows.map(accountRow),
    media: mediaRows,
    clockOffset: scope.mode === "test" ? (workspace?.offset ?? 0) : 0,
    publishWithin: workspace?.publishWithin ?? null,
  };
}

/**
 * Stores a post without a key, unless media of it is gone. Repeating it changes nothing.
 *
 * @returns whether it is stored
 */
export async function savePost(db: Database, post: NewPostRow): Promise<boolean> {
  const { workspaceId, mode, postId } = post.ref;
  const results = await db.batch([
    ...insertPost(db, post, hasItsMedia(post)),
    db
      .select({ id: posts.id })
      .from(posts)
      .where(and(eq(posts.workspaceId, workspaceId), eq(posts.mode, mode), eq(posts.id, postId))),
  ]);
  return results[5].length > 0;
}

/**
 * Claims a key and stores the post, both or neither: where the key is taken, or media of the post is gone, nothing is
 * written. Repeating it changes nothing.
 *
 * @param now the real time, by which keys expire
 * @returns the key's row: the request's own when it won, another's when that was first; null when media is gone
 */
export async function claimAndSavePost(
  db: Database,
  post: NewPostRow,
  claim: IdempotencyRow,
  now: Millis,
): Promise<IdempotencyRow | null> {
  const results = await db.batch([
    claimKey(db, claim, now, hasItsMedia(post)),
    ...insertPost(db, post, isClaimedBy(claim)),
    selectKey(db, claim, claim.key),
  ]);
  return results[6][0] ?? null;
}
