import type { SQL } from "drizzle-orm";
import { and, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { firstIdOf } from "../lib/ids.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE, selectValues, statement } from "./database.ts";
import { idempotency } from "./schema.ts";

/** How long a key is remembered. */
export const KEY_LIFE: Millis = 30 * DAY;

export type IdempotencyRow = typeof idempotency.$inferSelect;

/**
 * The statement by which a request claims its key, to stand first in the batch that does the request's work. A key
 * that is taken stays as it is, unless its time is over.
 *
 * @param condition the key is claimed only where this holds
 */
export function claimKey(db: Database, row: IdempotencyRow, now: Millis, condition: SQL = sql`true`) {
  return db
    .insert(idempotency)
    .select(selectValues(idempotency, row, condition))
    .onConflictDoUpdate({
      target: [idempotency.workspaceId, idempotency.mode, idempotency.key],
      set: {
        fingerprint: row.fingerprint,
        claim: row.claim,
        claimedAt: row.claimedAt,
        postId: row.postId,
        isSealed: row.isSealed,
        responseStatus: row.responseStatus,
        responseBody: row.responseBody,
        expiresAt: row.expiresAt,
      },
      setWhere: lte(idempotency.expiresAt, now),
    });
}

/**
 * The statement that fails, and its batch with it, where a key is another attempt's: to stand first in a batch that is not
 * to happen then.
 */
export function refuseTakenKey(db: Database, row: IdempotencyRow) {
  return statement(
    db,
    sql`UPDATE idempotency SET claim = NULL WHERE workspace_id = ${row.workspaceId} AND mode = ${row.mode}
      AND key = ${row.key} AND claim <> ${row.claim} AND expires_at > ${row.claimedAt}`,
  );
}

/**
 * Claims a key by itself, where the answer is not written with the work.
 *
 * @returns the key's row: the one given, or another's that was first
 */
export async function claimKeyAlone(db: Database, row: IdempotencyRow): Promise<IdempotencyRow> {
  const [, [winner]] = await db.batch([claimKey(db, row, row.claimedAt), selectKey(db, row, row.key)]);
  if (!winner) throw new Error("a key that was claimed is not there");
  return winner;
}

/**
 * Stores the answer of a key that was claimed without, unless it has one already.
 *
 * @returns the key's row, with the answer that counts; null when the key is another's, or forgotten
 */
export async function storeAnswer(db: Database, row: IdempotencyRow): Promise<IdempotencyRow | null> {
  const { responseStatus, responseBody, isSealed } = row;
  const [, [stored]] = await db.batch([
    db
      .update(idempotency)
      .set({ responseStatus, responseBody, isSealed })
      .where(and(isKey(row, row.key), eq(idempotency.claim, row.claim), isNull(idempotency.responseStatus))),
    selectKey(db, row, row.key),
  ]);
  return stored?.claim === row.claim ? stored : null;
}

/** Puts another body in the place of an answer's. @returns whether it was still the one that was read */
export async function replaceAnswer(db: Database, read: IdempotencyRow, responseBody: string): Promise<boolean> {
  const isAsRead = and(isKey(read, read.key), sql`${idempotency.responseBody} IS ${read.responseBody}`);
  const replaced = await db
    .update(idempotency)
    .set({ responseBody })
    .where(isAsRead)
    .returning({ key: idempotency.key });
  return replaced.length > 0;
}

/** The statement that reads a key's row. */
export function selectKey(db: Database, scope: Scope, key: string) {
  return db.select().from(idempotency).where(isKey(scope, key));
}

function isKey(scope: Scope, key: string): SQL | undefined {
  return and(
    eq(idempotency.workspaceId, scope.workspaceId),
    eq(idempotency.mode, scope.mode),
    eq(idempotency.key, key),
  );
}

/** @returns null when nothing was asked under the key, or it is forgotten */
export async function findClaim(db: Database, scope: Scope, key: string, now: Millis): Promise<IdempotencyRow | null> {
  const [row] = await selectKey(db, scope, key);
  return row && row.expiresAt > now ? row : null;
}

/** How many of the keys that follow its own each claim looks at: of those that are kept an eighth has expired. */
const LOOKED_AT = 8;

const OF_SCOPE = sql`workspace_id = ${SCOPE.workspaceId} AND mode = ${SCOPE.mode}`;

const forgetKeysBehind = prepared((db) =>
  db.run(sql`
    DELETE FROM idempotency WHERE ${OF_SCOPE} AND key IN (
      SELECT key FROM (SELECT key, post_id, expires_at FROM idempotency WHERE ${OF_SCOPE} AND key > ${sql.placeholder("first")}
        ORDER BY key LIMIT ${sql.placeholder("limit")}) AS near
      WHERE post_id IS NOT NULL AND expires_at <= ${sql.placeholder("now")})`),
);

/**
 * The statement by which requests that claim keys forget those of posts whose time is over, among the ones that follow the first
 * of theirs in the order of digests, which is none. An index by time, as other keys have, would cost each post a row.
 *
 * @param claimed in no order of their keys: behind the least of many nobody would come to the keys at the end
 */
export function forgetKeysOfPosts(db: Database, scope: Scope, claimed: readonly { key: string }[], now: Millis) {
  const [{ key: first } = { key: "" }] = claimed;
  return forgetKeysBehind(db, { ...scope, first, limit: LOOKED_AT * claimed.length, now });
}

/**
 * Deletes keys of posts whose time is over, some at a time, in workspaces to which nobody comes that would come upon them: where no
 * post was made for as long as keys live.
 *
 * @param within behind which workspace, and up to which; null: from the first, and up to the last
 */
export async function deleteLeftKeys(
  db: Database,
  now: Millis,
  within: { after: string | null; through: string | null },
  limit: number,
): Promise<void> {
  const isUpTo = within.through === null ? sql`true` : sql`w.id <= ${within.through}`;
  await db.run(sql`
    DELETE FROM idempotency WHERE (workspace_id, mode, key) IN (
      SELECT k.workspace_id, k.mode, k.key
      FROM workspaces AS w CROSS JOIN (SELECT 'live' AS mode UNION ALL SELECT 'test') AS m
        CROSS JOIN idempotency AS k ON k.workspace_id = w.id AND k.mode = m.mode
      WHERE w.id > ${within.after ?? ""} AND ${isUpTo} AND k.post_id IS NOT NULL AND k.expires_at <= ${now}
        AND NOT EXISTS (SELECT 1 FROM posts WHERE posts.workspace_id = w.id AND posts.mode = m.mode
          AND posts.id >= ${firstIdOf("post", now - KEY_LIFE)})
      LIMIT ${limit})`);
}

/** Deletes keys of other requests whose time is over, some at a time. @returns how many there were */
export async function deleteExpiredKeys(db: Database, now: Millis, limit: number): Promise<number> {
  const isOver = and(isNull(idempotency.postId), lte(idempotency.expiresAt, now));
  const expired = db.select({ key: idempotency.key }).from(idempotency).where(isOver).limit(limit);
  const deleted = await db.delete(idempotency).where(and(isOver, inArray(idempotency.key, expired)));
  return deleted.meta.changes;
}
