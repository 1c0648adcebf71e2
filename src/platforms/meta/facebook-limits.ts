import { z } from "zod";
import type { Draft, Violation } from "../platform.ts";

/*
 * What a Facebook Page takes. https://developers.facebook.com/docs/pages-api/posts
 */

const MAX_TEXT = 63_206;
const MAX_PHOTOS = 10;
const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const PHOTO_TYPES: readonly string[] = ["image/jpeg", "image/png", "image/gif"];

/** What only a Facebook post has: `options.facebook` of a publish request. */
export const facebookOptions = z.strictObject({
  link: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
});

/** The link a post is to show, if any. */
export function linkOf(draft: Draft): string | null {
  return typeof draft.options.link === "string" ? draft.options.link : null;
}

/** Every limit of Facebook's that a draft breaks. */
export function checkFacebookDraft(draft: Draft): Violation[] {
  return [...checkText(draft), ...checkPhotos(draft)];
}

function checkText(draft: Draft): Violation[] {
  const length = [...draft.text].length;
  if (length > MAX_TEXT) {
    const message = `A post on Facebook may have at most ${MAX_TEXT} characters, and this has ${length}.`;
    return [{ field: "content", code: "too_long", message }];
  }
  if (draft.text.trim() === "" && draft.media.length === 0 && linkOf(draft) === null) {
    const message = "A Facebook post needs a text, a link or a picture: content must not be empty.";
    return [{ field: "content", code: "required", message }];
  }
  return [];
}

function checkPhotos(draft: Draft): Violation[] {
  const violations: Violation[] = [];
  if (draft.media.length > MAX_PHOTOS) {
    const message = `A post on Facebook takes at most ${MAX_PHOTOS} pictures, and this has ${draft.media.length}.`;
    violations.push({ field: "media", code: "too_many", message });
  }
  if (draft.media.length > 0 && linkOf(draft) !== null) {
    const message = "A Facebook post shows either pictures or a link, not both.";
    violations.push({ field: "options.facebook.link", code: "not_allowed", message });
  }
  draft.media.forEach((photo, index) => {
    if (!PHOTO_TYPES.includes(photo.mimeType)) {
      const message = `Facebook takes JPEG, PNG and GIF pictures, and this is ${photo.mimeType}.`;
      violations.push({ field: `media.${index}`, code: "unsupported", message });
    }
    if (photo.bytes > MAX_PHOTO_BYTES) {
      const message = "A picture for Facebook may have at most 10 MiB.";
      violations.push({ field: `media.${index}`, code: "too_large", message });
    }
  });
  return violations;
}
