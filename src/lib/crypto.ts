import { toBase64Url, toHex, utf8 } from "./bytes.ts";

/** One of the deployment's own keys: 256 bits, and the name by which what it sealed or signed can be told apart. */
export interface EncryptionKey {
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A secret that nobody can guess: 256 random bits as 43 characters of base64url. */
export function newSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** SHA-256 of a text, in lower-case hexadecimal. */
export async function sha256Hex(text: string): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", utf8(text)));
}

/** HMAC-SHA-256 of a text. */
export async function hmacSha256(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8(text)));
}

/**
 * Compares two secrets without telling by its duration where they differ: what is compared are their digests,
 * which an attacker cannot steer, and every byte of them.
 */
export async function equalSecrets(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all(
    [a, b].map(async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)))),
  );
  let difference = 0;
  for (let i = 0; i < 32; i++) difference |= (left?.[i] ?? 0) ^ (right?.[i] ?? 1);
  return difference === 0;
}
