import type { ApiKeyRow, KeyConflict } from "../db/api-keys.ts";
import { findKey } from "../db/api-keys.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Asker } from "./key-rights.ts";

/** Keys that a workspace may have at once in one mode. */
export const MAX_KEYS = 100;
/** Secrets of one key that are good at once. */
export const MAX_SECRETS = 5;

/**
 * The key that somebody asks about. One that is restricted reaches those that are restricted to no others.
 *
 * @throws Refusal when there is none
 */
export async function existingKey(db: Database, asker: Asker, id: string): Promise<ApiKeyRow> {
  const row = await findKey(db, asker, id);
  if (!row) throw new Refusal("not_found", "API key does not exist in this workspace.");
  return row;
}

/**
 * The same of one that can still be changed.
 *
 * @throws Refusal also when it was revoked
 */
export async function unrevokedKey(db: Database, asker: Asker, id: string): Promise<ApiKeyRow> {
  const row = await existingKey(db, asker, id);
  if (row.revokedAt !== null) throw new Refusal("conflict", "This API key is revoked, for good.");
  return row;
}

const WHY_NOT = {
  moved: "This API key, or what who asks may do, was changed in the same moment. Look at it and try again.",
  last: "No other API key administers this workspace for as long. Create one with keys:admin first.",
} as const;

/** @throws Refusal unless there is no conflict */
export function refuseConflict(conflict: KeyConflict, whenFull: string): void {
  if (conflict === null) return;
  const message = conflict === "full" ? whenFull : WHY_NOT[conflict];
  throw new Refusal("conflict", message, undefined, { isPassing: conflict === "moved" });
}
