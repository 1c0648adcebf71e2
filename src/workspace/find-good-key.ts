import { listAccountIdsOfGroups } from "../db/account-groups.ts";
import type { ApiKeyRow, StoredSecret } from "../db/api-keys.ts";
import { findKeyBySecret, replaceDigest } from "../db/api-keys.ts";
import type { Database } from "../db/database.ts";
import type { PublishContext, PublishNames } from "../db/publish-requests.ts";
import type { Clock } from "../lib/clock.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { Peppers } from "./peppers.ts";
import { digestSecret, possibleDigests } from "./peppers.ts";

interface FindDeps {
  db: Database;
  clock: Clock;
  peppers: Peppers;
}

/** A key, and the one of its secrets by which it was found. */
export interface FoundKey {
  key: ApiKeyRow;
  /** What it reaches in this moment. */
  access: Access;
  stored: StoredSecret;
  /** How often its workspace may ask; null: the defaults. */
  rateLimits: RateLimits | null;
  /** Its workspace is kept out by the deployment's owner. */
  isSuspended: boolean;
  /** What its publish request names, where that was asked for and could be read; of a whole world, not of what it reaches. */
  context: PublishContext | null;
}

/**
 * The key that a secret opens, in this moment.
 *
 * @param secret well-formed
 * @param names what to read of its world in the same round trip; null: nothing
 * @returns null alike when no key has it, when the key was revoked or has expired, when another secret has replaced this
 *   one and its time is over, and when its workspace was deleted
 */
export async function findGoodKey(
  { db, clock, peppers }: FindDeps,
  secret: string,
  names: PublishNames | null,
): Promise<FoundKey | null> {
  const found = await findKeyBySecret(db, await possibleDigests(secret, peppers), names);
  if (!found) return null;
  const { context, key, stored, workspace } = found;
  if (key.revokedAt !== null || workspace.deletedAt !== null) return null;
  const now = clock();
  const isOver = [key.expiresAt, stored.goodUntil].some((end) => end !== null && end <= now);
  if (isOver) return null;
  const access = await accessOf(db, key);
  return {
    key,
    access,
    stored,
    rateLimits: workspace.rateLimits,
    isSuspended: workspace.suspendedAt !== null,
    context,
  };
}

/** Of all accounts, those that the key is restricted to by their ids, and of these, those that are in its groups. */
async function accessOf(db: Database, { workspaceId, mode, accountIds, groupIds }: ApiKeyRow): Promise<Access> {
  const scope = { workspaceId, mode };
  if (groupIds === null) return { scope, accountIds };
  const inGroups = await listAccountIdsOfGroups(db, scope, groupIds);
  return { scope, accountIds: inGroups.filter((id) => accountIds?.includes(id) ?? true) };
}

/** Digests a secret with the first pepper that was stored under another, or under one that had no id then. */
export async function digestAnew(
  { db, peppers }: Omit<FindDeps, "clock">,
  secret: string,
  stored: StoredSecret,
): Promise<void> {
  const current = await digestSecret(secret, peppers);
  if (stored.pepperId !== current.pepperId) await replaceDigest(db, stored, current);
}
