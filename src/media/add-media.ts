import type { Database } from "../db/database.ts";
import type { MediaRow } from "../db/media.ts";
import { insertMedia } from "../db/media.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { checkOutboundUrl } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { probeImage } from "./probe.ts";

export interface AddMediaDeps {
  db: Database;
  bucket: R2Bucket;
  clock: Clock;
  outbound: OutboundPolicy;
}

/** The largest file that is taken in one piece. */
export const MAX_MEDIA_BYTES = 20 * 1024 * 1024;
const FETCH_TIMEOUT: Millis = 20 * SECOND;
const MAX_REDIRECTS = 3;

/**
 * Stores a file.
 *
 * @param field what a refusal is about
 * @throws Refusal when it is empty, or not a picture of a supported type
 */
export async function addMedia(
  deps: AddMediaDeps,
  scope: Scope,
  bytes: Uint8Array<ArrayBuffer>,
  field: "file" | "url",
): Promise<MediaRow> {
  if (bytes.byteLength === 0) throw invalid(field, "The file is empty.");
  const image = probeImage(bytes);
  if (!image) throw invalid(field, "The file is not a JPEG, PNG, GIF or WebP picture.");
  const now = deps.clock();
  const row: MediaRow = {
    id: newId("media", now),
    workspaceId: scope.workspaceId,
    mode: scope.mode,
    mimeType: image.mimeType,
    bytes: bytes.byteLength,
    width: image.width,
    height: image.height,
    durationMs: null,
    frameRate: null,
    videoCodec: null,
    audioCodec: null,
    fastStart: null,
    colorSpace: null,
    createdAt: now,
  };
  // The bytes first: a row promises that they are there.
  await deps.bucket.put(row.id, bytes, { httpMetadata: { contentType: row.mimeType } });
  await insertMedia(deps.db, row);
  return row;
}

/**
 * Fetches a file from where the client says, and stores it.
 *
 * @throws Refusal when the address is not allowed, does not answer with a file, or the file is not allowed
 */
export async function addMediaFromUrl(deps: AddMediaDeps, scope: Scope, address: string): Promise<MediaRow> {
  return addMedia(deps, scope, await download(deps, address), "url");
}

async function download(deps: AddMediaDeps, address: string): Promise<Uint8Array<ArrayBuffer>> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT);
  let target = address;
  try {
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      // Each hop anew: a public address may redirect to a private one.
      const allowed = checkOutboundUrl(target, deps.outbound);
      if (allowed.is === "refused") throw invalid("url", `url ${allowed.reason}.`);
      const response = await fetch(allowed.url, { redirect: "manual", signal });
      const location = response.headers.get("Location");
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        target = new URL(location, allowed.url).href;
        continue;
      }
      if (!response.ok) throw invalid("url", `The address answered ${response.status}.`);
      return await readAtMost(response, MAX_MEDIA_BYTES);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw invalid("url", signal.aborted ? "The address did not answer in time." : "The address could not be read.");
  }
  throw invalid("url", `The address redirects more than ${MAX_REDIRECTS} times.`);
}

async function readAtMost(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw invalid("url", `The file has more than ${limit} bytes.`);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
