import type { MediaRow } from "../db/media.ts";
import type { DraftMedia } from "../platforms/platform.ts";

/** What a platform is told of stored media. */
export function draftMedia(row: MediaRow): DraftMedia {
  const { id, mimeType, bytes, width, height, durationMs, frameRate, videoCodec, audioCodec, fastStart, colorSpace } =
    row;
  return { id, mimeType, bytes, width, height, durationMs, frameRate, videoCodec, audioCodec, fastStart, colorSpace };
}
