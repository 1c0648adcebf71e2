import type { ApiKeyRow, KeyChange } from "../db/api-keys.ts";
import { revokeKey, updateKey } from "../db/api-keys.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import { invalid } from "../lib/refusal.ts";
import { refusePastEnd, refuseUnknownAccounts, refuseUnknownGroups, rightsOf } from "./create-api-key.ts";
import { existingKey, refuseConflict, unrevokedKey } from "./existing-key.ts";
import type { Asker } from "./key-rights.ts";
import { findExcess, isWithin } from "./key-rights.ts";

/** What is absent stays as it is. */
export type KeyEdit = { [Field in keyof KeyChange]?: KeyChange[Field] | undefined };

const NEVER_FULL = "";

/**
 * Changes a key. One that gets more rights than it had may have none in the end that the key of the request lacks; less
 * rights may be left to any.
 *
 * @throws Refusal with the field at fault, or when nobody would be left to administer the workspace's keys
 */
export async function changeApiKey(
  { db, clock }: { db: Database; clock: Clock },
  asker: Asker,
  id: string,
  edit: KeyEdit,
  request: Change<ApiKeyRow>,
): Promise<ApiKeyRow> {
  const now = clock();
  const seen = await unrevokedKey(db, asker, id);
  if (edit.expiresAt !== undefined) refusePastEnd(edit.expiresAt, now);
  const change: KeyChange = {
    name: edit.name ?? seen.name,
    scopes: edit.scopes ?? seen.scopes,
    accountIds: edit.accountIds === undefined ? seen.accountIds : edit.accountIds,
    groupIds: edit.groupIds === undefined ? seen.groupIds : edit.groupIds,
    needsApproval: edit.needsApproval ?? seen.needsApproval,
    expiresAt: edit.expiresAt === undefined ? seen.expiresAt : edit.expiresAt,
  };
  const excess = isWithin(change, seen) ? null : findExcess(change, asker);
  if (excess) throw invalid(excess.field, excess.message);
  await refuseUnknownAccounts(db, asker, edit.accountIds ?? [], seen.accountIds ?? []);
  await refuseUnknownGroups(db, asker, edit.groupIds ?? [], seen.groupIds ?? []);
  const changed = { ...seen, ...change };
  const entry = { action: "api_key.updated", target: id, details: rightsOf(change) } as const;
  const record = await request.record(entry, changed);
  refuseConflict(await updateKey(db, record, seen, change, asker, now), NEVER_FULL);
  return changed;
}

/**
 * Revokes a key, for good: it and all of its secrets are refused from now on. Revoking it again is as good.
 *
 * @throws Refusal when there is none, or nobody would be left to administer the workspace's keys
 */
export async function revokeApiKey(
  { db, clock }: { db: Database; clock: Clock },
  asker: Asker,
  id: string,
  request: Change<void>,
): Promise<void> {
  const seen = await existingKey(db, asker, id);
  if (seen.revokedAt !== null) return;
  const record = await request.record({ action: "api_key.revoked", target: id }, undefined);
  refuseConflict(await revokeKey(db, record, seen, asker, clock()), NEVER_FULL);
}
