import type { Change } from "../db/change.ts";
import type { MediaRow } from "../db/media.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { MediaDeps } from "./add-media.ts";
import { addMedia, mediaCreated } from "./add-media.ts";
import type { IncomingFile } from "./fetch-file.ts";
import { fetchFile } from "./fetch-file.ts";
import { MAX_STREAMED_BYTES, storeBytes } from "./store-bytes.ts";

/*
 * The three ways by which a file comes in one request.
 */

/** The largest file that a form may carry: it is held in memory. */
export const MAX_FORM_FILE_BYTES = 20 * 1024 * 1024;

/** @throws Refusal when the file is not one that we take */
export function receiveFormFile(
  deps: MediaDeps,
  scope: Scope,
  file: File,
  change: Change<MediaRow>,
): Promise<MediaRow> {
  return add(deps, scope, "file", change, (key) => deps.bucket.put(key, file));
}

/** @throws Refusal when the body is too large or breaks off, or the file is not one that we take */
export function receiveBody(
  deps: MediaDeps,
  scope: Scope,
  file: IncomingFile,
  change: Change<MediaRow>,
): Promise<MediaRow> {
  return receive(deps, scope, "body", file, change);
}

/** @throws Refusal when the address is not allowed or has no file that we take */
export async function receiveFromUrl(
  deps: MediaDeps & { outbound: OutboundPolicy },
  scope: Scope,
  address: string,
  change: Change<MediaRow>,
): Promise<MediaRow> {
  return receive(deps, scope, "url", await fetchFile(deps.outbound, address), change);
}

function receive(
  deps: MediaDeps,
  scope: Scope,
  field: "body" | "url",
  file: IncomingFile,
  change: Change<MediaRow>,
): Promise<MediaRow> {
  return add(deps, scope, field, change, async (key) => {
    const outcome = await storeBytes(deps.bucket, key, file.body, file.length);
    if (outcome.is === "too_large") throw tooLarge(field);
    if (outcome.is === "broken") throw invalid(field, BROKEN[field]);
  });
}

async function add(
  deps: MediaDeps,
  scope: Scope,
  field: string,
  change: Change<MediaRow>,
  store: (key: string) => Promise<unknown>,
): Promise<MediaRow> {
  const record = (row: MediaRow) => change.record(mediaCreated(row), row);
  const added = await addMedia(deps, scope, { field, renditionOf: null }, record, store);
  if (added) return added;
  throw new Refusal("conflict", "The upload took so long that it was given up. Send it again.", undefined, {
    isPassing: true,
  });
}

const BROKEN = {
  body: "The body broke off, or does not have the length that Content-Length says.",
  url: "The address broke off before the file was whole.",
} as const;

function tooLarge(field: "body" | "url"): Refusal {
  const message = `The file has more than ${MAX_STREAMED_BYTES} bytes. Larger ones take POST /v1/media/uploads.`;
  return field === "url" ? invalid(field, message) : new Refusal("payload_too_large", message, field);
}
