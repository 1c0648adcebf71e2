import { and, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { consents, grants, webhooks } from "./schema.ts";

/*
 * All sealed secrets of the database, by the key that sealed them: `v1.<key id>.…`, see `accounts/vault.ts`.
 */

/** A sealed secret, and the row it is bound to. */
export interface SealedRow {
  table: "grants" | "consents" | "webhooks";
  id: string;
  workspaceId: string;
  envelope: string;
}

function sealedBy(
  column: typeof grants.tokenEnvelope | typeof consents.grantEnvelope | typeof webhooks.secretEnvelope,
  keyIds: readonly string[],
) {
  // The second of the parts that dots separate; no key's id has a dot.
  const keyId = sql`substr(${column}, 4, instr(substr(${column}, 4), '.') - 1)`;
  return sql`${keyId} IN (SELECT value FROM json_each(${JSON.stringify(keyIds)}))`;
}

/** Some of the secrets that these keys sealed. */
export async function findSealedBy(db: Database, keyIds: readonly string[], limit: number): Promise<SealedRow[]> {
  const [granted, pending, endpoints] = await db.batch([
    db
      .select({ id: grants.id, workspaceId: grants.workspaceId, envelope: sql<string>`${grants.tokenEnvelope}` })
      .from(grants)
      .where(sealedBy(grants.tokenEnvelope, keyIds))
      .limit(limit),
    db
      .select({ id: consents.id, workspaceId: consents.workspaceId, envelope: sql<string>`${consents.grantEnvelope}` })
      .from(consents)
      .where(sealedBy(consents.grantEnvelope, keyIds))
      .limit(limit),
    db
      .select({ id: webhooks.id, workspaceId: webhooks.workspaceId, envelope: webhooks.secretEnvelope })
      .from(webhooks)
      .where(sealedBy(webhooks.secretEnvelope, keyIds))
      .limit(limit),
  ]);
  const rows = [
    ...granted.map((row) => ({ table: "grants" as const, ...row })),
    ...pending.map((row) => ({ table: "consents" as const, ...row })),
    ...endpoints.map((row) => ({ table: "webhooks" as const, ...row })),
  ];
  return rows.slice(0, limit);
}

/** How many secrets another key than this one sealed. */
export async function countNotSealedBy(db: Database, keyId: string): Promise<number> {
  const count = sql<number>`count(*)`;
  const [[granted], [pending], [endpoints]] = await db.batch([
    db
      .select({ count })
      .from(grants)
      .where(sql`${grants.tokenEnvelope} IS NOT NULL AND NOT ${sealedBy(grants.tokenEnvelope, [keyId])}`),
    db
      .select({ count })
      .from(consents)
      .where(sql`${consents.grantEnvelope} IS NOT NULL AND NOT ${sealedBy(consents.grantEnvelope, [keyId])}`),
    db
      .select({ count })
      .from(webhooks)
      .where(sql`NOT ${sealedBy(webhooks.secretEnvelope, [keyId])}`),
  ]);
  return (granted?.count ?? 0) + (pending?.count ?? 0) + (endpoints?.count ?? 0);
}

/** Replaces envelopes, each only where it is still the one that was read. @returns how many were replaced */
export async function replaceEnvelopes(db: Database, rows: { row: SealedRow; envelope: string }[]): Promise<number> {
  const [first, ...others] = rows.map(({ row, envelope }) => replaceEnvelope(db, row, envelope));
  if (!first) return 0;
  const replaced = await db.batch([first, ...others]);
  return replaced.reduce((sum, changed) => sum + changed.length, 0);
}

function replaceEnvelope(db: Database, row: SealedRow, envelope: string) {
  switch (row.table) {
    case "grants":
      return db
        .update(grants)
        .set({ tokenEnvelope: envelope })
        .where(and(eq(grants.id, row.id), eq(grants.tokenEnvelope, row.envelope)))
        .returning({ id: grants.id });
    case "consents":
      return db
        .update(consents)
        .set({ grantEnvelope: envelope })
        .where(and(eq(consents.id, row.id), eq(consents.grantEnvelope, row.envelope)))
        .returning({ id: consents.id });
    case "webhooks":
      return db
        .update(webhooks)
        .set({ secretEnvelope: envelope })
        .where(and(eq(webhooks.id, row.id), eq(webhooks.secretEnvelope, row.envelope)))
        .returning({ id: webhooks.id });
  }
}
