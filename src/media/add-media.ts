import type { AuditEntry, ChangeRecord } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { DeliveryRef } from "../db/deliveries.ts";
import type { MediaRow } from "../db/media.ts";
import type { MediaUploadRow } from "../db/media-uploads.ts";
import { finishUpload, insertUpload } from "../db/media-uploads.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY, HOUR } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { invalid } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { discardUpload } from "./discard.ts";
import { readyEvent } from "./media-events.ts";
import { probe } from "./probe.ts";
import { storedFile } from "./ranged-file.ts";

/*
 * The one way by which a file becomes media, however it comes: an upload's row, its bytes in R2, what they are, and at
 * last the row of media in place of the upload's. Bytes are in R2 only while one of the two rows says so.
 */

export interface MediaDeps {
  /** Has webhooks sent that were just stored. Never throws. */
  sendDeliveries(deliveries: readonly DeliveryRef[]): Promise<void>;
  db: Database;
  bucket: R2Bucket;
  clock: Clock;
}

/** Media that no post uses lives so long, counted from when it was added or last used. */
export const MEDIA_LIFE: Millis = 30 * DAY;
/** An upload that is not completed by then is given up. */
export const UPLOAD_LIFE: Millis = 24 * HOUR;

/** What an upload in parts has more than others. */
type Parted = Pick<MediaUploadRow, "bytes" | "fileName" | "r2UploadId">;

const IN_ONE_PIECE: Parted = { bytes: null, fileName: null, r2UploadId: null };

/** The row of an upload that starts now. */
export function newUpload(scope: Scope, now: Millis, parted = IN_ONE_PIECE): MediaUploadRow {
  return { mediaId: newId("media", now), ...scope, ...parted, createdAt: now, expiresAt: now + UPLOAD_LIFE };
}

/** What a refusal of a file is about: a field of the request, and the media it is made from, if it is. */
export interface Origin {
  field: string;
  renditionOf: string | null;
}

/** What is written down of media that is to be, with the answer to whoever asked for it. */
export type RecordMedia = (row: MediaRow) => Promise<ChangeRecord>;

/** What the audit log says of new media. */
export function mediaCreated({ id, mimeType, bytes, renditionOf }: MediaRow): AuditEntry {
  const source = renditionOf === null ? {} : { rendition_of: renditionOf };
  return { action: "media.created", target: id, details: { mime_type: mimeType, bytes, ...source } };
}

/**
 * Adds a file that comes in one piece. What is refused, or breaks off, leaves nothing behind.
 *
 * @param store puts the bytes into R2
 * @returns null when other media was made of the same source first
 * @throws Refusal when the file is not one that we take
 */
export async function addMedia(
  deps: MediaDeps,
  scope: Scope,
  origin: Origin,
  record: RecordMedia,
  store: (key: string) => Promise<unknown>,
): Promise<MediaRow | null> {
  const { workspaceId, mode } = scope;
  const upload = newUpload({ workspaceId, mode }, deps.clock());
  await insertUpload(deps.db, upload);
  let row: MediaRow | null = null;
  try {
    await store(upload.mediaId);
    row = await keepUpload(deps, upload, origin, record);
    return row;
  } finally {
    // Should this fail, the sweeper does it: what the client is told is why the file was not added.
    if (!row) await discardUpload(deps, upload.mediaId).catch(() => {});
  }
}

/**
 * Makes media of an upload whose bytes are all in R2.
 *
 * @returns null when the upload was given up meanwhile, or other media was made of the same source first
 * @throws Refusal when the file is not one that we take
 */
export async function keepUpload(
  deps: MediaDeps,
  upload: MediaUploadRow,
  origin: Origin,
  record: RecordMedia,
): Promise<MediaRow | null> {
  const { mediaId, workspaceId, mode } = upload;
  const object = await deps.bucket.head(mediaId);
  if (!object) return null;
  const probed = await probe(storedFile(deps.bucket, mediaId, object.size));
  if (probed.is === "refused") throw invalid(origin.field, probed.reason);
  const now = deps.clock();
  const row: MediaRow = {
    id: mediaId,
    workspaceId,
    mode,
    ...probed.facts,
    bytes: object.size,
    renditionOf: origin.renditionOf,
    createdAt: now,
    expiresAt: now + MEDIA_LIFE,
  };
  const recorded = await record(row);
  const finished = await retryWrite(() => finishUpload(deps.db, row, readyEvent(row, now), now, recorded));
  await deps.sendDeliveries(finished.told);
  return finished.media;
}
