import type { Placeholder, SQL } from "drizzle-orm";
import { and, desc, eq, getTableColumns, gt, inArray, isNull, lt, lte, or, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { Millis } from "../lib/clock.ts";
import { DAY, MINUTE } from "../lib/clock.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { prepared, selectValues, statement } from "./database.ts";
import type { MemberRow } from "./members.ts";
import type { PublishContext, PublishNames } from "./publish-requests.ts";
import { publishContextOf, publishContextSelector } from "./publish-requests.ts";
import { apiKeys, replacedSecrets, workspaces } from "./schema.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** A key that was revoked is shown for so long, and then forgotten. */
export const REVOKED_LIFE: Millis = 30 * DAY;
/** Its last use is written down as often as that and no more. */
const USE_PRECISION: Millis = MINUTE;

/** One of a key's secrets as it is stored. */
export interface StoredSecret {
  digest: string;
  /** Null: it was stored before peppers had ids. */
  pepperId: string | null;
  /** Of one that was replaced. Null: it is the key's present one. */
  goodUntil: Millis | null;
}

/** A key by one of its secrets, and what its workspace may: how often it may ask, and whether it is let in. */
export interface KeyBySecret {
  /** What its publish request names; null: none was asked for, or it is one of the key's former secrets. */
  context: PublishContext | null;
  key: ApiKeyRow;
  stored: StoredSecret;
  workspace: { rateLimits: RateLimits | null; suspendedAt: Millis | null; deletedAt: Millis | null };
}

/** @param possible what the secret may be stored as */
function selectBySecret(db: Database, possible: Placeholder[]) {
  const columns = {
    ...getTableColumns(apiKeys),
    rateLimits: workspaces.rateLimits,
    suspendedAt: sql<Millis | null>`${workspaces.suspendedAt}`.as("suspended_at"),
    deletedAt: sql<Millis | null>`${workspaces.deletedAt}`.as("deleted_at"),
  };
  return unionAll(
    db
      .select({
        ...columns,
        storedDigest: sql<string>`${apiKeys.digest}`.as("stored_digest"),
        storedPepperId: sql<string | null>`${apiKeys.pepperId}`.as("stored_pepper_id"),
        goodUntil: sql<Millis | null>`NULL`.as("good_until"),
      })
      .from(apiKeys)
      .innerJoin(workspaces, eq(workspaces.id, apiKeys.workspaceId))
      .where(inArray(apiKeys.digest, possible)),
    db
      .select({
        ...columns,
        storedDigest: sql<string>`${replacedSecrets.digest}`.as("stored_digest"),
        storedPepperId: sql<string | null>`${replacedSecrets.pepperId}`.as("stored_pepper_id"),
        goodUntil: sql<Millis | null>`${replacedSecrets.goodUntil}`.as("good_until"),
      })
      .from(replacedSecrets)
      .innerJoin(apiKeys, eq(apiKeys.id, replacedSecrets.keyId))
      .innerJoin(workspaces, eq(workspaces.id, apiKeys.workspaceId))
      .where(inArray(replacedSecrets.digest, possible)),
  );
}

/** The statements that find a key, and what a publish request names of its world. @param possible see `selectBySecret` */
function lookup(possible: Placeholder[]) {
  const ofKey = (column: string) =>
    sql`(SELECT ${sql.identifier(column)} FROM api_keys WHERE ${inArray(apiKeys.digest, possible)})`;
  return {
    selectKey: prepared((db) => selectBySecret(db, possible)),
    selectContext: publishContextSelector({ workspaceId: ofKey("workspace_id"), mode: ofKey("mode") }),
  };
}

const [FIRST, SECOND] = [sql.placeholder("first"), sql.placeholder("second")];
const UNDER_ONE_PEPPER = lookup([FIRST]);
const UNDER_EITHER = lookup([FIRST, SECOND]);

/**
 * The key with a secret, whether it is good any more or not.
 *
 * @param digests what the secret may be stored as, under one pepper or two: one of them at most is
 * @param names what is to be read of the key's world in the same round trip; null: nothing
 * @returns null when no key has it
 */
export async function findKeyBySecret(
  db: Database,
  digests: readonly string[],
  names: PublishNames | null,
): Promise<KeyBySecret | null> {
  const [first, second] = digests;
  const { selectKey, selectContext } = second === undefined ? UNDER_ONE_PEPPER : UNDER_EITHER;
  const bySecret = selectKey(db, { first, second });
  const [[row], ...read] = names
    ? await db.batch([bySecret, ...selectContext(db, { first, second }, names)])
    : [await bySecret.all(), [], [], [], []];
  if (!row) return null;
  const { storedDigest, storedPepperId, goodUntil, rateLimits, suspendedAt, deletedAt, ...key } = row;
  const stored = { digest: storedDigest, pepperId: storedPepperId, goodUntil };
  const context = names && goodUntil === null ? publishContextOf(key.mode, read) : null;
  return { context, key, stored, workspace: { rateLimits, suspendedAt, deletedAt } };
}

/** Stores a secret under another digest, in either table and as long as it has the one that was read. */
export async function replaceDigest(
  db: Database,
  { digest }: StoredSecret,
  another: { digest: string; pepperId: string },
): Promise<void> {
  await db.batch([
    db.update(apiKeys).set(another).where(eq(apiKeys.digest, digest)),
    db.update(replacedSecrets).set(another).where(eq(replacedSecrets.digest, digest)),
  ]);
}

/**
 * How many secrets that are good are not known to be stored under a pepper. Reads all keys of the deployment: to be asked
 * while peppers rotate.
 */
export async function countUnderOthers(
  db: Database,
  pepperId: string,
  now: Millis,
): Promise<{ keys: number; replacedSecrets: number }> {
  const isOther = (column: typeof apiKeys.pepperId | typeof replacedSecrets.pepperId) =>
    sql`${column} IS NOT ${pepperId}`;
  const isGood = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)));
  const count = sql<number>`count(*)`;
  const [[keys], [replaced]] = await db.batch([
    db
      .select({ count })
      .from(apiKeys)
      .where(and(isOther(apiKeys.pepperId), isGood)),
    db
      .select({ count })
      .from(replacedSecrets)
      .innerJoin(apiKeys, eq(apiKeys.id, replacedSecrets.keyId))
      .where(and(isOther(replacedSecrets.pepperId), gt(replacedSecrets.goodUntil, now), isGood)),
  ]);
  return { keys: keys?.count ?? 0, replacedSecrets: replaced?.count ?? 0 };
}

