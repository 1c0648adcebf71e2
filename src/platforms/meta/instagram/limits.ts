import type { Draft, DraftMedia, Findings, PlatformLimits } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import type { VideoRule } from "../check.ts";
import { CONTAINERS, checkVideo, lengthOf, MAX_ALT_TEXT, Report, textField } from "../check.ts";
import type { InstagramKind } from "./kind.ts";
import { kindOf } from "./kind.ts";
import { checkInstagramOptions, MAX_COMMENT } from "./option-limits.ts";

/*
 * What Instagram takes. https://developers.facebook.com/docs/instagram-platform/content-publishing
 */

const MAX_CAPTION = 2_200;
const MAX_HASHTAGS = 30;
/** Since December 2025 Instagram's own app takes no more; its API still says 30. */
const MANY_HASHTAGS = 5;
const MAX_MENTIONS = 20;
const MAX_ITEMS = 10;
const IMAGE_TYPES: readonly string[] = ["image/jpeg"];
const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
const MIN_RATIO = 4 / 5;
const MAX_RATIO = 1.91;
/** What rounding a picture to whole pixels can do to its ratio. */
const RATIO_TOLERANCE = 0.01;
const MIN_WIDTH = 320;
const MAX_WIDTH = 1_440;
const MB = 1_000_000;

const VIDEO = {
  minFrameRate: 23,
  maxFrameRate: 60,
  maxWidth: 1_920,
  videoCodecs: ["h264", "hevc"],
  audioCodecs: ["aac"],
  needsFastStart: true,
} as const;

const REEL: VideoRule = {
  ...VIDEO,
  what: "A reel on Instagram",
  maxBytes: 300 * MB,
  minSeconds: 3,
  maxSeconds: 15 * 60,
  minRatio: 0.01,
  maxRatio: 10,
};
const STORY_VIDEO: VideoRule = {
  ...VIDEO,
  what: "A story on Instagram",
  maxBytes: 100 * MB,
  minSeconds: 3,
  maxSeconds: 60,
  minRatio: 0.1,
};
/** No page of Meta's says what a carousel's videos may be; a reel's limits but for the length are what clients use. */
const CAROUSEL_VIDEO: VideoRule = { ...REEL, what: "A video of a carousel on Instagram", maxSeconds: 60 };

/** The same as a client may read it. */
export const INSTAGRAM_LIMITS: PlatformLimits = {
  maxCharacters: MAX_CAPTION,
  maxHashtags: MAX_HASHTAGS,
  maxMentions: MAX_MENTIONS,
  maxCommentCharacters: MAX_COMMENT,
  maxAltTextCharacters: MAX_ALT_TEXT,
  maxMedia: MAX_ITEMS,
  images: { types: IMAGE_TYPES, maxBytes: MAX_IMAGE_BYTES, minRatio: MIN_RATIO, maxRatio: MAX_RATIO },
  videoTypes: CONTAINERS,
  videos: { carousel: CAROUSEL_VIDEO, reel: REEL, story: STORY_VIDEO },
};

/** Every limit of Instagram's that a draft breaks, and what its author should know. */
export function checkInstagramDraft(draft: Draft): Findings {
  const report = new Report();
  const kind = kindOf(draft);
  checkMedia(report, draft, kind);
  checkCaption(report, draft, kind);
  checkInstagramOptions(report, draft, kind);
  return { violations: report.violations, warnings: report.warnings };
}

function checkMedia(report: Report, draft: Draft, kind: InstagramKind): void {
  const { media } = draft;
  if (media.length === 0) {
    report.refuse("media", "required", "An Instagram post needs a picture or a video: media must not be empty.");
    return;
  }
  if (kind === "carousel") {
    checkCarousel(report, media);
    return;
  }
  const [only, ...others] = media;
  if (others.length > 0) {
    const message = `A ${kind} on Instagram takes one picture or video, and this has ${media.length}.`;
    report.refuse("media", "too_many", message, { limit: 1, value: media.length });
  }
  if (!only) return;
  if (kind === "reel" && !isVideo(only)) {
    report.refuse("media.0", "unsupported", `A reel on Instagram must be a video, and this is ${only.mimeType}.`);
  } else if (isVideo(only)) {
    checkVideo(report, "media.0", only, kind === "story" ? STORY_VIDEO : REEL);
  } else {
    checkImage(report, "media.0", only, kind);
  }
}

