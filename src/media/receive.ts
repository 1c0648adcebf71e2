import type { MediaRow } from "../db/media.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { MediaDeps } from "./add-media.ts";
import { addMedia } from "./add-media.ts";
import type { IncomingFile } from "./fetch-file.ts";
import { fetchFile } from "./fetch-file.ts";
import { MAX_STREAMED_BYTES, storeBytes } from "./store-bytes.ts";

/*
 * The three ways by which a file comes in one request.
 */

/** The largest file that a form may carry: it is held in memory. */
export const MAX_FORM_FILE_BYTES = 20 * 1024 * 1024;

/** @throws Refusal when the file is not one that we take */
export async function receiveFormFile(deps: MediaDeps, scope: Scope, file: File): Promise<MediaRow> {
  return added(await addMedia(deps, scope, { field: "file", renditionOf: null }, (key) => deps.bucket.put(key, file)));
}

/** @throws Refusal when the body is too large or breaks off, or the file is not one that we take */
export async function receiveBody(deps: MediaDeps, scope: Scope, file: IncomingFile): Promise<MediaRow> {
  return receive(deps, scope, "body", file);
}

/** @throws Refusal when the address is not allowed or has no file that we take */
export async function receiveFromUrl(
  deps: MediaDeps & { outbound: OutboundPolicy },
  scope: Scope,
  address: string,
): Promise<MediaRow> {
  return receive(deps, scope, "url", await fetchFile(deps.outbound, address));
}

async function receive(deps: MediaDeps, scope: Scope, field: "body" | "url", file: IncomingFile): Promise<MediaRow> {
  const row = await addMedia(deps, scope, { field, renditionOf: null }, async (key) => {
    const outcome = await storeBytes(deps.bucket, key, file.body, file.length);
    if (outcome.is === "too_large") throw tooLarge(field);
    if (outcome.is === "broken") throw invalid(field, BROKEN[field]);
  });
  return added(row);
}

const BROKEN = {
  body: "The body broke off, or does not have the length that Content-Length says.",
  url: "The address broke off before the file was whole.",
} as const;

function tooLarge(field: "body" | "url"): Refusal {
  const message = `The file has more than ${MAX_STREAMED_BYTES} bytes. Larger ones take POST /v1/media/uploads.`;
  return field === "url" ? invalid(field, message) : new Refusal("payload_too_large", message, field);
}

function added(row: MediaRow | null): MediaRow {
  if (row) return row;
  throw new Refusal("conflict", "The upload took so long that it was given up. Send it again.");
}