/** Whether the use of a key is to be written down. */
export function isUseNews({ lastUsedAt }: Pick<ApiKeyRow, "lastUsedAt">, now: Millis): boolean {
  return lastUsedAt === null || lastUsedAt <= now - USE_PRECISION;
}

export async function noteUse(db: Database, id: string, now: Millis): Promise<void> {
  const isNews = or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, now - USE_PRECISION));
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.id, id), isNews));
}

/** What a key is restricted to: what it reaches is in both. */
export type KeyLimits = Pick<ApiKeyRow, "accountIds" | "groupIds">;

/**
 * The keys that a key can look at: those of its world, and of them, where it is restricted to accounts or to groups, the
 * ones that are restricted to no others.
 */
function within({ workspaceId, mode, accountIds, groupIds }: Scope & KeyLimits): SQL | undefined {
  return and(
    eq(apiKeys.workspaceId, workspaceId),
    eq(apiKeys.mode, mode),
    accountIds === null ? undefined : areAmong(apiKeys.accountIds, accountIds),
    groupIds === null ? undefined : areAmong(apiKeys.groupIds, groupIds),
  );
}

function areAmong(column: typeof apiKeys.accountIds | typeof apiKeys.groupIds, ids: readonly string[]): SQL {
  return sql`${column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each(${column})
    WHERE value NOT IN (SELECT value FROM json_each(${JSON.stringify(ids)})))`;
}

/**
 * Lists keys, newest first, and with them those that were revoked not long ago.
 *
 * @param after the id of the last key of the page before, or null for the first page
 */
export async function listKeys(
  db: Database,
  asker: Scope & KeyLimits,
  page: { after: string | null; limit: number },
): Promise<ApiKeyRow[]> {
  return db
    .select()
    .from(apiKeys)
    .where(and(within(asker), page.after === null ? undefined : lt(apiKeys.id, page.after)))
    .orderBy(desc(apiKeys.id))
    .limit(page.limit);
}

/** @returns null when there is no such key within reach */
export async function findKey(db: Database, asker: Scope & KeyLimits, id: string): Promise<ApiKeyRow | null> {
  const [row] = await db
    .select()
    .from(apiKeys)
    .where(and(within(asker), eq(apiKeys.id, id)));
  return row ?? null;
}

