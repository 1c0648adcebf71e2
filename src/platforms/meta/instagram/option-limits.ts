import type { Draft } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import type { Report } from "../check.ts";
import { checkOtherTexts } from "../check.ts";
import type { InstagramKind } from "./kind.ts";
import type { InstagramOptions } from "./options.ts";
import { optionsOf } from "./options.ts";

/*
 * Which of Instagram's options go with which kind of post.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
 */

export const MAX_COMMENT = 2_200;
const MAX_COLLABORATORS = 3;
const MAX_USER_TAGS = 20;
const MAX_COVER_BYTES = 8 * 1024 * 1024;

const TAKEN_BY: Readonly<Partial<Record<keyof InstagramOptions, readonly InstagramKind[]>>> = {
  alt_text: ["image", "carousel"],
  user_tags: ["image", "carousel", "reel", "story"],
  collaborators: ["image", "carousel", "reel"],
  location_id: ["image", "carousel", "reel"],
  cover_media: ["reel"],
  thumb_offset_ms: ["reel"],
  share_to_feed: ["reel"],
  first_comment: ["image", "carousel", "reel"],
};

const NAMES: Readonly<Record<InstagramKind, string>> = {
  image: "a picture",
  carousel: "a carousel",
  reel: "a reel",
  story: "a story",
};

export function checkInstagramOptions(report: Report, draft: Draft, kind: InstagramKind): void {
  const options = optionsOf(draft);
  for (const [name, kinds] of Object.entries(TAKEN_BY)) {
    if (options[name as keyof InstagramOptions] === undefined || kinds.includes(kind)) continue;
    report.refuse(`options.instagram.${name}`, "not_allowed", `${name} does not go with ${NAMES[kind]} on Instagram.`);
  }
  checkOtherTexts(report, "instagram", options, MAX_COMMENT);
  checkAltText(report, draft, options, kind);
  checkUserTags(report, draft, options, kind);
  checkNames(report, "collaborators", options.collaborators ?? [], MAX_COLLABORATORS);
  // One person may be tagged once on each of a carousel's media.
  const tags = (options.user_tags ?? []).map(({ username, media = 0 }) => `${username} ${media}`);
  checkNames(report, "user_tags", tags, MAX_USER_TAGS);
  checkCover(report, draft, options);
}

function checkAltText(report: Report, draft: Draft, { alt_text }: InstagramOptions, kind: InstagramKind): void {
  const field = "options.instagram.alt_text";
  if (typeof alt_text === "string" && kind === "carousel") {
    report.refuse(field, "unsupported", "The alt_text of a carousel is a list with one entry for each of its media.");
  }
  if (!Array.isArray(alt_text)) return;
  const { media } = draft;
  if (alt_text.length !== media.length) {
    const message = `alt_text has ${alt_text.length} entries for ${media.length} media; null stands for none.`;
    report.refuse(field, "out_of_range", message, { limit: media.length, value: alt_text.length });
  }
  alt_text.forEach((text, index) => {
    const item = media[index];
    if (text === null || !item || !isVideo(item)) return;
    report.refuse(`${field}.${index}`, "not_allowed", "Instagram takes no alt_text for a video.");
  });
}

function checkUserTags(report: Report, draft: Draft, { user_tags = [] }: InstagramOptions, kind: InstagramKind): void {
  user_tags.forEach((tag, index) => {
    const field = `options.instagram.user_tags.${index}`;
    const item = draft.media[tag.media ?? 0];
    if (!item) {
      report.refuse(`${field}.media`, "out_of_range", `There is no media ${tag.media}: they are counted from 0.`);
      return;
    }
    const hasPlace = tag.x !== undefined && tag.y !== undefined;
    const hasHalf = (tag.x === undefined) !== (tag.y === undefined);
    if (kind === "carousel" && isVideo(item)) {
      report.refuse(field, "not_allowed", "Instagram takes no tags on a carousel's videos.");
    } else if (kind === "reel" && (tag.x !== undefined || tag.y !== undefined)) {
      report.refuse(field, "not_allowed", "A tag on a reel has no place: leave x and y out.");
    } else if ((kind === "image" || kind === "carousel") && !hasPlace) {
      report.refuse(field, "required", "A tag on a picture needs x and y, from 0 to 1.");
    } else if (hasHalf) {
      report.refuse(field, "required", "A tag has both x and y, or neither.");
    }
  });
}

function checkCover(report: Report, draft: Draft, { cover_media, thumb_offset_ms }: InstagramOptions): void {
  const field = "options.instagram.cover_media";
  const cover = draft.attachments.find(({ id }) => id === cover_media);
  if (cover && cover.mimeType !== "image/jpeg") {
    report.refuse(field, "unsupported", `The cover of a reel must be a JPEG, and this is ${cover.mimeType}.`);
  }
  if (cover && cover.bytes > MAX_COVER_BYTES) {
    const bound = { limit: MAX_COVER_BYTES, value: cover.bytes };
    report.refuse(field, "too_large", "The cover of a reel may have at most 8 MiB.", bound);
  }
  const duration = draft.media[0]?.durationMs ?? null;
  if (thumb_offset_ms !== undefined && duration !== null && thumb_offset_ms >= duration) {
    const bound = { limit: duration, value: thumb_offset_ms };
    const message = `thumb_offset_ms lies outside the video, which lasts ${duration} milliseconds.`;
    report.refuse("options.instagram.thumb_offset_ms", "out_of_range", message, bound);
  }
  if (thumb_offset_ms !== undefined && cover_media !== undefined) {
    const message = "A reel has one cover: either cover_media or thumb_offset_ms.";
    report.refuse("options.instagram.thumb_offset_ms", "not_allowed", message);
  }
}

function checkNames(report: Report, option: string, names: string[], max: number): void {
  const field = `options.instagram.${option}`;
  if (names.length > max) {
    const message = `Instagram takes at most ${max} ${option}, and these are ${names.length}.`;
    report.refuse(field, "too_many", message, { limit: max, value: names.length });
  }
  names.forEach((name, index) => {
    const first = names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
    if (first !== index) report.refuse(`${field}.${index}`, "not_allowed", `${option} repeats entry ${first}.`);
  });
}
