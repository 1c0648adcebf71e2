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

/** SHA-256 of a text. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

/** SHA-256 of a text, in lower-case hexadecimal. */
export async function sha256Hex(text: string): Promise<string> {
  return toHex(await sha256(text));
}

/** A key for `hmacSha256`. To be kept where it is used often: making it takes longer than using it. */
export function hmacKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** HMAC-SHA-256 of a text. */
export async function hmacSha256(key: Uint8Array<ArrayBuffer> | CryptoKey, text: string): Promise<Uint8Array> {
  const made = key instanceof Uint8Array ? await hmacKey(key) : key;
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, utf8(text)));
}

/**
 * Compares two secrets without telling by its duration where they differ: what is compared are their digests,
 * which an attacker cannot steer, and every byte of them.
 */
export async function equalSecrets(a: string, b: string): Promise<boolean> {
  return equalDigests(...(await Promise.all([sha256(a), sha256(b)])));
}

/** The same of two secrets of which `sha256` has made these. */
export function equalDigests(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < 32; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 1);
  return difference === 0;
}