/** Who asks for a change of keys: it is made only while they may do what they could when their request came in. */
export type KeyAsker = (Pick<ApiKeyRow, "id" | "scopes"> & KeyLimits) | AskerMember;

/** A member who asks, and reaches every account. */
export type AskerMember = Pick<MemberRow, "workspaceId" | "personId" | "role">;

/** Why a change was not made; null: it was. `moved`: a key it rests on was changed in the same moment. */
export type KeyConflict = "moved" | "last" | "full" | null;

/**
 * Holds while a key is not revoked, and has the scopes and limits that were read of it; of a member, while they belong to
 * the workspace with the role that was read of them, and are limited to no groups.
 */
function isStill(asker: KeyAsker): SQL {
  if ("personId" in asker) {
    return sql`EXISTS (SELECT 1 FROM members AS m WHERE m.workspace_id = ${asker.workspaceId}
      AND m.person_id = ${asker.personId} AND m.role = ${asker.role} AND m.group_ids IS NULL)`;
  }
  const { id, scopes, accountIds, groupIds } = asker;
  const stored = (ids: string[] | null) => (ids === null ? null : JSON.stringify(ids));
  return sql`EXISTS (SELECT 1 FROM api_keys AS k WHERE k.id = ${id} AND k.revoked_at IS NULL
    AND k.scopes = ${JSON.stringify(scopes)} AND k.account_ids IS ${stored(accountIds)}
    AND k.group_ids IS ${stored(groupIds)})`;
}

/** Stores a new key, unless its workspace has as many as it may. Repeating it changes nothing. */
export async function insertKey(
  db: Database,
  record: ChangeRecord,
  row: ApiKeyRow,
  asker: KeyAsker,
  atMost: number,
): Promise<KeyConflict> {
  const hasRoom = sql`(SELECT count(*) FROM api_keys AS k WHERE k.workspace_id = ${row.workspaceId}
    AND k.mode = ${row.mode} AND k.revoked_at IS NULL AND k.id <> ${row.id}) < ${atMost}`;
  const [, [stored], asked] = await commitChange(db, record, [
    db
      .insert(apiKeys)
      .select(selectValues(apiKeys, row, sql`${hasRoom} AND ${isStill(asker)}`))
      .onConflictDoNothing(),
    db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, row.id)),
    statement(db, sql`SELECT ${isStill(asker)} AS is_true`),
  ]);
  if (stored) return null;
  return isTrue(asked) ? "full" : "moved";
}

/** What a statement of a batch gave back that reads one condition. */
function isTrue(result: unknown): boolean {
  return (result as { results: { is_true: number }[] }).results[0]?.is_true === 1;
}

/** What can be changed of a key. */
export type KeyChange = Pick<ApiKeyRow, "name" | "scopes" | "needsApproval" | "expiresAt"> & KeyLimits;

/**
 * Changes a key, as long as it is as it was read, and unless it is the last that administers its workspace and would not
 * any more.
 */
export async function updateKey(
  db: Database,
  record: ChangeRecord,
  seen: ApiKeyRow,
  change: KeyChange,
  asker: KeyAsker,
  now: Millis,
): Promise<KeyConflict> {
  const stays = administers(change) && endsNoLater(seen, change);
  return write(db, record, seen, change, asker, stays ? sql`1` : isNotTheLast(seen, now));
}

/** Revokes a key, unless it is the last that administers its workspace. */
export async function revokeKey(
  db: Database,
  record: ChangeRecord,
  seen: ApiKeyRow,
  asker: KeyAsker,
  now: Millis,
): Promise<KeyConflict> {
  return write(db, record, seen, { revokedAt: now }, asker, isNotTheLast(seen, now));
}

async function write(
  db: Database,
  record: ChangeRecord,
  seen: ApiKeyRow,
  change: Partial<ApiKeyRow>,
  asker: KeyAsker,
  condition: SQL,
): Promise<KeyConflict> {
  const isAsSeen = sql`revoked_at IS NULL AND ${apiKeys.expiresAt} IS ${seen.expiresAt} AND ${isStill(seen)}`;
  const [changed, [found]] = await commitChange(db, record, [
    db
      .update(apiKeys)
      .set(change)
      .where(and(eq(apiKeys.id, seen.id), isAsSeen, isStill(asker), condition))
      .returning({ id: apiKeys.id }),
    // Read where nothing was written, and then it is as it was.
    db
      .select({ isAllowed: sql<number>`${condition}`.as("is_allowed") })
      .from(apiKeys)
      .where(eq(apiKeys.id, seen.id)),
  ]);
  if (changed.length > 0) return null;
  return found?.isAllowed ? "moved" : "last";
}

