import type { Draft, DraftMedia, Findings, PlatformLimits } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import { normaliseText } from "../../similarity.ts";
import type { VideoRule } from "../check.ts";
import { CONTAINERS, checkOtherTexts, checkVideo, lengthOf, MAX_ALT_TEXT, Report, textField } from "../check.ts";
import type { FacebookKind } from "./kind.ts";
import { kindOf } from "./kind.ts";
import { linkOf, optionsOf } from "./options.ts";

/*
 * What a Facebook Page takes. https://developers.facebook.com/docs/pages-api/posts,
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

const MAX_TEXT = 63_206;
const MAX_COMMENT = 8_000;
const MAX_PHOTOS = 10;
const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const PHOTO_TYPES: readonly string[] = ["image/jpeg", "image/png", "image/gif"];
const GB = 1_000_000_000;

const VIDEO: VideoRule = {
  what: "A video on Facebook",
  maxBytes: 10 * GB,
  minSeconds: 1,
  maxSeconds: 240 * 60,
};
const REEL: VideoRule = {
  what: "A reel on Facebook",
  maxBytes: GB,
  minSeconds: 3,
  maxSeconds: 90,
  minFrameRate: 24,
  maxFrameRate: 60,
  minWidth: 540,
  minHeight: 960,
  // 9:16, give or take what rounding to even numbers of pixels does.
  minRatio: 0.55,
  maxRatio: 0.575,
};
const STORY_VIDEO: VideoRule = { what: "A story on Facebook", maxBytes: GB, minSeconds: 1, maxSeconds: 60 };

/** The same as a client may read it. */
export const FACEBOOK_LIMITS: PlatformLimits = {
  maxCharacters: MAX_TEXT,
  maxHashtags: null,
  maxMentions: null,
  maxCommentCharacters: MAX_COMMENT,
  maxAltTextCharacters: MAX_ALT_TEXT,
  maxMedia: MAX_PHOTOS,
  images: { types: PHOTO_TYPES, maxBytes: MAX_PHOTO_BYTES },
  videoTypes: CONTAINERS,
  videos: { feed: VIDEO, reel: REEL, story: STORY_VIDEO },
};

/** Every limit of Facebook's that a draft breaks, and what its author should know. */
export function checkFacebookDraft(draft: Draft): Findings {
  const report = new Report();
  const kind = kindOf(draft);
  checkText(report, draft, kind);
  checkMedia(report, draft, kind);
  checkOptions(report, draft, kind);
  return { violations: report.violations, warnings: report.warnings };
}

function isStory(kind: FacebookKind): boolean {
  return kind === "photo_story" || kind === "video_story";
}

function checkText(report: Report, draft: Draft, kind: FacebookKind): void {
  const field = textField(draft, "facebook");
  const length = lengthOf(draft.text);
  if (isStory(kind)) {
    if (length > 0) report.warn(field, "not_shown", "A story on Facebook has no text: the text is not shown there.");
    return;
  }
  if (length > MAX_TEXT) {
    const message = `A post on Facebook may have at most ${MAX_TEXT} characters, and this has ${length}.`;
    report.refuse(field, "too_long", message, { limit: MAX_TEXT, value: length });
  }
  if (kind === "feed" && normaliseText(draft.text) === "" && draft.media.length === 0 && linkOf(draft) === null) {
    report.refuse(field, "required", "A Facebook post needs a text, a link or media: content must not be empty.");
  }
}

function checkMedia(report: Report, draft: Draft, kind: FacebookKind): void {
  const { media } = draft;
  const videos = media.filter(isVideo);
  if (kind === "feed" && videos.length === 0) {
    if (media.length > MAX_PHOTOS) {
      const message = `A post on Facebook takes at most ${MAX_PHOTOS} pictures, and this has ${media.length}.`;
      report.refuse("media", "too_many", message, { limit: MAX_PHOTOS, value: media.length });
    }
    media.forEach((photo, index) => {
      checkPhoto(report, `media.${index}`, photo);
    });
    return;
  }
  const what = isStory(kind) ? "A story" : kind === "reel" ? "A reel" : "A post with a video";
  if (media.length > 1) {
    const message = `${what} on Facebook takes one picture or video, and this has ${media.length}.`;
    report.refuse("media", "too_many", message, { limit: 1, value: media.length });
  }
  const [only] = media;
  if (!only) {
    report.refuse(
      "media",
      "required",
      `${what} on Facebook needs a ${kind === "reel" ? "video" : "picture or a video"}.`,
    );
  } else if (isVideo(only)) {
    checkVideo(report, "media.0", only, kind === "reel" ? REEL : isStory(kind) ? STORY_VIDEO : VIDEO);
  } else if (kind === "reel") {
    report.refuse("media.0", "unsupported", `A reel on Facebook must be a video, and this is ${only.mimeType}.`);
  } else {
    checkPhoto(report, "media.0", only);
  }
}

function checkPhoto(report: Report, field: string, photo: DraftMedia): void {
  if (!PHOTO_TYPES.includes(photo.mimeType)) {
    report.refuse(field, "unsupported", `Facebook takes JPEG, PNG and GIF pictures, and this is ${photo.mimeType}.`);
  }
  if (photo.bytes > MAX_PHOTO_BYTES) {
    const bound = { limit: MAX_PHOTO_BYTES, value: photo.bytes };
    report.refuse(field, "too_large", "A picture for Facebook may have at most 10 MiB.", bound);
  }
}

function checkOptions(report: Report, draft: Draft, kind: FacebookKind): void {
  const { alt_text, link, first_comment } = optionsOf(draft);
  const field = (name: string) => `options.facebook.${name}`;
  checkOtherTexts(report, "facebook", optionsOf(draft), MAX_COMMENT);
  if (link !== undefined && (kind !== "feed" || draft.media.length > 0)) {
    report.refuse(field("link"), "not_allowed", "A Facebook post shows either media or a link, not both.");
  }
  if (first_comment !== undefined && isStory(kind)) {
    report.refuse(field("first_comment"), "not_allowed", "A story on Facebook takes no comment.");
  }
  if (alt_text === undefined) return;
  if (kind !== "feed" || draft.media.length === 0) {
    report.refuse(field("alt_text"), "not_allowed", "alt_text goes with the photos of a post in the feed.");
  } else if (Array.isArray(alt_text) && alt_text.length !== draft.media.length) {
    const message = `alt_text has ${alt_text.length} entries for ${draft.media.length} media; null stands for none.`;
    report.refuse(field("alt_text"), "out_of_range", message, { limit: draft.media.length, value: alt_text.length });
  } else if (typeof alt_text === "string" && draft.media.length > 1) {
    report.refuse(
      field("alt_text"),
      "unsupported",
      "The alt_text of several photos is a list with one entry for each.",
    );
  }
}
