import { fromBase64, toBase64 } from "../lib/bytes.ts";
import { hmacSha256 } from "../lib/crypto.ts";

/*
 * Signatures by Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */

const PREFIX = "whsec_";
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** A secret of 32 random bytes: `whsec_` and their base64. */
export function newWebhookSecret(): string {
  return `${PREFIX}${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`;
}

/** @returns the key that a secret stands for; null when it is not `whsec_` and the base64 of 24 to 64 bytes */
export function keyOfSecret(secret: string): Uint8Array<ArrayBuffer> | null {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) return null;
  const bytes = fromBase64(encoded);
  return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : null;
}

/** What is signed: a message's id, its time in whole seconds, and its body as it is sent. */
export interface SignedMessage {
  id: string;
  timestamp: number;
  body: string;
}

/** The value of `webhook-signature`: one signature for each secret, so that a receiver may know any of them. */
export async function sign(secrets: readonly string[], { id, timestamp, body }: SignedMessage): Promise<string> {
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const key = keyOfSecret(secret);
      if (!key) throw new Error("a stored webhook secret is not one");
      return `v1,${toBase64(await hmacSha256(key, `${id}.${timestamp}.${body}`))}`;
    }),
  );
  return signatures.join(" ");
}
