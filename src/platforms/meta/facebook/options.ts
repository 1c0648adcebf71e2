import * as z from "zod";
import { wellFormed } from "../../../lib/text.ts";
import type { Draft } from "../../platform.ts";

/*
 * `options.facebook` of a publish request: what only a post on a Facebook Page has.
 */

/** More entries than any list may have are no post of anybody's. What a platform takes is for its check to say. */
const MANY = 100;

const text = z.string().check(wellFormed);

export const facebookOptions = z.strictObject({
  /** What it is to be. Left out, it is a post in the feed. */
  type: z.enum(["feed", "reel", "story"]).optional(),
  /** The text on Facebook, in place of `content`. */
  content: text.optional(),
  /** Of the photo; of several, one entry for each. */
  alt_text: z.union([text, z.array(text.nullable()).min(1).max(MANY)]).optional(),
  /** A link to show, in place of media. */
  link: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  /** Written under the post once it is public. */
  first_comment: text.optional(),
});

export type FacebookOptions = z.infer<typeof facebookOptions>;

/** The options of a draft. They were parsed when the post was accepted. */
export function optionsOf(draft: Draft): FacebookOptions {
  return draft.options as FacebookOptions;
}

/** The link a post is to show, if any. */
export function linkOf(draft: Draft): string | null {
  return optionsOf(draft).link ?? null;
}

/** What a photo shows, for those who do not see it. */
export function altTextOf(draft: Draft, index: number): string | null {
  const { alt_text } = optionsOf(draft);
  if (Array.isArray(alt_text)) return alt_text[index] ?? null;
  return index === 0 ? (alt_text ?? null) : null;
}
