import type { Database } from "../db/database.ts";
import { findPublicMedia } from "../db/media.ts";
import { toBase64Url } from "../lib/bytes.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY, HOUR, SECOND } from "../lib/clock.ts";
import type { EncryptionKey } from "../lib/crypto.ts";
import { equalSecrets, hmacSha256 } from "../lib/crypto.ts";

/*
 * The addresses under which platforms fetch media, and the answers they get there.
 */

/** Where media is kept and how its addresses are signed. */
export interface MediaLibrary {
  bucket: R2Bucket;
  db: Database;
  clock: Clock;
  publicOrigin: string;
  /** The first signs, all verify. */
  keys: readonly EncryptionKey[];
}

/** Platforms fetch at once, and videos again while they process; Instagram's containers live for a day. */
const ADDRESS_LIFE: Millis = 2 * DAY;
const KEY_PURPOSE = "media address";

/** A signed address of the media: ASCII, valid for two days at least. */
export async function publicUrl(library: MediaLibrary, mediaId: string): Promise<string> {
  const [key] = library.keys;
  if (!key) throw new Error("there is no key to sign with");
  // Rounded, so that the same media has the same address for an hour.
  const expires = (Math.ceil(library.clock() / HOUR) * HOUR + ADDRESS_LIFE) / SECOND;
  const signature = await sign(key, mediaId, expires);
  return `${library.publicOrigin}/media/${mediaId}?expires=${expires}&signature=${signature}`;
}

/**
 * Answers a request for media: always 200 with type and length, also where a range is asked for. Facebook asks for
 * one and refuses the 206 that it then gets.
 *
 * @param query as the address carries it
 * @returns null when the address is not one of ours, or its time is over
 */
export async function serveMedia(
  library: MediaLibrary,
  mediaId: string,
  query: { expires: number; signature: string },
): Promise<Response | null> {
  if (query.expires * SECOND <= library.clock()) return null;
  const expected = await Promise.all(library.keys.map((key) => sign(key, mediaId, query.expires)));
  const matches = await Promise.all(expected.map((signature) => equalSecrets(signature, query.signature)));
  if (!matches.includes(true)) return null;
  const row = await findPublicMedia(library.db, mediaId);
  const object = row && (await library.bucket.get(mediaId));
  if (!row || !object) return null;
  return new Response(object.body, {
    headers: {
      "Content-Type": row.mimeType,
      "Content-Length": String(row.bytes),
      "Accept-Ranges": "none",
      "Cache-Control": "public, max-age=86400, no-transform",
      "Content-Security-Policy": "default-src 'none'; sandbox",
    },
  });
}

/**
 * Reads part of a file.
 *
 * @returns null when its bytes are gone
 */
export async function readMedia(
  library: MediaLibrary,
  mediaId: string,
  range: { offset: number; length: number },
): Promise<Blob | null> {
  const object = await library.bucket.get(mediaId, { range });
  return object ? object.blob() : null;
}

async function sign(key: EncryptionKey, mediaId: string, expires: number): Promise<string> {
  // A key of its own, derived, so that a signature says nothing about what seals the tokens.
  const derived = await hmacSha256(key.bytes, KEY_PURPOSE);
  return toBase64Url(await hmacSha256(new Uint8Array(derived), `${mediaId}.${expires}`));
}
