import { and, eq, inArray } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import type { Database } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import { claimKey, isClaimedBy, selectKey } from "./idempotency.ts";
import type { MediaRow } from "./media.ts";
import type { NewPostRow } from "./posts.ts";
import { hasItsMedia, insertPost } from "./posts.ts";
import { accounts, grants, media, posts } from "./schema.ts";

/** What a publish request is checked against. */
export interface PublishContext {
  /** The request's Idempotency-Key, when it has one and it is taken. */
  taken: IdempotencyRow | null;
  accounts: AccountRow[];
  media: MediaRow[];
}

/** Loads all that a publish request names, in one round trip. */
export async function loadPublishContext(
  db: Database,
  scope: Scope,
  request: { key: string | null; accountIds: string[]; mediaIds: string[] },
): Promise<PublishContext> {
  const [takenRows, accountRows, mediaRows] = await db.batch([
    selectKey(db, scope, request.key ?? ""),
    db
      .select({ account: accounts, tokenExpiresAt: grants.expiresAt })
      .from(accounts)
      .innerJoin(grants, eq(grants.id, accounts.grantId))
      .where(
        and(
          eq(accounts.workspaceId, scope.workspaceId),
          eq(accounts.mode, scope.mode),
          inArray(accounts.id, request.accountIds),
        ),
      ),
    db
      .select()
      .from(media)
      .where(
        and(eq(media.workspaceId, scope.workspaceId), eq(media.mode, scope.mode), inArray(media.id, request.mediaIds)),
      ),
  ]);
  return {
    taken: takenRows[0] ?? null,
    accounts: accountRows.map(({ account, tokenExpiresAt }) => ({ ...account, tokenExpiresAt })),
    media: mediaRows,
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
 * @returns the key's row: the request's own when it won, another's when that was first; null when media is gone
 */
export async function claimAndSavePost(
  db: Database,
  post: NewPostRow,
  claim: IdempotencyRow,
): Promise<IdempotencyRow | null> {
  const results = await db.batch([
    claimKey(db, claim, post.createdAt, hasItsMedia(post)),
    ...insertPost(db, post, isClaimedBy(claim)),
    selectKey(db, claim, claim.key),
  ]);
  return results[6][0] ?? null;
}