function checkCarousel(report: Report, media: DraftMedia[]): void {
  if (media.length > MAX_ITEMS) {
    const message = `A carousel on Instagram takes at most ${MAX_ITEMS} pictures and videos, and this has ${media.length}.`;
    report.refuse("media", "too_many", message, { limit: MAX_ITEMS, value: media.length });
  }
  const [first] = media;
  media.forEach((item, index) => {
    if (isVideo(item)) checkVideo(report, `media.${index}`, item, CAROUSEL_VIDEO);
    else checkImage(report, `media.${index}`, item, "carousel");
    if (!first || index === 0 || Math.abs(ratioOf(item) - ratioOf(first)) < RATIO_TOLERANCE) return;
    const message = "Instagram crops every item of a carousel to the aspect ratio of the first, and this has another.";
    report.warn(`media.${index}`, "cropped", message);
  });
}

function checkImage(report: Report, field: string, image: DraftMedia, kind: InstagramKind): void {
  if (!IMAGE_TYPES.includes(image.mimeType)) {
    report.refuse(field, "unsupported", `Instagram takes JPEG pictures only, and this is ${image.mimeType}.`);
    return;
  }
  if (image.colorSpace === "cmyk") {
    report.refuse(field, "unsupported", "Instagram takes pictures in RGB, and this one is in CMYK.");
  }
  if (image.bytes > MAX_IMAGE_BYTES) {
    const message = "A picture for Instagram may have at most 8 MiB.";
    report.refuse(field, "too_large", message, { limit: MAX_IMAGE_BYTES, value: image.bytes });
  }
  const size = `${image.width} by ${image.height} pixels`;
  if (image.width < MIN_WIDTH || image.width > MAX_WIDTH) {
    report.warn(
      field,
      "scaled",
      `Instagram scales pictures to ${MIN_WIDTH} to ${MAX_WIDTH} pixels of width; this has ${size}.`,
    );
  }
  const ratio = ratioOf(image);
  if (kind === "story") {
    if (Math.abs(ratio - 9 / 16) < RATIO_TOLERANCE) return;
    report.warn(field, "cropped", `A story is shown 9 by 16; Instagram crops or frames this picture of ${size}.`);
  } else if (ratio < MIN_RATIO - RATIO_TOLERANCE || ratio > MAX_RATIO + RATIO_TOLERANCE) {
    const message = `A picture for Instagram must be between 4:5 and 1.91:1, and this is ${size}.`;
    report.refuse(field, "out_of_range", message, { limit: "0.8 to 1.91", value: Number(ratio.toFixed(4)) });
  }
}

function ratioOf(media: DraftMedia): number {
  return media.width / media.height;
}

function checkCaption(report: Report, draft: Draft, kind: InstagramKind): void {
  const { text } = draft;
  const field = textField(draft, "instagram");
  if (kind === "story") {
    if (text !== "")
      report.warn(field, "not_shown", "A story on Instagram has no caption: the text is not shown there.");
    return;
  }
  const bound = (limit: number, value: number) => ({ limit, value });
  const length = lengthOf(text);
  if (length > MAX_CAPTION) {
    const message = `A caption on Instagram may have at most ${MAX_CAPTION} characters, and this has ${length}.`;
    report.refuse(field, "too_long", message, bound(MAX_CAPTION, length));
  }
  const hashtags = text.match(/#[\p{L}\p{N}_]+/gu)?.length ?? 0;
  if (hashtags > MAX_HASHTAGS) {
    const message = `A caption on Instagram may have at most ${MAX_HASHTAGS} hashtags, and this has ${hashtags}.`;
    report.refuse(field, "too_many", message, bound(MAX_HASHTAGS, hashtags));
  } else if (hashtags > MANY_HASHTAGS) {
    const message = `Instagram's app takes at most ${MANY_HASHTAGS} hashtags, and this has ${hashtags}: it may refuse or hide them.`;
    report.warn(field, "many_hashtags", message, bound(MANY_HASHTAGS, hashtags));
  }
  const mentions = text.match(/(?<![\p{L}\p{N}_.])@[\p{L}\p{N}_.]+/gu)?.length ?? 0;
  if (mentions > MAX_MENTIONS) {
    const message = `A caption on Instagram may mention at most ${MAX_MENTIONS} accounts, and this mentions ${mentions}.`;
    report.refuse(field, "too_many", message, bound(MAX_MENTIONS, mentions));
  }
}
