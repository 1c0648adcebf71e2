import { sha256Hex } from "../lib/crypto.ts";
import { invalid } from "../lib/refusal.ts";

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
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1];
  const key = quoted === undefined ? text : quoted.replace(/\\(["\\])/g, "$1");
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw invalid(field, `${field} must have 1 to 255 printable ASCII characters.`);
  return sha256Hex(key);
}
