import type { MediaRow } from "../db/media.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import type { ColorSpace } from "../lib/vocabulary.ts";
import { isVideo } from "../platforms/platform.ts";

/** Media as answers and events carry it. */
export interface PrintedMedia {
  id: string;
  kind: "image" | "video";
  mime_type: string;
  bytes: number;
  width: number;
  height: number;
  duration_ms: number | null;
  frame_rate: number | null;
  video_codec: string | null;
  audio_codec: string | null;
  fast_start: boolean | null;
  color_space: ColorSpace | null;
  rendition_of?: string;
  created_at: string;
  expires_at: string | null;
}

export function printMedia(row: MediaRow): PrintedMedia {
  return {
    id: row.id,
    kind: isVideo(row) ? "video" : "image",
    mime_type: row.mimeType,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    duration_ms: row.durationMs,
    frame_rate: row.frameRate,
    video_codec: row.videoCodec,
    audio_codec: row.audioCodec,
    fast_start: row.fastStart,
    color_space: row.colorSpace,
    ...(row.renditionOf === null ? {} : { rendition_of: row.renditionOf }),
    created_at: printTime(row.createdAt),
    expires_at: printTimeOrNull(row.expiresAt),
  };
}
