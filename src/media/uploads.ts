import type { Change } from "../db/change.ts";
import { KeyTaken } from "../db/change.ts";
import { tellAlone } from "../db/events.ts";
import type { MediaRow } from "../db/media.ts";
import { findMedia } from "../db/media.ts";
import type { ArrivedPart, MediaUploadRow } from "../db/media-uploads.ts";
import { beginPart, findUpload, insertPartedUpload, listArrivedParts, recordPart } from "../db/media-uploads.ts";
import { retryWrite } from "../db/retry.ts";
import type { Millis } from "../lib/clock.ts";
import { ID_PREFIXES } from "../lib/ids.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { MediaDeps } from "./add-media.ts";
import { keepUpload, mediaCreated, newUpload } from "./add-media.ts";
import { discardAskedUpload, discardUpload } from "./discard.ts";
import { failedEvent } from "./media-events.ts";
import { pipeExactly } from "./store-bytes.ts";

/*
 * Uploads in parts, by R2's multipart uploads. An upload and the media that becomes of it have the same id but for the
 * prefix, so that a completed upload still leads to its media.
 */

export const MAX_UPLOAD_BYTES = 1024 * 1024 * 1024;
const PART_BYTES = 8 * 1024 * 1024;
/** Each attempt at a part is a part of its own in R2, which knows 10,000. */
const MAX_ATTEMPTS = 64;

/** An upload in parts, as its client sees it. */
export interface PartedUpload {
  id: string;
  bytes: number;
  fileName: string | null;
  /** All parts but the last have this size. */
  partBytes: number;
  parts: number;
  receivedParts: number[];
  createdAt: Millis;
  expiresAt: Millis;
}

/** An upload in parts as the database has it. */
type PartedRow = MediaUploadRow & { bytes: number; r2UploadId: string };

export async function startUpload(
  deps: MediaDeps,
  scope: Scope,
  file: { bytes: number; fileName: string | null },
  change: Change<PartedUpload>,
): Promise<PartedUpload> {
  const { workspaceId, mode } = scope;
  const upload = newUpload({ workspaceId, mode }, deps.clock());
  const { uploadId } = await deps.bucket.createMultipartUpload(upload.mediaId);
  // Should nothing come of it, R2 gives the upload up by itself after seven days.
  const row = { ...upload, ...file, r2UploadId: uploadId };
  const started = describe(row, []);
  const entry = { action: "upload.created", target: started.id, details: { bytes: file.bytes } } as const;
  await insertPartedUpload(deps.db, row, await change.record(entry, started));
  return started;
}

/** @throws Refusal when the workspace has no such upload under way */
export async function describeUpload(deps: MediaDeps, scope: Scope, id: string): Promise<PartedUpload> {
  const row = await requireUpload(deps, scope, id);
  return describe(row, await listArrivedParts(deps.db, row.mediaId));
}

/**
 * Takes a part: in any order, also several at once, also again. The answer tells of all that have arrived by then, and so
 * is not known before the part is written down.
 *
 * @throws Refusal when there is no such part, or the body has another size
 */
export async function receivePart(
  deps: MediaDeps,
  scope: Scope,
  part: { uploadId: string; number: number; body: ReadableStream<Uint8Array> | null; length: number | null },
  change: Change<PartedUpload>,
): Promise<PartedUpload> {
  const row = await requireUpload(deps, scope, part.uploadId);
  const { number, body, length } = part;
  // Written down with the claim of an earlier attempt: nothing but the answer is missing.
  if (change.earlier !== null) return describe(row, await listArrivedParts(deps.db, row.mediaId));
  const parts = countParts(row.bytes);
  if (number > parts) throw invalid("number", `This upload has ${parts} parts.`);
  const size = number < parts ? PART_BYTES : row.bytes - (parts - 1) * PART_BYTES;
  if (!body || (length !== null && length !== size)) throw wrongSize(number, size);

  const attempt = await beginPart(deps.db, row.mediaId, number);
  if (attempt > MAX_ATTEMPTS) {
    throw new Refusal("conflict", `Part ${number} was sent ${MAX_ATTEMPTS} times. Start a new upload.`);
  }
  const r2Number = (number - 1) * MAX_ATTEMPTS + attempt;
  const multipart = deps.bucket.resumeMultipartUpload(row.mediaId, row.r2UploadId);
  const uploaded = await pipeExactly(body, size, (stream) => multipart.uploadPart(r2Number, stream)).catch(
    async (error: unknown) => {
      // Aborted or completed meanwhile, R2 does not know the upload any more.
      await requireUpload(deps, scope, part.uploadId);
      throw error;
    },
  );
  if (!uploaded) throw wrongSize(number, size);
  const record = await change.begin({ action: "upload.part_received", target: part.uploadId, details: { number } });
  const arrived = { number, r2Number, etag: uploaded.etag };
  await retryWrite(() => recordPart(deps.db, row.mediaId, arrived, record));
  return describe(row, await listArrivedParts(deps.db, row.mediaId));
}

