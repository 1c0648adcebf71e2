import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import { reaches } from "../lib/access.ts";
import type { Millis } from "../lib/clock.ts";
import type { Access, ApprovalPolicy, Mode, Scope } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import { accountRow, selectConnected } from "./accounts.ts";
import type { Database, World } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import type { IdempotencyRow } from "./idempotency.ts";
import { forgetKeysOfPosts } from "./idempotency.ts";
import type { MediaRow } from "./media.ts";
import type { NewPostRow } from "./new-posts.ts";
import { HAS_ITS_MEDIA, madeOf, member, postInserter } from "./new-posts.ts";
import type { Said } from "./recent-contents.ts";
import { IS_NEW, rememberContents } from "./recent-contents.ts";
import { idempotency, media, workspaces } from "./schema.ts";

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

/** The statement that reads the rows of Idempotency-Keys. One JSON parameter: D1 takes a hundred at most. */
function keysSelector({ workspaceId, mode }: World) {
  const isNamed = sql`key IN (SELECT value FROM json_each(${sql.placeholder("keys")}))`;
  return prepared((db) =>
    db
      .select()
      .from(idempotency)
      .where(and(eq(idempotency.workspaceId, workspaceId), eq(idempotency.mode, mode), isNamed)),
  );
}

/**
 * The statements that read what publish requests name, for a batch; of what they give `publishContextOf` makes sense.
 *
 * @param world of prepared statements: `values` has what it asks for
 */
export function publishContextSelector(world: World) {
  const selectTaken = keysSelector(world);
  const selectAccounts = prepared((db) => selectConnected(db, world, sql.placeholder("accountIds")));
  const selectMedia = prepared((db) => {
    const isNamed = sql`id IN (SELECT value FROM json_each(${sql.placeholder("mediaIds")}))`;
    return db
      .select()
      .from(media)
      .where(and(eq(media.workspaceId, world.workspaceId), eq(media.mode, world.mode), isNamed));
  });
  const selectSettings = prepared((db) =>
    db
      .select({
        offset: workspaces.testClockOffset,
        publishWithin: workspaces.publishWithin,
        duplicateGuard: workspaces.duplicateGuard,
        approvals: workspaces.approvals,
      })
      .from(workspaces)
      .where(eq(workspaces.id, world.workspaceId)),
  );
  return function selectPublishContext(db: Database, values: object, { keys, accountIds, mediaIds }: PublishNames) {
    return [
      selectTaken(db, { ...values, keys: JSON.stringify(keys) }),
      selectAccounts(db, { ...values, accountIds: JSON.stringify(accountIds) }),
      selectSettings(db, values),
      ...(mediaIds.length === 0 ? [] : [selectMedia(db, { ...values, mediaIds: JSON.stringify(mediaIds) })]),
    ] as const;
  };
}

const selectPublishContext = publishContextSelector(SCOPE);
const selectTaken = keysSelector(SCOPE);

export function publishContextOf(
  mode: Mode,
  [taken, accountRows, [workspace], mediaRows = []]: BatchResponse<ReturnType<typeof selectPublishContext>>,
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
  const conditions = made.map(({ post, claim, guard }) => ({
    key: claim?.key ?? null,
    claim: claim?.claim ?? null,
    usedMedia: post.usedMedia,
    mustBeNew: guard && !guard.mayRepeat ? guard.said : [],
  }));
  const claims = made.flatMap(({ post, claim }, index) =>
    claim ? [{ ...conditions[index], ...claim, id: post.ref.postId }] : [],
  );
  const guarded = made.flatMap(({ post, guard }) => (guard ? [{ id: post.ref.postId, said: guard.said }] : []));
  const [expiresAt = now] = made.flatMap(({ guard }) => (guard ? [guard.expiresAt] : []));
  const isUnconditional = conditions.every(
    ({ usedMedia, mustBeNew }) => usedMedia.length === 0 && mustBeNew.length === 0,
  );
  const { claimKeys, insertPosts } = isUnconditional ? UNCONDITIONAL : CONDITIONAL;
  const inserted = made.map(({ post }, index) => ({ post, beside: conditions[index] ?? {} }));
  const [, , , , , stored] = await db.batch([
    claimKeys(db, { ...scope, now, claims: JSON.stringify(claims) }),
    ...insertPosts(db, scope, inserted, { now }),
    ...(claims.length === 0 ? [] : [forgetKeysOfPosts(db, scope, claims, now)]),
    ...(guarded.length === 0 ? [] : [rememberContents(db, scope, guarded, { now, expiresAt })]),
  ]);
  const ids = new Set(stored.map(({ id }) => id));
  const keysOfOthers = claims.filter(({ id }) => !ids.has(id)).map(({ key }) => key);
  const taken =
    keysOfOthers.length === 0 ? [] : await selectTaken(db, { ...scope, keys: JSON.stringify(keysOfOthers) }).all();
  return made.map(({ post, claim }) => {
    if (ids.has(post.ref.postId)) return { is: "stored" };
    // One whose time is over is nobody's, and stays until somebody forgets it.
    const row = claim && taken.find(({ key, expiresAt: until }) => key === claim.key && until > now);
    if (row) return { is: "taken", row };
    // It may be forgotten by now; repeated, the batch claims it.
    if (isUnconditional) throw new Error("a key that was taken is not there");
    return { is: "refused" };
  });
}

/** The statements that claim keys and store posts. @param condition under which that may be done; of `made` */
function storing(condition: SQL) {
  // The key of a request decides where there is one: it was claimed by this attempt, under the condition.
  const mayBeStored = sql`iif(${member("key")} IS NULL, ${condition},
    EXISTS (SELECT 1 FROM idempotency WHERE workspace_id = ${SCOPE.workspaceId}
      AND mode = ${SCOPE.mode} AND key = ${member("key")} AND claim = ${member("claim")}))`;
  // One that is taken stays as it is, unless its time is over.
  const claimKeys = prepared((db) =>
    db.run(sql`
      INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, claimed_at, post_id, response_status,
        response_body, is_sealed, expires_at)
      SELECT ${member("workspaceId")}, ${member("mode")}, ${member("key")}, ${member("fingerprint")}, ${member("claim")},
        ${member("claimedAt")}, ${member("postId")}, ${member("responseStatus")}, ${member("responseBody")},
        ${member("isSealed")}, ${member("expiresAt")}
      FROM ${madeOf("claims")} WHERE ${condition}
      ON CONFLICT (workspace_id, mode, key) DO UPDATE SET fingerprint = excluded.fingerprint, claim = excluded.claim,
        claimed_at = excluded.claimed_at, post_id = excluded.post_id, response_status = excluded.response_status,
        response_body = excluded.response_body, is_sealed = excluded.is_sealed, expires_at = excluded.expires_at
      WHERE idempotency.expires_at <= ${sql.placeholder("now")}`),
  );
  return { claimKeys, insertPosts: postInserter(mayBeStored) };
}

const CONDITIONAL = storing(sql`${HAS_ITS_MEDIA} AND ${IS_NEW}`);
/** For posts without media that may say what was said: to ask for conditions that hold takes a third of the batch's time. */
const UNCONDITIONAL = storing(sql`true`);