/** Whether a key can make, change and revoke any key of its workspace. */
function administers({ scopes, accountIds, groupIds }: Pick<ApiKeyRow, "scopes"> & KeyLimits): boolean {
  return accountIds === null && groupIds === null && scopes.includes("keys:admin");
}

/** Whether a key ends before another, or with it. */
export function endsNoLater(key: Pick<ApiKeyRow, "expiresAt">, than: Pick<ApiKeyRow, "expiresAt">): boolean {
  if (than.expiresAt === null) return true;
  return key.expiresAt !== null && key.expiresAt <= than.expiresAt;
}

/** Holds unless a key administers its workspace, and no other does for as long. */
function isNotTheLast(key: ApiKeyRow, now: Millis): SQL {
  const isOver = key.expiresAt !== null && key.expiresAt <= now;
  if (isOver || !administers(key)) return sql`1`;
  return sql`EXISTS (SELECT 1 FROM api_keys AS k WHERE k.workspace_id = ${key.workspaceId} AND k.mode = ${key.mode}
    AND k.id <> ${key.id} AND k.revoked_at IS NULL AND k.account_ids IS NULL AND k.group_ids IS NULL
    AND EXISTS (SELECT 1 FROM json_each(k.scopes) WHERE value = 'keys:admin')
    AND (k.expires_at IS NULL OR k.expires_at >= ${key.expiresAt}))`;
}

/**
 * Gives a key another secret. What it had before stays good as long as `goodUntil` says, and no secret for longer than
 * that. Repeating it changes nothing.
 *
 * @param goodUntil the present moment: everything before is refused at once
 * @param atMost how many secrets may be good beside the new one
 */
export async function replaceSecret(
  db: Database,
  record: ChangeRecord,
  seen: ApiKeyRow,
  secret: Pick<ApiKeyRow, "digest" | "pepperId" | "lastFour">,
  { goodUntil, asker, now, atMost }: { goodUntil: Millis; asker: KeyAsker; now: Millis; atMost: number },
): Promise<KeyConflict> {
  const isOfKey = eq(replacedSecrets.keyId, seen.id);
  const isReplaced = sql`EXISTS (SELECT 1 FROM api_keys AS k WHERE k.id = ${seen.id} AND k.digest = ${secret.digest})`;
  const hasRoom =
    goodUntil <= now
      ? sql`1`
      : sql`(SELECT count(*) FROM replaced_secrets AS r WHERE r.key_id = ${seen.id} AND r.good_until > ${now}) < ${atMost}`;
  const isSame = and(eq(apiKeys.id, seen.id), eq(apiKeys.digest, seen.digest), isNull(apiKeys.revokedAt));
  const before = { digest: seen.digest, keyId: seen.id, pepperId: seen.pepperId, goodUntil };
  const work = [
    db
      .update(apiKeys)
      .set(secret)
      .where(and(isSame, isStill(seen), isStill(asker), hasRoom)),
    db
      .insert(replacedSecrets)
      .select(selectValues(replacedSecrets, before, isReplaced))
      .onConflictDoNothing(),
    db
      .update(replacedSecrets)
      .set({ goodUntil })
      .where(and(isOfKey, gt(replacedSecrets.goodUntil, goodUntil), isReplaced)),
    db.delete(replacedSecrets).where(and(isOfKey, lte(replacedSecrets.goodUntil, now), isReplaced)),
    db
      .select({
        isReplaced: sql<number>`${isReplaced}`.as("is_replaced"),
        hasRoom: sql<number>`${hasRoom}`.as("has_room"),
      })
      .from(apiKeys)
      .where(eq(apiKeys.id, seen.id)),
  ] as const;
  const results = await commitChange(db, record, work, isReplaced);
  const [found] = results[4];
  if (found?.isReplaced) return null;
  return found?.hasRoom ? "moved" : "full";
}

/** Forgets keys that were revoked long ago. */
export async function deleteRevokedKeys(db: Database, now: Millis): Promise<void> {
  const isForgotten = sql`revoked_at <= ${now - REVOKED_LIFE}`;
  await db.batch([
    statement(db, sql`DELETE FROM replaced_secrets WHERE key_id IN (SELECT id FROM api_keys WHERE ${isForgotten})`),
    statement(db, sql`DELETE FROM api_keys WHERE ${isForgotten}`),
  ]);
}
