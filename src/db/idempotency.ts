import type { SQL } from "drizzle-orm";
import { and, eq, inArray, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { selectValues } from "./database.ts";
import { idempotency } from "./schema.ts";

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
        responseStatus: row.responseStatus,
        responseBody: row.responseBody,
        expiresAt: row.expiresAt,
      },
      setWhere: lte(idempotency.expiresAt, now),
    });
}

/** Holds where the key was claimed by this attempt: the condition of everything else in the batch. */
export function isClaimedBy(row: IdempotencyRow) {
  return sql`EXISTS (SELECT 1 FROM idempotency WHERE workspace_id = ${row.workspaceId} AND mode = ${row.mode}
    AND key = ${row.key} AND claim = ${row.claim})`;
}

/** The statement that reads a key's row. */
export function selectKey(db: Database, scope: Scope, key: string) {
  return db
    .select()
    .from(idempotency)
    .where(
      and(eq(idempotency.workspaceId, scope.workspaceId), eq(idempotency.mode, scope.mode), eq(idempotency.key, key)),
    );
}

/** Deletes keys whose time is over, some at a time. */
export async function deleteExpiredKeys(db: Database, now: Millis, limit: number): Promise<void> {
  const expired = db
    .select({ key: idempotency.key })
    .from(idempotency)
    .where(lte(idempotency.expiresAt, now))
    .limit(limit);
  await db.delete(idempotency).where(and(lte(idempotency.expiresAt, now), inArray(idempotency.key, expired)));
}
