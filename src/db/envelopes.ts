import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { Mode } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { consents, grants, idempotency, webhooks } from "./schema.ts";

/*
 * All sealed secrets of the database, by the key that sealed them: `v1.<key id>.…`, see `accounts/vault.ts`. Nothing is
 * kept for looking them up: a call reads the four tables through, which is what a rotation may cost.
 */

/** A sealed secret, and the row it is bound to. */
export interface SealedRow {
  table: "grants" | "consents" | "webhooks" | "idempotency";
  /** Of the answer to a request, its key. */
  id: string;
  workspaceId: string;
  mode: Mode;
  envelope: string;
}

/** What there is to seal anew, as it was in one moment. */
export interface SealedRows {
  /** Some of the secrets that certain keys sealed. */
  rows: SealedRow[];
  /** How many secrets another key than the current one sealed, these among them. */
  total: number;
}

type Envelope =
  | typeof grants.tokenEnvelope
  | typeof consents.grantEnvelope
  | typeof webhooks.secretEnvelope
  | typeof idempotency.responseBody;

/** @returns the id of the key that sealed an envelope: the second of the parts that dots separate, for no id has a dot */
function sealerOf(column: Envelope): SQL {
  return sql`substr(${column}, 4, instr(substr(${column}, 4), '.') - 1)`;
}

function sealedBy(column: Envelope, keyIds: readonly string[]): SQL {
  return sql`${sealerOf(column)} IN (SELECT value FROM json_each(${JSON.stringify(keyIds)}))`;
}

/** @param keyIds the keys that sealed what is to be found; `currentId` the one that is to seal everything */
export async function findSealed(
  db: Database,
  { keyIds, currentId, limit }: { keyIds: readonly string[]; currentId: string; limit: number },
): Promise<SealedRows> {
  const count = sql<number>`count(*)`.as("count");
  const isOther = (column: Envelope) => sql`${column} IS NOT NULL AND ${sealerOf(column)} <> ${currentId}`;
  const isSealed = eq(idempotency.isSealed, true);
  const found = await db.batch([
    db
      .select({
        workspaceId: grants.workspaceId,
        mode: grants.mode,
        id: grants.id,
        envelope: sql<string>`${grants.tokenEnvelope}`,
      })
      .from(grants)
      .where(sealedBy(grants.tokenEnvelope, keyIds))
      .limit(limit),
    db
      .select({
        workspaceId: consents.workspaceId,
        mode: consents.mode,
        id: consents.id,
        envelope: sql<string>`${consents.grantEnvelope}`,
      })
      .from(consents)
      .where(sealedBy(consents.grantEnvelope, keyIds))
      .limit(limit),
    db
      .select({
        workspaceId: webhooks.workspaceId,
        mode: webhooks.mode,
        id: webhooks.id,
        envelope: webhooks.secretEnvelope,
      })
      .from(webhooks)
      .where(sealedBy(webhooks.secretEnvelope, keyIds))
      .limit(limit),
    db
      .select({
        workspaceId: idempotency.workspaceId,
        mode: idempotency.mode,
        id: idempotency.key,
        envelope: sql<string>`${idempotency.responseBody}`,
      })
      .from(idempotency)
      .where(and(isSealed, sealedBy(idempotency.responseBody, keyIds)))
      .limit(limit),
    db.select({ count }).from(grants).where(isOther(grants.tokenEnvelope)),
    db.select({ count }).from(consents).where(isOther(consents.grantEnvelope)),
    db.select({ count }).from(webhooks).where(isOther(webhooks.secretEnvelope)),
    db
      .select({ count })
      .from(idempotency)
      .where(and(isSealed, isOther(idempotency.responseBody))),
  ]);
  const [granted, pending, endpoints, answers, ...counts] = found;
  const rows = [
    ...granted.map((row) => ({ table: "grants" as const, ...row })),
    ...pending.map((row) => ({ table: "consents" as const, ...row })),
    ...endpoints.map((row) => ({ table: "webhooks" as const, ...row })),
    ...answers.map((row) => ({ table: "idempotency" as const, ...row })),
  ];
  return { rows: rows.slice(0, limit), total: counts.reduce((sum, [counted]) => sum + (counted?.count ?? 0), 0) };
}

/** Replaces envelopes, each only where it is still the one that was read. */
export async function replaceEnvelopes(
  db: Database,
  record: ChangeRecord,
  rows: readonly [{ row: SealedRow; envelope: string }, ...{ row: SealedRow; envelope: string }[]],
): Promise<void> {
  const [first, ...others] = rows;
  const work = others.map(({ row, envelope }) => replaceEnvelope(db, row, envelope));
  await commitChange(db, record, [replaceEnvelope(db, first.row, first.envelope), ...work], sql`true`);
}

function replaceEnvelope(db: Database, row: SealedRow, envelope: string) {
  switch (row.table) {
    case "grants":
      return db
        .update(grants)
        .set({ tokenEnvelope: envelope })
        .where(and(eq(grants.id, row.id), eq(grants.tokenEnvelope, row.envelope)));
    case "consents":
      return db
        .update(consents)
        .set({ grantEnvelope: envelope })
        .where(and(eq(consents.id, row.id), eq(consents.grantEnvelope, row.envelope)));
    case "webhooks":
      return db
        .update(webhooks)
        .set({ secretEnvelope: envelope })
        .where(and(eq(webhooks.id, row.id), eq(webhooks.secretEnvelope, row.envelope)));
    case "idempotency":
      return db
        .update(idempotency)
        .set({ responseBody: envelope })
        .where(
          and(
            eq(idempotency.workspaceId, row.workspaceId),
            eq(idempotency.mode, row.mode),
            eq(idempotency.key, row.id),
            eq(idempotency.responseBody, row.envelope),
          ),
        );
  }
}
