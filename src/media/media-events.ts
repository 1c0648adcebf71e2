import type { NewEvent } from "../db/events.ts";
import type { MediaRow } from "../db/media.ts";
import type { Millis } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import { printMedia } from "./print-media.ts";

/** Tells that a file has become media. */
export function readyEvent(row: MediaRow, now: Millis): NewEvent {
  return mediaEvent(row.id, "media.ready", { media: printMedia(row) }, now);
}

/** Tells that an upload in parts was whole, and is not a file that we take. */
export function failedEvent(upload: { mediaId: string; uploadId: string }, message: string, now: Millis): NewEvent {
  const error = { code: "validation_error", message };
  return mediaEvent(upload.mediaId, "media.failed", { upload_id: upload.uploadId, error }, now);
}

function mediaEvent(mediaId: string, type: "media.ready" | "media.failed", data: object, now: Millis): NewEvent {
  return {
    id: `evt_${mediaId.replace(/^media_/, "")}_${type.replace(".", "_")}`,
    type,
    body: JSON.stringify({ type, timestamp: printTime(now), data }),
    createdAt: now,
  };
}
