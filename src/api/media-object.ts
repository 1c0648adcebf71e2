import { COLOR_SPACES } from "../lib/vocabulary.ts";
import { printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

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
