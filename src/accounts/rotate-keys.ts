import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { SealedRow } from "../db/envelopes.ts";
import { findSealed, replaceEnvelopes } from "../db/envelopes.ts";
import type { EncryptionKey } from "../lib/crypto.ts";
import type { Vault } from "./vault.ts";
import { answerRow, consentRow, grantRow, webhookRow } from "./vault.ts";

/** How far a rotation is. */
export interface RotatedKeys {
  /** Secrets that the call sealed anew, or found stored anew. */
  resealed: number;
  /** Secrets that are left which another key sealed: when none is, no other key is needed. */
  remaining: number;
}

/** Secrets that one call seals anew. */
const BATCH = 100;

/**
 * Seals some of the stored secrets with the first key that other keys sealed. What somebody stored anew meanwhile is
 * sealed with the first key anyhow, and left alone.
 */
export async function rotateKeys(
  { db, vault }: { db: Database; vault: Vault },
  keys: readonly EncryptionKey[],
  change: Change<RotatedKeys>,
): Promise<RotatedKeys> {
  const [current, ...others] = keys;
  if (!current) throw new Error("there is no encryption key");
  const keyIds = others.map((key) => key.id);
  const { rows, total } = await findSealed(db, { keyIds, currentId: current.id, limit: BATCH });
  const sealed = await Promise.all(
    rows.map(async (row) => {
      const bound = rowOf(row);
      const secret = await vault.open(row.envelope, bound);
      return secret === null ? [] : [{ row, envelope: await vault.seal(secret, bound) }];
    }),
  );
  const [first, ...more] = sealed.flat();
  if (!first) return { resealed: 0, remaining: total };
  const resealed = more.length + 1;
  const rotated = { resealed, remaining: total - resealed };
  const record = await change.record({ action: "deployment.keys_rotated", target: null, details: rotated }, rotated);
  await replaceEnvelopes(db, record, [first, ...more]);
  return rotated;
}

/** What a secret is bound to. */
function rowOf({ table, id, workspaceId, mode }: SealedRow): string {
  switch (table) {
    case "grants":
      return grantRow(workspaceId, id);
    case "consents":
      return consentRow(workspaceId, id);
    case "webhooks":
      return webhookRow(workspaceId, id);
    case "idempotency":
      return answerRow({ workspaceId, mode }, id);
  }
}
