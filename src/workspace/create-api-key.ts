import { findAccounts } from "../db/accounts.ts";
import type { ApiKeyRow, KeyChange } from "../db/api-keys.ts";
import { insertKey } from "../db/api-keys.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { invalid, unknownAccountMessage } from "../lib/refusal.ts";
import { digestApiKey, generateApiKey } from "./api-key.ts";
import { MAX_KEYS, refuseConflict } from "./existing-key.ts";
import type { AskingKey } from "./key-rights.ts";
import { findExcess } from "./key-rights.ts";

export interface KeyDeps {
  db: Database;
  clock: Clock;
  apiKeyPepper: string;
}

/** A key with a secret of it: the only time that it is seen. */
export interface KeyWithSecret {
  row: ApiKeyRow;
  secret: string;
}

/**
 * Creates a key in the mode of the one that asks, and with no more rights than that has.
 *
 * @throws Refusal with the field at fault, or when the workspace has as many keys as it may
 */
export async function createApiKey(
  { db, clock, apiKeyPepper }: KeyDeps,
  asker: AskingKey,
  request: KeyChange,
): Promise<KeyWithSecret> {
  const now = clock();
  refusePastEnd(request.expiresAt, now);
  const excess = findExcess(request, asker);
  if (excess) throw invalid(excess.field, excess.message);
  await refuseUnknownAccounts(db, asker, request.accountIds ?? [], []);

  const { workspaceId, mode } = asker;
  const secret = generateApiKey(mode);
  const row: ApiKeyRow = {
    ...request,
    id: newId("apiKey", now),
    workspaceId,
    mode,
    digest: await digestApiKey(secret, apiKeyPepper),
    pepperId: null,
    groupIds: null,
    needsApproval: false,
    lastFour: secret.slice(-4),
    createdAt: now,
    revokedAt: null,
    lastUsedAt: null,
  };
  const conflict = await retryWrite(() => insertKey(db, row, asker, MAX_KEYS));
  refuseConflict(conflict, `The workspace has ${MAX_KEYS} ${mode} API keys. Revoke one first.`);
  return { row, secret };
}

/** @throws Refusal */
export function refusePastEnd(expiresAt: Millis | null, now: Millis): void {
  if (expiresAt !== null && expiresAt <= now) throw invalid("expires_at", "expires_at lies in the past.");
}

/**
 * @param known accounts that are not looked at: a key may keep one that was disconnected
 * @throws Refusal naming the first that is not connected
 */
export async function refuseUnknownAccounts(
  db: Database,
  { workspaceId, mode, accountIds }: AskingKey,
  ids: readonly string[],
  known: readonly string[],
): Promise<void> {
  const named = ids.filter((id) => !known.includes(id));
  if (named.length === 0) return;
  const found = await findAccounts(db, { scope: { workspaceId, mode }, accountIds }, named);
  const index = ids.findIndex((id) => !known.includes(id) && !found.some((account) => account.id === id));
  const field = `accounts.${index}`;
  if (index !== -1) throw invalid(field, unknownAccountMessage(field, mode));
}
