import * as z from "zod";
import { wellFormed } from "../../../lib/text.ts";
import type { Draft } from "../../platform.ts";

/*
 * `options.instagram` of a publish request: what only a post on Instagram has.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
 */

/** More entries than any list may have are no post of anybody's. What a platform takes is for its check to say. */
const MANY = 100;

const username = z.string().regex(/^[A-Za-z0-9_.]{1,30}$/, "{field} must be an Instagram username, without the @.");
const share = z.number().min(0).max(1);
const text = z.string().check(wellFormed);

export const instagramOptions = z.strictObject({
  /** What it is to be. Left out, it follows from the media: one picture, a carousel, or a reel. */
  type: z.enum(["feed", "reel", "story"]).optional(),
  /** The caption on Instagram, in place of `content`. */
  content: text.optional(),
  /** Of the picture; of a carousel, one entry for each of its media. */
  alt_text: z.union([text, z.array(text.nullable()).min(1).max(MANY)]).optional(),
  user_tags: z
    .array(
      z.strictObject({
        username,
        /** Where on the picture, from 0 (left, top) to 1. */
        x: share.optional(),
        y: share.optional(),
        /** Which of a carousel's media, counted from 0. */
        media: z.number().int().min(0).max(MANY).optional(),
      }),
    )
    .min(1)
    .max(MANY)
    .optional(),
  collaborators: z.array(username).min(1).max(MANY).optional(),
  /** The id of a Facebook Page that has a place. */
  location_id: z
    .string()
    .regex(/^\d{1,32}$/, "{field} must be the numeric id of a place's Page.")
    .optional(),
  /** The id of a picture to be the reel's cover. */
  cover_media: z.string().optional(),
  /** The moment of the reel that is its cover. */
  thumb_offset_ms: z.number().int().min(0).optional(),
  /** Whether a reel is to be shown in the feed too. */
  share_to_feed: z.boolean().optional(),
  /** Written under the post once it is public. */
  first_comment: text.optional(),
});

export type InstagramOptions = z.infer<typeof instagramOptions>;

/** The options of a draft. They were parsed when the post was accepted. */
export function optionsOf(draft: Draft): InstagramOptions {
  return draft.options as InstagramOptions;
}
