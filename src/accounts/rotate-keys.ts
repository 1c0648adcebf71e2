import type { Database } from "../db/database.ts";
import { countNotSealedBy, findSealedBy, replaceEnvelopes } from "../db/envelopes.ts";
import type { EncryptionKey } from "../lib/crypto.ts";
import type { Vault } from "./vault.ts";
import { consentRow, grantRow, webhookRow } from "./vault.ts";

/** What the secrets of each table are bound to. */
const ROW_OF = { grants: grantRow, consents: consentRow, webhooks: webhookRow } as const;

/** Secrets that one call seals anew. */
const BATCH = 100;

/**
 * Seals some of the stored secrets with the first key that other keys sealed. What somebody stored anew meanwhile is
 * sealed with the first key anyhow, and left alone.
 *
 * @returns how many were sealed anew, and how many are left that another key sealed: when none is, no other key is needed
 */
export async function rotateKeys(
  deps: { db: Database; vault: Vault },
  keys: readonly EncryptionKey[],
): Promise<{ resealed: number; remaining: number }> {
  const [current, ...others] = keys;
  if (!current) throw new Error("there is no encryption key");
  const otherIds = others.map((key) => key.id);
  const rows = await findSealedBy(deps.db, otherIds, BATCH);
  const sealed = await Promise.all(
    rows.map(async (row) => {
      const bound = ROW_OF[row.table](row.workspaceId, row.id);
      const secret = await deps.vault.open(row.envelope, bound);
      return secret === null ? [] : [{ row, envelope: await deps.vault.seal(secret, bound) }];
    }),
  );
  const resealed = await replaceEnvelopes(deps.db, sealed.flat());
  return { resealed, remaining: await countNotSealedBy(deps.db, current.id) };
}
