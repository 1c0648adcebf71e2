import { KEY_LIFE } from "../db/idempotency.ts";
import type { Millis } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { fingerprintOf, malformedKey, parseIdempotencyKey } from "./idempotency.ts";

/*
 * Idempotency keys that do not stand in the header: the same keys, read in the same way.
 */

/**
 * The hash by which a key is known, bare or quoted.
 *
 * @param field where it stands
 * @throws Refusal when it is malformed
 */
export async function hashKey(field: string, text: string): Promise<string> {
  const key = parseIdempotencyKey(text);
  if (key === null) throw malformedKey(field);
  return sha256Hex(key);
}

/**
 * What `readIdempotencyKey` makes of `POST /v1/publish` with this key in its header: each replays the other.
 *
 * @param meaning the body after validation
 * @throws Refusal when the key is malformed
 */
export async function publishKey(
  scope: Scope,
  { field, text, meaning }: { field: string; text: string; meaning: unknown },
  now: Millis,
): Promise<IdempotentRequest> {
  return {
    scope,
    key: await hashKey(field, text),
    fingerprint: () => fingerprintOf(scope, { method: "POST", path: "/v1/publish" }, meaning),
    expiresAt: now + KEY_LIFE,
  };
}
