import { listAccountGroups } from "../db/account-groups.ts";
import { findAccounts } from "../db/accounts.ts";
import type { ApiKeyRow, KeyChange } from "../db/api-keys.ts";
import { insertKey } from "../db/api-keys.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { JsonObject } from "../lib/json.ts";
import { invalid, unknownAccountMessage, unknownGroupMessage } from "../lib/refusal.ts";
import { printTimeOrNull } from "../lib/time.ts";
import { generateApiKey } from "./api-key.ts";
import { MAX_KEYS, refuseConflict } from "./existing-key.ts";
import type { Asker, KeyRights } from "./key-rights.ts";
import { findExcess } from "./key-rights.ts";
import type { Peppers } from "./peppers.ts";
import { digestSecret } from "./peppers.ts";

export interface KeyDeps {
  db: Database;
  clock: Clock;
  peppers: Peppers;
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
  { db, clock, peppers }: KeyDeps,
  asker: Asker,
  request: KeyChange,
  change: Change<KeyWithSecret>,
): Promise<KeyWithSecret> {
  const now = clock();
  refusePastEnd(request.expiresAt, now);
  const excess = findExcess(request, asker);
  if (excess) throw invalid(excess.field, excess.message);
  await refuseUnknownAccounts(db, asker, request.accountIds ?? [], []);
  await refuseUnknownGroups(db, asker, request.groupIds ?? [], []);

  const { workspaceId, mode } = asker;
  const secret = generateApiKey(mode);
  const row: ApiKeyRow = {
    ...request,
    id: newId("apiKey", now),
    workspaceId,
    mode,
    ...(await digestSecret(secret, peppers)),
    lastFour: secret.slice(-4),
    createdAt: now,
    revokedAt: null,
    lastUsedAt: null,
  };
  const made = { row, secret };
  const record = await change.record({ action: "api_key.created", target: row.id, details: rightsOf(request) }, made);
  const conflict = await retryWrite(() => insertKey(db, record, row, asker, MAX_KEYS));
  refuseConflict(conflict, `The workspace has ${MAX_KEYS} ${mode} API keys. Revoke one first.`);
  return made;
}

/** What the audit log says of what a key may do. */
export function rightsOf({ scopes, accountIds, groupIds, needsApproval, expiresAt }: KeyRights): JsonObject {
  const limits = { accounts: accountIds, groups: groupIds };
  return { scopes, ...limits, needs_approval: needsApproval, expires_at: printTimeOrNull(expiresAt) };
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
  { mode, access }: Asker,
  ids: readonly string[],
  known: readonly string[],
): Promise<void> {
  const named = ids.filter((id) => !known.includes(id));
  if (named.length === 0) return;
  const found = await findAccounts(db, access, named);
  const index = ids.findIndex((id) => !known.includes(id) && !found.some((account) => account.id === id));
  const field = `accounts.${index}`;
  if (index !== -1) throw invalid(field, unknownAccountMessage(field, mode));
}

/**
 * @param known groups that are not looked at: a key may keep what it has
 * @throws Refusal naming the first that is not there, or out of sight: who is restricted to accounts sees no groups but
 *   those that they are restricted to
 */
export async function refuseUnknownGroups(
  db: Database,
  { workspaceId, access, groupIds }: Asker,
  ids: readonly string[],
  known: readonly string[],
): Promise<void> {
  if (ids.every((id) => known.includes(id))) return;
  const groups = (await listAccountGroups(db, workspaceId)).map(({ id }) => id);
  const seen = groups.filter((id) => groupIds?.includes(id) ?? access.accountIds === null);
  const index = ids.findIndex((id) => !known.includes(id) && !seen.includes(id));
  const field = `groups.${index}`;
  if (index !== -1) throw invalid(field, unknownGroupMessage(field));
}
