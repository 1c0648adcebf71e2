import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../lib/bytes.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import type { EncryptionKey } from "../lib/crypto.ts";
import { equalSecrets, hmacSha256 } from "../lib/crypto.ts";
import type { PostRef } from "../lib/vocabulary.ts";

/*
 * Links by which somebody without a key looks at a post that waits for approval, and decides, once. Whoever has the link may:
 * it is signed and ends, and is for one asking; a change of the post asks anew.
 */

/** One asking for one post. */
export interface Review extends PostRef {
  round: number;
}

/** By the clock that the post lives by. */
const LINK_LIFE: Millis = 14 * DAY;
const KEY_PURPOSE = "review link";

interface LinkSettings {
  publicOrigin: string;
  /** The first signs, all verify. */
  encryptionKeys: readonly EncryptionKey[];
}

export async function reviewLink(settings: LinkSettings, review: Review, now: Millis): Promise<string> {
  const [key] = settings.encryptionKeys;
  if (!key) throw new Error("there is no key to sign with");
  const { workspaceId, mode, postId, round } = review;
  const claims = toBase64Url(utf8(JSON.stringify([workspaceId, mode, postId, round, now + LINK_LIFE])));
  return `${settings.publicOrigin}/review/${claims}.${await sign(key, claims)}`;
}

/**
 * Reads a link's last part.
 *
 * @param now tells the present on the clock that the post lives by
 * @returns null when it is not one of ours, or its time is over
 */
export async function readReviewLink(
  settings: LinkSettings,
  token: string,
  now: (review: Review) => Promise<Millis>,
): Promise<Review | null> {
  const [claims = "", signature = ""] = token.split(".");
  const expected = await Promise.all(settings.encryptionKeys.map((key) => sign(key, claims)));
  const matches = await Promise.all(expected.map((each) => equalSecrets(each, signature)));
  if (!matches.includes(true)) return null;
  const [workspaceId, mode, postId, round, until] = JSON.parse(fromUtf8(fromBase64Url(claims)));
  const review: Review = { workspaceId, mode, postId, round };
  return (await now(review)) < until ? review : null;
}

async function sign(key: EncryptionKey, claims: string): Promise<string> {
  // A key of its own, derived, so that a signature says nothing about what seals the tokens.
  const derived = await hmacSha256(key.bytes, KEY_PURPOSE);
  return toBase64Url(await hmacSha256(new Uint8Array(derived), claims));
}
