import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { COMING_PLATFORMS, LIVE_PLATFORMS, PLATFORM_STATES } from "../lib/vocabulary.ts";
import type { PlatformLimits, VideoLimits } from "../platforms/platform.ts";
import { VIDEO_USES } from "../platforms/platform.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import type { LivePlatform } from "./platform-list.ts";
import { listPlatforms } from "./platform-list.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The platforms: which can be published to, what they take, and how they are.
 */

const ratio = z.number().nullable().openapi({ description: "Width by height." });
const bound = z.number().nullable();

const videoLimits = z
  .strictObject({
    use: z.enum(VIDEO_USES).openapi({ description: "Where the video stands." }),
    max_bytes: z.number().int(),
    min_seconds: z.number(),
    max_seconds: z.number(),
    min_frame_rate: bound,
    max_frame_rate: bound,
    min_width: bound,
    max_width: bound,
    min_height: bound,
    min_ratio: ratio,
    max_ratio: ratio,
    video_codecs: z.array(z.string()).nullable(),
    audio_codecs: z.array(z.string()).nullable(),
    needs_fast_start: z.boolean(),
  })
  .openapi("VideoLimits");

const limits = z
  .strictObject({
    max_characters: z.number().int(),
    max_hashtags: z.number().int().nullable(),
    max_mentions: z.number().int().nullable(),
    max_comment_characters: z.number().int(),
    max_alt_text_characters: z.number().int(),
    max_media: z.number().int().openapi({ description: "Pictures and videos of one post." }),
    images: z.strictObject({
      mime_types: z.array(z.string()),
      max_bytes: z.number().int(),
      min_ratio: ratio,
      max_ratio: ratio,
    }),
    videos: z.strictObject({ mime_types: z.array(z.string()), uses: z.array(videoLimits) }),
  })
  .openapi("PlatformLimits", { description: "What a post may have; null where the platform sets no limit." });

const livePlatform = z
  .strictObject({
    id: z.enum(LIVE_PLATFORMS),
    name: z.string(),
    status: z.literal("live"),
    notes: z.string(),
    state: z.enum(PLATFORM_STATES).openapi({
      description:
        "ok; degraded: the platform limits the app, and what it limits waits; paused: the deployment is paused.",
    }),
    api_version: z.string().openapi({ example: "v25.0" }),
    api_version_ends_on: z.iso
      .date()
      .nullable()
      .openapi({ description: "When the platform stops to answer that version. Null: it has not said yet." }),
    limits,
  })
  .openapi("LivePlatform");

const comingPlatform = z
  .strictObject({
    id: z.enum(COMING_PLATFORMS),
    name: z.string(),
    status: z.literal("coming_soon"),
    notes: z.string(),
    state: z.null(),
    api_version: z.null(),
    api_version_ends_on: z.null(),
    limits: z.null(),
  })
  .openapi("ComingPlatform");

const platformList = z
  .strictObject({ platforms: z.array(z.discriminatedUnion("status", [livePlatform, comingPlatform])) })
  .openapi("PlatformList");

const listRoute = createRoute({
  method: "get",
  path: "/v1/platforms",
  operationId: "listPlatforms",
  summary: "List the platforms there are and will be, with their limits and how they are",
  ...requireScopeWithinReach("posts:read"),
  request: { query: z.strictObject({}) },
  responses: {
    200: { description: "The platforms", content: { "application/json": { schema: platformList } } },
    ...errorResponses(401, 403, 500),
  },
});

export const platforms = new OpenAPIHono<AppEnv>();

platforms.openapi(listRoute, async (c) => {
  const { live, coming } = await listPlatforms(c.var.services, accessOf(c.var.actor).scope);
  const nothing = { state: null, api_version: null, api_version_ends_on: null, limits: null };
  return c.json({ platforms: [...live.map(printLive), ...coming.map((each) => ({ ...each, ...nothing }))] }, 200);
});

function printLive({ id, name, status, notes, state, api, limits }: LivePlatform): z.infer<typeof livePlatform> {
  return {
    id,
    name,
    status,
    notes,
    state,
    api_version: api.version,
    api_version_ends_on: api.endsOn,
    limits: printLimits(limits),
  };
}

function printLimits({
  images,
  videos,
  videoTypes,
  ...limits
}: PlatformLimits): z.infer<typeof livePlatform>["limits"] {
  return {
    max_characters: limits.maxCharacters,
    max_hashtags: limits.maxHashtags,
    max_mentions: limits.maxMentions,
    max_comment_characters: limits.maxCommentCharacters,
    max_alt_text_characters: limits.maxAltTextCharacters,
    max_media: limits.maxMedia,
    images: {
      mime_types: [...images.types],
      max_bytes: images.maxBytes,
      min_ratio: images.minRatio ?? null,
      max_ratio: images.maxRatio ?? null,
    },
    videos: {
      mime_types: [...videoTypes],
      uses: VIDEO_USES.flatMap((use) => {
        const taken = videos[use];
        return taken ? [{ use, ...printVideo(taken) }] : [];
      }),
    },
  };
}

function printVideo(video: VideoLimits): Omit<z.infer<typeof videoLimits>, "use"> {
  return {
    max_bytes: video.maxBytes,
    min_seconds: video.minSeconds,
    max_seconds: video.maxSeconds,
    min_frame_rate: video.minFrameRate ?? null,
    max_frame_rate: video.maxFrameRate ?? null,
    min_width: video.minWidth ?? null,
    max_width: video.maxWidth ?? null,
    min_height: video.minHeight ?? null,
    min_ratio: video.minRatio ?? null,
    max_ratio: video.maxRatio ?? null,
    video_codecs: video.videoCodecs ? [...video.videoCodecs] : null,
    audio_codecs: video.audioCodecs ? [...video.audioCodecs] : null,
    needs_fast_start: video.needsFastStart ?? false,
  };
}
