import type { KeyBySecret } from "../db/api-keys.ts";
import { findKeyBySecret } from "../db/api-keys.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import { digestApiKey } from "./api-key.ts";

/** A key that may be used, with the limits of its workspace; null: the defaults. */
export type GoodKey = Omit<KeyBySecret, "goodUntil">;

/**
 * The key that a secret opens, in this moment.
 *
 * @param secret well-formed
 * @returns null alike when no key has it, when the key was revoked or has expired, and when another secret has replaced
 *   this one and its time is over
 */
export async function findGoodKey(
  deps: { db: Database; clock: Clock; apiKeyPepper: string },
  secret: string,
): Promise<GoodKey | null> {
  const found = await findKeyBySecret(deps.db, await digestApiKey(secret, deps.apiKeyPepper));
  if (!found || found.revokedAt !== null) return null;
  const { goodUntil, ...key } = found;
  const now = deps.clock();
  const isOver = [key.expiresAt, goodUntil].some((end) => end !== null && end <= now);
  return isOver ? null : key;
}
