import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import type { Access, ApprovalPolicy, Mode, Scope } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import { accountRow, selectConnected } from "./accounts.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import { forgetKeysOfPosts } from "./idempotency.ts";
import type { MediaRow } from "./media.ts";
import type { NewPostRow } from "./new-posts.ts";
import { hasItsMedia, insertPosts, madeOf, member } from "./new-posts.ts";
import type { Said } from "./recent-contents.ts";
import { isNew, rememberContents } from "./recent-contents.ts";
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
  /** Whether the workspace refuses what was said to an account within a day. */
  duplicateGuard: boolean;
  /** Which posts of the workspace wait for approval that do not ask for it themselves. */
  approvals: ApprovalPolicy;
}

/** What publish requests name. */
export interface PublishNames {
  /** SHA-256 of Idempotency-Keys, in hexadecimal. */
  keys: string[];
  accountIds: string[];
  mediaIds: string[];
}

/** A world that is known, or that the database finds out by itself. */
interface World {
  workspaceId: string | SQL;
  mode: Mode | SQL;
}

/** The statements that read what publish requests name, for a batch; of what they give `publishContextOf` makes sense. */
export function selectPublishContext(db: Database, world: World, names: PublishNames) {
  return [
    selectKeys(db, world, names.keys),
    selectConnected(db, world, names.accountIds),
    db
      .select()
      .from(media)
      .where(
        and(eq(media.workspaceId, world.workspaceId), eq(media.mode, world.mode), sql`id IN ${listOf(names.mediaIds)}`),
      ),
    db
      .select({
        offset: workspaces.testClockOffset,
        publishWithin: workspaces.publishWithin,
        duplicateGuard: workspaces.duplicateGuard,
        approvals: workspaces.approvals,
      })
      .from(workspaces)
      .where(eq(workspaces.id, world.workspaceId)),
  ] as const;
}

export function publishContextOf(
  mode: Mode,
  [taken, accountRows, mediaRows, [workspace]]: BatchResponse<ReturnType<typeof selectPublishContext>>,
): PublishContext {
  return {
    taken,
    accounts: accountRows.map(accountRow),
    media: mediaRows,
    clockOffset: mode === "test" ? (workspace?.offset ?? 0) : 0,
    publishWithin: workspace?.publishWithin ?? null,
    duplicateGuard: workspace?.duplicateGuard ?? false,
    approvals: workspace?.approvals ?? "off",
  };
}

/** Loads all that publish requests name and that is within reach, in one round trip. */
export async function loadPublishContext(db: Database, access: Access, names: PublishNames): Promise<PublishContext> {
  const { scope } = access;
  const accountIds = names.accountIds.filter((id) => reaches(access, id));
  const statements = selectPublishContext(db, scope, { ...names, accountIds });
  return publishContextOf(scope.mode, await db.batch(statements));
}

/** One JSON parameter: D1 takes a hundred at most. */
function listOf(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

function selectKeys(db: Database, scope: World, keys: readonly string[]) {
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

/** A post that is to be stored. */
export interface ClaimingPost {
  post: NewPostRow;
  /** The claim of its request's key; null: it has none. */
  claim: IdempotencyRow | null;
  /** What is to be remembered of it; null: its workspace does not guard against duplicates. */
  guard: { said: Said[]; expiresAt: Millis; mayRepeat: boolean } | null;
}

/**
 * What became of a post that was to be stored. `taken`: by another request, whose row it is. `refused`: media of it is
 * gone, or what it says was said.
 */
export type StoreOutcome = { is: "stored" } | { is: "taken"; row: IdempotencyRow } | { is: "refused" };

/**
 * Claims the posts' keys and stores the posts, in one batch. Of each: both or neither. Where its key is taken, media of it
 * is gone, or what it says was said and must be new, nothing of it is written. Repeating it changes nothing.
 *
 * @param made of one scope, no two with one key, none that must say what is new and says what one before does
 * @param now the real time, by which keys and what was said expire
 * @returns what became of each, in order
 */
export async function storePosts(
  db: Database,
  scope: Scope,
  made: readonly ClaimingPost[],
  now: Millis,
): Promise<StoreOutcome[]> {
  const conditional = made.map(({ post, claim, guard }) => ({
    ...post,
    id: post.ref.postId,
    key: claim?.key ?? null,
    claim: claim?.claim ?? null,
    mustBeNew: guard && !guard.mayRepeat ? guard.said : [],
  }));
  const claimed = made.flatMap(({ post, claim }, index) => {
    const mustBeNew = conditional[index]?.mustBeNew;
    return claim ? [{ ...claim, id: post.ref.postId, usedMedia: post.usedMedia, mustBeNew }] : [];
  });
  const guarded = made.flatMap(({ post, guard }) => (guard ? [{ id: post.ref.postId, said: guard.said }] : []));
  const [expiresAt = now] = made.flatMap(({ guard }) => (guard ? [guard.expiresAt] : []));
  const mayBeClaimed = sql`${hasItsMedia(scope)} AND ${isNew(scope, now)}`;
  const results = await db.batch([
    claimKeys(db, claimed, now, mayBeClaimed),
    ...insertPosts(db, scope, conditional, mayBeStored(scope, mayBeClaimed), conditionsOf),
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
    forgetKeysOfPosts(db, scope, claimed, now),
    ...(guarded.length === 0 ? [] : [rememberContents(db, scope, guarded, { now, expiresAt })]),
  ]);
  const [keys, stored] = [results[8], new Set(results[9].map(({ id }) => id))];
  return made.map(({ post, claim }) => {
    if (stored.has(post.ref.postId)) return { is: "stored" };
    const row = claim && keys.find(({ key }) => key === claim.key);
    return row ? { is: "taken", row } : { is: "refused" };
  });
}

type Conditional = NewPostRow & { key: string | null; claim: string | null; mustBeNew: Said[] };

function conditionsOf({ key, claim, usedMedia, mustBeNew }: Conditional): object {
  return { key, claim, usedMedia, mustBeNew };
}

/** The key of a request decides where there is one: it was claimed by this attempt, under all other conditions. */
function mayBeStored(scope: Scope, condition: SQL): SQL {
  const isClaimed = sql`EXISTS (SELECT 1 FROM idempotency WHERE workspace_id = ${scope.workspaceId}
    AND mode = ${scope.mode} AND key = ${member("key")} AND claim = ${member("claim")})`;
  return sql`iif(${member("key")} IS NULL, ${condition}, ${isClaimed})`;
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
