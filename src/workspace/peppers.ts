import { toHex, utf8 } from "../lib/bytes.ts";
import { hmacKey, hmacSha256 } from "../lib/crypto.ts";

/*
 * Peppers: without one nobody can make anything of the stored digests of API keys. Two may be good at once, so that they
 * rotate: a secret that is found under another than the first is digested anew when it is used.
 */

/** The first digests what is stored; all are looked up. */
export type Peppers = readonly [string, ...string[]];

/** What the database knows a secret by, and the pepper that this was made with, by its id. */
export interface SecretDigest {
  digest: string;
  pepperId: string;
}

/** Digests a secret as it is to be stored. */
export async function digestSecret(secret: string, [pepper]: Peppers): Promise<SecretDigest> {
  const [digest, pepperId] = await Promise.all([digestUnder(secret, pepper), pepperIdOf(pepper)]);
  return { digest, pepperId };
}

/** What a secret may be stored as, under each of the peppers: HMAC-SHA-256, in lower-case hexadecimal. */
export async function possibleDigests(secret: string, peppers: Peppers): Promise<string[]> {
  const made = await keysOf(peppers);
  return Promise.all(made.map(async (key) => toHex(await hmacSha256(key, secret))));
}

/** Tells peppers apart, and nothing of them: eight digits that whoever does not have one cannot make. */
export async function pepperIdOf(pepper: string): Promise<string> {
  return (await digestUnder("apionics pepper", pepper)).slice(0, 8);
}

async function digestUnder(text: string, pepper: string): Promise<string> {
  return toHex(await hmacSha256(utf8(pepper), text));
}

/** Of a deployment's peppers, made once: every request asks for them. */
const keys = new WeakMap<Peppers, CryptoKey[]>();

async function keysOf(peppers: Peppers): Promise<CryptoKey[]> {
  const made = keys.get(peppers) ?? (await Promise.all(peppers.map((pepper) => hmacKey(utf8(pepper)))));
  keys.set(peppers, made);
  return made;
}
