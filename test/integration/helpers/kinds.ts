import { expect } from "vitest";
import { jpeg } from "../../helpers/pictures.ts";
import { video } from "../../helpers/videos.ts";
import type { TestWorkspace } from "./api.ts";
import { call } from "./api.ts";

/*
 * Every kind of post there is, and the calls each takes: method, path and parameters, in order.
 */

/** What the kinds are made of, by name. */
export type MediaName = "square" | "portrait" | "cover" | "film" | "short";

type Call = [method: "GET" | "POST", path: string, params: Record<string, unknown>];

export interface Kind {
  platform: "instagram" | "facebook";
  media: MediaName[];
  fields: Record<string, unknown>;
  calls: Call[];
}

/** Adds the media in live mode. Their ids are for `fields` too: `{cover}` in an option stands for an id. */
export async function addMedia(workspace: TestWorkspace): Promise<Record<MediaName, string>> {
  const tall = { width: 1080, height: 1920, audio: true };
  const files: Record<MediaName, Uint8Array<ArrayBuffer>> = {
    square: jpeg(1080, 1080),
    portrait: jpeg(1080, 1350),
    cover: jpeg(1080, 1920),
    film: await video({ ...tall, seconds: 4 }),
    short: await video({ ...tall, seconds: 5 }),
  };
  const entries = Object.entries(files).map(async ([name, body]) => {
    const headers = { "Content-Type": "application/octet-stream" };
    const answer = await call("POST", "/v1/media", { key: workspace.live, body, headers });
    if (answer.status !== 201) throw new Error(answer.text);
    return [name, answer.body.id] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<MediaName, string>;
}

const V = "/v26.0";
const ACCOUNT = `${V}/{account}`;
const NODE = `${V}/{id}`;
const ID = expect.stringMatching(/^\d{10,}$/);
const URL = expect.stringMatching(/^http:\/\/apionics\.test\/media\/media_\w+\?expires=\d+&signature=[\w-]+$/);

const CREATE = (params: Record<string, unknown>): Call => ["POST", `${ACCOUNT}/media`, params];
const POLL: Call = ["GET", NODE, { fields: "status_code,status" }];
const QUOTA: Call = ["GET", `${ACCOUNT}/content_publishing_limit`, { fields: "config,quota_usage" }];
const PUBLISH: Call = ["POST", `${ACCOUNT}/media_publish`, { creation_id: ID }];
const PERMALINK: Call = ["GET", NODE, { fields: "permalink" }];
/** A video is ready after some readings: how many is the platform's. */
const PUBLISHED = [QUOTA, PUBLISH, PERMALINK];

const STAGE = (params: Record<string, unknown> = {}): Call => [
  "POST",
  `${ACCOUNT}/photos`,
  { url: URL, published: "false", ...params },
];
const FEED = (params: Record<string, unknown>): Call => [
  "POST",
  `${ACCOUNT}/feed`,
  { fields: "id,permalink_url", ...params },
];
const READ_VIDEO: Call = ["GET", NODE, { fields: "status,published,post_id,permalink_url" }];
const STORIES: Call = [
  "GET",
  `${ACCOUNT}/stories`,
  { fields: "post_id,status,creation_time,media_type,media_id,url", since: expect.any(String) },
];
const HAND_OVER: Call = ["POST", `/video-upload${V}/{id}`, { file_url: URL }];

export const KINDS: Record<string, Kind> = {
  "an image on Instagram": {
    platform: "instagram",
    media: ["square"],
    fields: { content: "Hello from Apionics" },
    calls: [CREATE({ image_url: URL, caption: "Hello from Apionics" }), POLL, ...PUBLISHED],
  },
  "an image with all that goes with it on Instagram": {
    platform: "instagram",
    media: ["portrait"],
    fields: {
      content: "Shared",
      options: {
        instagram: {
          content: "On Instagram",
          alt_text: "A gray picture",
          user_tags: [{ username: "apionics", x: 0.5, y: 0.25 }],
          collaborators: ["somebody"],
          location_id: "110843418940484",
        },
      },
    },
    calls: [
      CREATE({
        image_url: URL,
        caption: "On Instagram",
        alt_text: "A gray picture",
        user_tags: '[{"username":"apionics","x":0.5,"y":0.25}]',
        collaborators: '["somebody"]',
        location_id: "110843418940484",
      }),
      POLL,
      ...PUBLISHED,
    ],
  },
  "a carousel on Instagram": {
    platform: "instagram",
    media: ["square", "short", "portrait"],
    fields: { content: "Swipe", options: { instagram: { alt_text: ["First", null, "Last"] } } },
    calls: [
      CREATE({ is_carousel_item: "true", image_url: URL, alt_text: "First" }),
      CREATE({ is_carousel_item: "true", media_type: "VIDEO", video_url: URL }),
      CREATE({ is_carousel_item: "true", image_url: URL, alt_text: "Last" }),
      POLL,
      POLL,
      POLL,
      CREATE({ media_type: "CAROUSEL", children: expect.stringMatching(/^\d+,\d+,\d+$/), caption: "Swipe" }),
      POLL,
      ...PUBLISHED,
    ],
  },
  "a reel with a cover on Instagram": {
    platform: "instagram",
    media: ["film"],
    fields: { content: "Moving", options: { instagram: { cover_media: "{cover}", share_to_feed: false } } },
    calls: [
      CREATE({ media_type: "REELS", video_url: URL, caption: "Moving", share_to_feed: "false", cover_url: URL }),
      POLL,
      ...PUBLISHED,
    ],
  },
  "a reel with a moment of its own as cover on Instagram": {
    platform: "instagram",
    media: ["film"],
    fields: {
      content: "",
      options: { instagram: { type: "reel", thumb_offset_ms: 1500, user_tags: [{ username: "apionics" }] } },
    },
    calls: [
      CREATE({
        media_type: "REELS",
        video_url: URL,
        share_to_feed: "true",
        thumb_offset: "1500",
        user_tags: '[{"username":"apionics"}]',
      }),
      POLL,
      ...PUBLISHED,
    ],
  },
  "an image story on Instagram": {
    platform: "instagram",
    media: ["cover"],
    fields: { content: "", options: { instagram: { type: "story" } } },
    calls: [CREATE({ media_type: "STORIES", image_url: URL }), POLL, ...PUBLISHED],
  },
  "a video story on Instagram": {
    platform: "instagram",
    media: ["film"],
    fields: { content: "", options: { instagram: { type: "story" } } },
    calls: [CREATE({ media_type: "STORIES", video_url: URL }), POLL, ...PUBLISHED],
  },
  "a text on Facebook": {
    platform: "facebook",
    media: [],
    fields: { content: "Hello from Apionics" },
    calls: [FEED({ message: "Hello from Apionics" })],
  },
  "a link on Facebook": {
    platform: "facebook",
    media: [],
    fields: { content: "Read this", options: { facebook: { link: "https://example.com/story" } } },
    calls: [FEED({ message: "Read this", link: "https://example.com/story" })],
  },
  "a photo on Facebook": {
    platform: "facebook",
    media: ["square"],
    fields: { content: "One photo", options: { facebook: { alt_text: "A gray picture" } } },
    calls: [
      STAGE({ alt_text_custom: "A gray picture" }),
      FEED({ message: "One photo", attached_media: expect.stringMatching(/^\[\{"media_fbid":"\d+"\}\]$/) }),
    ],
  },
  "several photos on Facebook": {
    platform: "facebook",
    media: ["square", "portrait", "cover"],
    fields: { content: "", options: { facebook: { alt_text: ["First", null, "Last"] } } },
    calls: [
      STAGE({ alt_text_custom: "First" }),
      STAGE(),
      STAGE({ alt_text_custom: "Last" }),
      FEED({ attached_media: expect.any(String) }),
    ],
  },
  "a video on Facebook": {
    platform: "facebook",
    media: ["film"],
    fields: { content: "A film" },
    calls: [
      ["POST", `${ACCOUNT}/videos`, { upload_phase: "start", file_size: expect.stringMatching(/^\d+$/) }],
      [
        "POST",
        `${ACCOUNT}/videos`,
        {
          upload_phase: "transfer",
          upload_session_id: ID,
          start_offset: "0",
          video_file_chunk: expect.stringMatching(/^\[\d+ bytes\]$/),
        },
      ],
      [
        "POST",
        `${ACCOUNT}/videos`,
        { upload_phase: "finish", upload_session_id: ID, published: "true", description: "A film" },
      ],
      READ_VIDEO,
    ],
  },
  "a reel on Facebook": {
    platform: "facebook",
    media: ["film"],
    fields: { content: "A reel", options: { facebook: { type: "reel" } } },
    calls: [
      ["POST", `${ACCOUNT}/video_reels`, { upload_phase: "start" }],
      HAND_OVER,
      READ_VIDEO,
      [
        "POST",
        `${ACCOUNT}/video_reels`,
        { upload_phase: "finish", video_id: ID, video_state: "PUBLISHED", description: "A reel" },
      ],
      READ_VIDEO,
    ],
  },
  "a photo story on Facebook": {
    platform: "facebook",
    media: ["cover"],
    fields: { content: "", options: { facebook: { type: "story" } } },
    calls: [STAGE(), ["POST", `${ACCOUNT}/photo_stories`, { photo_id: ID }], STORIES],
  },
  "a video story on Facebook": {
    platform: "facebook",
    media: ["film"],
    fields: { content: "", options: { facebook: { type: "story" } } },
    calls: [
      ["POST", `${ACCOUNT}/video_stories`, { upload_phase: "start" }],
      HAND_OVER,
      READ_VIDEO,
      ["POST", `${ACCOUNT}/video_stories`, { upload_phase: "finish", video_id: ID }],
      STORIES,
      READ_VIDEO,
      STORIES,
    ],
  },
};
