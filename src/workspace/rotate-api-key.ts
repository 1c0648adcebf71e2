import type { ApiKeyRow } from "../db/api-keys.ts";
import { replaceSecret } from "../db/api-keys.ts";
import type { Change } from "../db/change.ts";
import { retryWrite } from "../db/retry.ts";
import type { Millis } from "../lib/clock.ts";
import { Refusal } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import { generateApiKey } from "./api-key.ts";
import type { KeyDeps, KeyWithSecret } from "./create-api-key.ts";
import { MAX_SECRETS, refuseConflict, unrevokedKey } from "./existing-key.ts";
import type { Asker } from "./key-rights.ts";
import { findExcess } from "./key-rights.ts";
import { digestSecret } from "./peppers.ts";

/**
 * Gives a key another secret; it stays the same key in all else. Whoever asks learns the secret, and so may have no less
 * rights than the key. A secret that was replaced, and is still good, may rotate its key again: the answer that held the
 * one after it may have been lost.
 *
 * @param overlap how long the secrets before stay good, at most
 * @throws Refusal when there is no such key, it may do more than the one that asks, it is over, or has too many secrets
 */
export async function rotateApiKey(
  { db, clock, peppers }: KeyDeps,
  asker: Asker,
  id: string,
  overlap: Millis,
  change: Change<KeyWithSecret>,
): Promise<KeyWithSecret> {
  const now = clock();
  const seen = await unrevokedKey(db, asker, id);
  if (seen.expiresAt !== null && seen.expiresAt <= now) throw new Refusal("conflict", "This API key has expired.");
  if (findExcess(seen, asker)) {
    throw new Refusal("forbidden", "This API key may do more than the one of this request, or lasts longer.");
  }
  const secret = generateApiKey(seen.mode);
  const replacement = { ...(await digestSecret(secret, peppers)), lastFour: secret.slice(-4) };
  const times = { goodUntil: now + overlap, asker, now, atMost: MAX_SECRETS - 1 };
  const rotated = { row: { ...seen, ...replacement }, secret };
  const details = { old_secrets_end_at: printTime(times.goodUntil) };
  const record = await change.record({ action: "api_key.rotated", target: id, details }, rotated);
  const replace = (key: ApiKeyRow) => retryWrite(() => replaceSecret(db, record, key, replacement, times));
  let conflict = await replace(seen);
  if (conflict === "moved") {
    // By no more than a use that had it digested with another pepper?
    const key = await unrevokedKey(db, asker, id);
    if (key.pepperId !== seen.pepperId && key.lastFour === seen.lastFour) conflict = await replace(key);
  }
  refuseConflict(
    conflict,
    `The key has ${MAX_SECRETS} secrets that are good. Wait until one is not, or say overlap_hours: 0.`,
  );
  return rotated;
}
