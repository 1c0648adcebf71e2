import type { Change, ChangeRecord } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { deleteExpiredMedia, deleteMedia } from "../db/media.ts";
import type { MediaUploadRow } from "../db/media-uploads.ts";
import { abandonUpload, deleteGivenUpUploads, giveUpExpiredUploads, giveUpUpload } from "../db/media-uploads.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { mediaNotFound } from "./find-media.ts";

/*
 * How bytes leave. First the database decides that nothing promises them any more, then they are deleted, then they
 * are forgotten: a crash in between leaves a given-up upload, which the sweeper finds.
 */

interface DiscardDeps {
  db: Database;
  bucket: R2Bucket;
}

const MEDIA_PER_SWEEP = 100;
/** Each may cost a call to R2 of its own, of the fifty that the free plan has. */
const UPLOADS_PER_SWEEP = 25;
/** When expired media that a post still waits for is looked at again. */
const LOOK_AGAIN: Millis = DAY;

/** Gives an upload up and deletes its bytes. Does nothing when it has become media. */
export async function discardUpload(deps: DiscardDeps, mediaId: string): Promise<void> {
  await clearAway(deps, await giveUpUpload(deps.db, mediaId));
}

/** The same where a client asks for it. */
export async function discardAskedUpload(deps: DiscardDeps, mediaId: string, record: ChangeRecord): Promise<void> {
  await clearAway(deps, await abandonUpload(deps.db, mediaId, record));
}

/**
 * Deletes media.
 *
 * @throws Refusal when the workspace has no such media, or a post that waits uses it
 */
export async function removeMedia(
  deps: DiscardDeps & { clock: Clock },
  scope: Scope,
  id: string,
  change: Change<void>,
): Promise<void> {
  const record = await change.record({ action: "media.deleted", target: id }, undefined);
  const outcome = await retryWrite(() => deleteMedia(deps.db, scope, id, deps.clock(), record));
  if (outcome.is === "unknown") throw mediaNotFound();
  if (outcome.is === "used") {
    throw new Refusal("conflict", `${outcome.postId} uses this media and is not over yet: cancel it first, or wait.`);
  }
  await discardUpload(deps, id);
}

/** Deletes media and uploads whose time is over, some at a time, and what a crash left behind. */
export async function sweepMedia(deps: DiscardDeps, now: Millis): Promise<void> {
  await deleteExpiredMedia(deps.db, now, now + LOOK_AGAIN, MEDIA_PER_SWEEP);
  await clearAway(deps, await giveUpExpiredUploads(deps.db, now, UPLOADS_PER_SWEEP));
}

async function clearAway({ db, bucket }: DiscardDeps, uploads: MediaUploadRow[]): Promise<void> {
  if (uploads.length === 0) return;
  await Promise.all(uploads.map((upload) => abort(bucket, upload)));
  const mediaIds = uploads.map((upload) => upload.mediaId);
  await bucket.delete(mediaIds);
  await deleteGivenUpUploads(db, mediaIds);
}

async function abort(bucket: R2Bucket, { mediaId, r2UploadId }: MediaUploadRow): Promise<void> {
  if (r2UploadId === null) return;
  try {
    await bucket.resumeMultipartUpload(mediaId, r2UploadId).abort();
  } catch {
    // It was completed or aborted before; one that R2 could not reach it aborts by itself after seven days.
  }
}
