import * as z from "zod";
import type { Draft } from "../../platform.ts";
import { isSimilarText, normaliseText } from "../../similarity.ts";
import { GRAPH_ID } from "../nodes.ts";
import { linkOf } from "./options.ts";
import type { StagedPhoto } from "./photos.ts";

/*
 * Posts as a Page lists them, and whether one of them is a draft's.
 * https://developers.facebook.com/docs/graph-api/reference/page-post
 */

const ATTACHED = z.object({ target: z.object({ id: GRAPH_ID }).partial().nullish() });

export const LISTED_POST = z.object({
  id: GRAPH_ID,
  message: z.string().nullish(),
  created_time: z.union([z.string(), z.number()]),
  permalink_url: z.string().nullish(),
  application: z.object({ id: GRAPH_ID }).partial().nullish(),
  attachments: z
    .object({
      data: z.array(
        ATTACHED.extend({
          media_type: z.string().nullish(),
          unshimmed_url: z.string().nullish(),
          subattachments: z.object({ data: z.array(ATTACHED) }).nullish(),
        }),
      ),
    })
    .nullish(),
});
export type ListedPost = z.infer<typeof LISTED_POST>;
type Attachment = NonNullable<ListedPost["attachments"]>["data"][number];

export const LISTED_FIELDS =
  "id,message,created_time,permalink_url,application,attachments{media_type,target,unshimmed_url,subattachments{target}}";

const MEDIA_ATTACHMENTS: readonly string[] = ["photo", "album", "video"];

/**
 * Whether a listed post is the draft's. Photos are recognised by the ids we staged; a text by being equal and a link by
 * its address too (equal texts of ours never are in flight together, see `fingerprint`). Facebook shows what was posted
 * in its own way: a link leads elsewhere, a video's address becomes a video. So an equal text is never told to be
 * another's, and a post that could be ours and does not show it is `unclear`: nothing is believed while there is one.
 *
 * @param appId our own app's id, by which listings say who posted; null when none is configured
 */
export function matchOf(
  post: ListedPost,
  staged: StagedPhoto[],
  draft: Draft,
  appId: string | null,
): "ours" | "unclear" | "no" {
  const attachments = post.attachments?.data ?? [];
  if (staged.length > 0) {
    const shown = attachments.flatMap(photosOf);
    if (staged.some((photo) => shown.includes(photo.id))) return "ours";
    // Other photos than ours, and all of them named: another post.
    const isAnother = shown.length > 0 && !shown.includes(null);
    return !isAnother && couldBe(post, draft, appId) ? "unclear" : "no";
  }
  if (!hasEqualText(post, draft)) return couldBe(post, draft, appId) ? "unclear" : "no";
  // The token may be of another app than ours, or somebody said the same elsewhere: who knows.
  if (isOfAnotherApp(post, appId)) return "unclear";
  if (attachments.some(({ media_type }) => MEDIA_ATTACHMENTS.includes(media_type ?? ""))) return "unclear";
  const addresses = attachments.flatMap(({ unshimmed_url }) => unshimmed_url ?? []);
  const link = linkOf(draft);
  const isShown =
    link !== null
      ? addresses.some((address) => sameAddress(address, link))
      : // Facebook shows a link that a text holds.
        addresses.every((address) => draft.text.includes(bare(address)));
  return isShown ? "ours" : "unclear";
}

/** The ids of what an attachment shows; null for what is not named. An album is named by its photos alone. */
function photosOf({ media_type, target, subattachments }: Attachment): (string | null)[] {
  if (media_type !== "album") return [target?.id ?? null];
  const photos = subattachments?.data ?? [];
  return photos.length === 0 ? [null] : photos.map((photo) => photo.target?.id ?? null);
}

function hasEqualText(post: ListedPost, draft: Draft): boolean {
  return normaliseText(post.message ?? "") === normaliseText(draft.text);
}

/** Whether a post that does not show that it is ours could still be: of our app, or of a text like ours. */
function couldBe(post: ListedPost, draft: Draft, appId: string | null): boolean {
  const isOfOurApp = appId !== null && post.application?.id === appId;
  return isOfOurApp || isSimilarText(post.message ?? "", draft.text);
}

function isOfAnotherApp(post: ListedPost, appId: string | null): boolean {
  const postedBy = post.application?.id;
  return postedBy !== undefined && appId !== null && postedBy !== appId;
}

function sameAddress(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
