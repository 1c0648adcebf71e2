import { z } from "@hono/zod-openapi";
import type { MediaRow } from "../db/media.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import { COLOR_SPACES } from "../lib/vocabulary.ts";
import { isVideo } from "../platforms/platform.ts";
import { printedTime } from "./schemas.ts";

/** Media as answers show it. */
export const media = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["image", "video"]),
    mime_type: z.string().openapi({ description: "By the file's content, whatever its name says." }),
    bytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    duration_ms: z.number().int().nullable(),
    frame_rate: z.number().nullable(),
    video_codec: z.string().nullable().openapi({ example: "h264" }),
    audio_codec: z.string().nullable().openapi({ example: "aac" }),
    fast_start: z.boolean().nullable().openapi({ description: "Whether a video's index stands before its frames." }),
    color_space: z.enum(COLOR_SPACES).nullable(),
    rendition_of: z.string().optional().openapi({ description: "Renditions only: the media it was made from." }),
    created_at: printedTime,
    expires_at: printedTime.nullable().openapi({ description: "When it is deleted unless a post uses it." }),
  })
  .openapi("Media");

export function printMedia(row: MediaRow): z.infer<typeof media> {
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
