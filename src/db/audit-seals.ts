import { and, asc, eq, gt, max, sql } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { AuditRow } from "./audit-log.ts";
import type { Database } from "./database.ts";
import { auditLog, auditSeals } from "./schema.ts";

/*
 * Seals are made from the oldest line on that has none, whosever it is. So all lines are sealed up to the greatest number
 * that any seal reaches, and none behind it: D1 writes one batch after the other, and gives a line a greater number than
 * all that are there. A workspace's seals are deleted together with its last lines, or this would not hold any more.
 */

export type SealRow = typeof auditSeals.$inferSelect;

/** The oldest lines that are not sealed, of all workspaces, and the number up to which all are. */
export async function findUnsealed(db: Database, limit: number): Promise<{ sealedThrough: number; rows: AuditRow[] }> {
  const [last] = await db.select({ seq: max(auditSeals.throughSeq) }).from(auditSeals);
  const sealedThrough = last?.seq ?? 0;
  const rows = await db
    .select()
    .from(auditLog)
    .where(gt(auditLog.seq, sealedThrough))
    .orderBy(asc(auditLog.seq))
    .limit(limit);
  return { sealedThrough, rows };
}

/** The last seal of each of these, where there is one. */
export async function findLastSeals(db: Database, scopes: readonly Scope[]): Promise<SealRow[]> {
  return db
    .select()
    .from(auditSeals)
    .where(
      sql`(${auditSeals.workspaceId}, ${auditSeals.mode}, ${auditSeals.throughSeq}) IN (
        SELECT each.value ->> 'workspaceId', each.value ->> 'mode', (SELECT max(s.through_seq) FROM audit_seals AS s
          WHERE s.workspace_id = each.value ->> 'workspaceId' AND s.mode = each.value ->> 'mode')
        FROM json_each(${JSON.stringify(scopes)}) AS each)`,
    );
}

/**
 * Stores seals that were made of what `findUnsealed` gave, unless others were stored since; and none of lines that have
 * gone, with their workspace. To be repeated when its answer is lost.
 */
export async function insertSeals(db: Database, seals: readonly SealRow[], sealedThrough: number): Promise<void> {
  await db.run(
    sql`
    INSERT INTO audit_seals (workspace_id, mode, through_seq, "rows", hash, sealed_at)
    SELECT seal.value ->> 'workspaceId', seal.value ->> 'mode', seal.value ->> 'throughSeq', seal.value ->> 'rows',
      seal.value ->> 'hash', seal.value ->> 'sealedAt'
    FROM json_each(${JSON.stringify(seals)}) AS seal
    WHERE (SELECT coalesce(max(through_seq), 0) FROM audit_seals) = ${sealedThrough}
      AND EXISTS (SELECT 1 FROM audit_log AS l WHERE l.seq = seal.value ->> 'throughSeq'
        AND l.workspace_id = seal.value ->> 'workspaceId' AND l.mode = seal.value ->> 'mode')
    ON CONFLICT DO NOTHING`,
  );
}

/** Seals in the order in which they were made, behind the one that reaches this number. */
export async function listSeals(db: Database, scope: Scope, after: number, limit: number): Promise<SealRow[]> {
  return db
    .select()
    .from(auditSeals)
    .where(and(sealsOf(scope), gt(auditSeals.throughSeq, after)))
    .orderBy(asc(auditSeals.throughSeq))
    .limit(limit);
}

/** @returns null when there is no such seal */
export async function findSealByHash(db: Database, scope: Scope, hash: string): Promise<SealRow | null> {
  const [row] = await db
    .select()
    .from(auditSeals)
    .where(and(sealsOf(scope), eq(auditSeals.hash, hash)))
    .limit(1);
  return row ?? null;
}

function sealsOf(scope: Scope) {
  return and(eq(auditSeals.workspaceId, scope.workspaceId), eq(auditSeals.mode, scope.mode));
}
