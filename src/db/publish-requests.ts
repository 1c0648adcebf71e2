import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Access, Scope } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import { accountRow, selectAccounts } from "./accounts.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import type { MediaRow } from "./media.ts";
import type { NewPostRow } from "./new-posts.ts";
import { hasItsMedia, insertPosts, madeOf, member } from "./new-posts.ts";
import { idempotency, media, posts, workspaces } from "./schema.ts";

/** What publish requests are checked against. */
export interface PublishContext {
  /** The rows of the Idempotency-Keys that are taken. */
  taken: IdempotencyRow[];
  accounts: AccountRow[];
  media: MediaRow[];
  /** How far the clock that the scope's posts live by is ahead of the real one. */
  clockOffset: Millis;
  /** How long after its time a post may go out that does not say so itself; null: however late. */
  publishWithin: Millis | null;
}

/** Loads all that publish requests name and that is within reach, in one round trip. */
export async function loadPublishContext(
  db: Database,
  access: Access,
  names: { keys: string[]; accountIds: string[]; mediaIds: string[] },
): Promise<PublishContext> {
  const { scope } = access;
  const [taken, accountRows, mediaRows, [workspace]] = await db.batch([
    selectKeys(db, scope, names.keys),
    selectAccounts(db, access, names.accountIds),
    db
      .select()
      .from(media)
      .where(
        and(eq(media.workspaceId, scope.workspaceId), eq(media.mode, scope.mode), sql`id IN ${listOf(names.mediaIds)}`),
      ),
    db
      .select({ offset: workspaces.testClockOffset, publishWithin: workspaces.publishWithin })
      .from(workspaces)
      .where(eq(workspaces.id, scope.workspaceId)),
  ]);
  return {
    taken,
    accounts: accountRows.map(accountRow),
    media: mediaRows,
    clockOffset: scope.mode === "test" ? (workspace?.offset ?? 0) : 0,
    publishWithin: workspace?.publishWithin ?? null,
  };
}

/** One JSON parameter: D1 takes a hundred at most. */
function listOf(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

function selectKeys(db: Database, scope: Scope, keys: readonly string[]) {
  return db
    .select()
    .from(idempotency)
    .where(
      and(
        eq(idempotency.workspaceId, scope.workspaceId),
        eq(idempotency.mode, scope.mode),
        sql`key IN ${listOf(keys)}`,
      ),
    );
}

/** A post that is to be stored, with the claim of its request's key; null: it has none. */
export interface ClaimingPost {
  post: NewPostRow;
  claim: IdempotencyRow | null;
}

/** What became of a post that was to be stored: `row` is of its key, and of another request where that was first. */
export type StoreOutcome = { is: "stored" } | { is: "taken"; row: IdempotencyRow } | { is: "media_gone" };

/**
 * Claims the posts' keys and stores the posts, in one batch. Of each: both or neither. Where its key is taken, or media
 * of it is gone, nothing of it is written. Repeating it changes nothing.
 *
 * @param made of one scope, no two with one key
 * @param now the real time, by which keys expire
 * @returns what became of each, in order
 */
export async function storePosts(
  db: Database,
  scope: Scope,
  made: readonly ClaimingPost[],
  now: Millis,
): Promise<StoreOutcome[]> {
  const claimed = made.flatMap(({ post, claim }) => (claim ? [{ ...claim, usedMedia: post.usedMedia }] : []));
  const extended = made.map(({ post, claim }) => ({ ...post, key: claim?.key ?? null, claim: claim?.claim ?? null }));
  const results = await db.batch([
    claimKeys(db, claimed, now, hasItsMedia(scope)),
    ...insertPosts(db, scope, extended, mayBeStored(scope), ({ key, claim, usedMedia }) => ({ key, claim, usedMedia })),
    selectKeys(
      db,
      scope,
      claimed.map(({ key }) => key),
    ),
    db
      .select({ id: posts.id })
      .from(posts)
      .where(
        and(
          eq(posts.workspaceId, scope.workspaceId),
          eq(posts.mode, scope.mode),
          sql`id IN ${listOf(made.map(({ post }) => post.ref.postId))}`,
        ),
      ),
  ]);
  const [keys, stored] = [results[7], new Set(results[8].map(({ id }) => id))];
  return made.map(({ post, claim }) => {
    if (stored.has(post.ref.postId)) return { is: "stored" };
    const row = claim && keys.find(({ key }) => key === claim.key);
    return row ? { is: "taken", row } : { is: "media_gone" };
  });
}

/** The key of a request decides where there is one: it was claimed by this attempt under all other conditions. */
function mayBeStored(scope: Scope): SQL {
  const isClaimed = sql`EXISTS (SELECT 1 FROM idempotency WHERE workspace_id = ${scope.workspaceId}
    AND mode = ${scope.mode} AND key = ${member("key")} AND claim = ${member("claim")})`;
  return sql`iif(${member("key")} IS NULL, ${hasItsMedia(scope)}, ${isClaimed})`;
}

/** The statement by which requests claim their keys. One that is taken stays as it is, unless its time is over. */
function claimKeys(db: Database, rows: readonly IdempotencyRow[], now: Millis, condition: SQL) {
  return statement(
    db,
    sql`
    INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, claimed_at, post_id, response_status,
      response_body, is_sealed, expires_at)
    SELECT ${member("workspaceId")}, ${member("mode")}, ${member("key")}, ${member("fingerprint")}, ${member("claim")},
      ${member("claimedAt")}, ${member("postId")}, ${member("responseStatus")}, ${member("responseBody")},
      ${member("isSealed")}, ${member("expiresAt")}
    FROM ${madeOf(rows)} WHERE ${condition}
    ON CONFLICT (workspace_id, mode, key) DO UPDATE SET fingerprint = excluded.fingerprint, claim = excluded.claim,
      claimed_at = excluded.claimed_at, post_id = excluded.post_id, response_status = excluded.response_status,
      response_body = excluded.response_body, is_sealed = excluded.is_sealed, expires_at = excluded.expires_at
    WHERE idempotency.expires_at <= ${now}`,
  );
}
