import type { Draft, Violation } from "../platform.ts";

/*
 * What Instagram takes. https://developers.facebook.com/docs/instagram-platform/content-publishing
 */

const MAX_CAPTION = 2_200;
const MAX_HASHTAGS = 30;
const MAX_MENTIONS = 20;
const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
const MIN_RATIO = 4 / 5;
const MAX_RATIO = 1.91;
/** What rounding a picture to whole pixels can do to its ratio. */
const RATIO_TOLERANCE = 0.01;

/** Every limit of Instagram's that a draft breaks. */
export function checkInstagramDraft(draft: Draft): Violation[] {
  return [...checkMedia(draft), ...checkCaption(draft.text)];
}

function checkMedia(draft: Draft): Violation[] {
  const [image, ...others] = draft.media;
  if (!image) return [violation("media", "required", "An Instagram post needs a picture: media must not be empty.")];
  if (others.length > 0) return [violation("media", "too_many", "An Instagram post takes one picture.")];
  if (image.mimeType !== "image/jpeg") {
    return [violation("media.0", "unsupported", `Instagram takes JPEG pictures only, and this is ${image.mimeType}.`)];
  }
  const violations: Violation[] = [];
  if (image.bytes > MAX_IMAGE_BYTES) {
    violations.push(violation("media.0", "too_large", "A picture for Instagram may have at most 8 MiB."));
  }
  const ratio = image.width / image.height;
  if (ratio < MIN_RATIO - RATIO_TOLERANCE || ratio > MAX_RATIO + RATIO_TOLERANCE) {
    const message = `A picture for Instagram must be between 4:5 and 1.91:1, and this is ${image.width} by ${image.height} pixels.`;
    violations.push(violation("media.0", "out_of_range", message));
  }
  return violations;
}

function checkCaption(text: string): Violation[] {
  const violations: Violation[] = [];
  // Instagram does not say what a character is; code points are what other clients count.
  const length = [...text].length;
  if (length > MAX_CAPTION) {
    const message = `A caption on Instagram may have at most ${MAX_CAPTION} characters, and this has ${length}.`;
    violations.push(violation("content", "too_long", message));
  }
  const hashtags = text.match(/#[\p{L}\p{N}_]+/gu)?.length ?? 0;
  if (hashtags > MAX_HASHTAGS) {
    const message = `A caption on Instagram may have at most ${MAX_HASHTAGS} hashtags, and this has ${hashtags}.`;
    violations.push(violation("content", "too_many", message));
  }
  const mentions = text.match(/(?<![\p{L}\p{N}_.])@[\p{L}\p{N}_.]+/gu)?.length ?? 0;
  if (mentions > MAX_MENTIONS) {
    const message = `A caption on Instagram may mention at most ${MAX_MENTIONS} accounts, and this mentions ${mentions}.`;
    violations.push(violation("content", "too_many", message));
  }
  return violations;
}

function violation(field: string, code: Violation["code"], message: string): Violation {
  return { field, code, message };
}
