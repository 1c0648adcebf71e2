import * as z from "zod";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { SECOND } from "../../lib/clock.ts";
import { equalSecrets, hmacSha256 } from "../../lib/crypto.ts";

/*
 * `signed_request`, by which Meta tells on a person's behalf: `base64url(signature).base64url(payload)`, signed with the
 * app's secret over the payload as it is encoded.
 * https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */

/** Who it is about, and when Meta said so; null where it does not tell. */
export interface SignedRequest {
  personId: string;
  issuedAt: Millis | null;
}

const PAYLOAD = z.object({
  algorithm: z.literal("HMAC-SHA256"),
  user_id: z.string().min(1),
  issued_at: z.number().optional(),
});

/**
 * Verifies a signed request.
 *
 * @param secrets of every app of ours: Facebook Login and Instagram Login have one each
 * @returns null unless one of them signed it
 */
export async function readSignedRequest(text: string, secrets: readonly string[]): Promise<SignedRequest | null> {
  const [signature, encoded, ...rest] = text.split(".");
  if (!signature || !encoded || rest.length > 0) return null;
  const matches = await Promise.all(
    secrets.map(async (secret) => equalSecrets(toBase64Url(await hmacSha256(utf8(secret), encoded)), signature)),
  );
  if (!matches.includes(true)) return null;
  const payload = PAYLOAD.safeParse(parse(encoded)).data;
  if (!payload) return null;
  const { user_id, issued_at } = payload;
  return { personId: user_id, issuedAt: issued_at === undefined ? null : issued_at * SECOND };
}

function parse(encoded: string): unknown {
  try {
    return JSON.parse(fromUtf8(fromBase64Url(encoded)));
  } catch {
    return null;
  }
}