/**
 * Makes media of an upload. Completing again answers the same media.
 *
 * @throws Refusal when parts are missing, or the file is not one that we take; then nothing of it is left
 */
export async function completeUpload(
  deps: MediaDeps,
  scope: Scope,
  id: string,
  change: Change<MediaRow>,
): Promise<MediaRow> {
  const [completed] = await findMedia(deps.db, scope, [mediaIdOf(id)]);
  if (completed) return completed;
  const row = await requireUpload(deps, scope, id);
  const arrived = await listArrivedParts(deps.db, row.mediaId);
  const missing = missingParts(row, arrived);
  if (missing.length > 0) {
    throw new Refusal("conflict", `Parts are missing: ${missing.join(", ")}.`, undefined, { isPassing: true });
  }
  try {
    await assemble(deps.bucket, row, arrived);
    const record = (made: MediaRow) => change.record(mediaCreated(made), made);
    const media = await keepUpload(deps, row, { field: "file", renditionOf: null }, record);
    if (media) return media;
  } catch (error) {
    if (error instanceof KeyTaken) throw error;
    // What is refused stays refused; any other failure may pass, and the upload is there to be completed again.
    if (error instanceof Refusal) {
      const now = deps.clock();
      const event = failedEvent({ mediaId: row.mediaId, uploadId: id }, error.message, now);
      await deps.sendDeliveries(await tellAlone(deps.db, row, event, now));
      await discardUpload(deps, row.mediaId);
    } else await requireUpload(deps, scope, id);
    throw error;
  }
  throw uploadNotFound();
}

/** @throws Refusal when the workspace has no such upload under way */
export async function abortUpload(deps: MediaDeps, scope: Scope, id: string, change: Change<void>): Promise<void> {
  const row = await requireUpload(deps, scope, id);
  const record = await change.record({ action: "upload.deleted", target: id }, undefined);
  await discardAskedUpload(deps, row.mediaId, record);
}

/** Puts the parts together in R2, unless an earlier call has done so. */
async function assemble(bucket: R2Bucket, row: PartedRow, arrived: ArrivedPart[]): Promise<void> {
  if (await bucket.head(row.mediaId)) return;
  const parts = arrived.map(({ r2Number, etag }) => ({ partNumber: r2Number, etag }));
  try {
    await bucket.resumeMultipartUpload(row.mediaId, row.r2UploadId).complete(parts);
  } catch (error) {
    // Another call may have been quicker.
    if (!(await bucket.head(row.mediaId))) throw error;
  }
}

function missingParts(row: PartedRow, arrived: ArrivedPart[]): number[] {
  const numbers = new Set(arrived.map((part) => part.number));
  return Array.from({ length: countParts(row.bytes) }, (_, index) => index + 1).filter(
    (number) => !numbers.has(number),
  );
}

async function requireUpload(deps: MediaDeps, scope: Scope, id: string): Promise<PartedRow> {
  const row = await findUpload(deps.db, scope, mediaIdOf(id), deps.clock());
  if (!row || row.bytes === null || row.r2UploadId === null) throw uploadNotFound();
  return { ...row, bytes: row.bytes, r2UploadId: row.r2UploadId };
}

function describe(row: PartedRow, arrived: ArrivedPart[]): PartedUpload {
  const { bytes, fileName, createdAt, expiresAt } = row;
  return {
    id: row.mediaId.replace(ID_PREFIXES.media, ID_PREFIXES.upload),
    bytes,
    fileName,
    partBytes: PART_BYTES,
    parts: countParts(bytes),
    receivedParts: arrived.map((part) => part.number),
    createdAt,
    expiresAt,
  };
}

function mediaIdOf(uploadId: string): string {
  const [, ulid = ""] = new RegExp(`^${ID_PREFIXES.upload}_(.+)$`).exec(uploadId) ?? [];
  return `${ID_PREFIXES.media}_${ulid}`;
}

function countParts(bytes: number): number {
  return Math.ceil(bytes / PART_BYTES);
}

function wrongSize(number: number, size: number): Refusal {
  return invalid("body", `Part ${number} of this upload has exactly ${size} bytes, and the body has another length.`);
}

function uploadNotFound(): Refusal {
  return new Refusal("not_found", "There is no such upload under way in this workspace.");
}
