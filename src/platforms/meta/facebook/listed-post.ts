import { z } from "zod";
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

export const LISTED_FIELDS =
  "id,message,created_time,permalink_url,application,attachments{media_type,target,unshimmed_url,subattachments{target}}";

const MEDIA_ATTACHMENTS: readonly string[] = ["photo", "album", "video"];

/**
 * Whether a listed post is the draft's. Photos are recognised by the ids we staged; a text by being equal and a link by
 * its address too (equal texts of ours never are in flight together, see `fingerprint`). A post that could be ours and
 * does not show it is `unclear`, and nothing is believed while there is one.
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
    const attached = attachments
      .flatMap((attachment) => [attachment, ...(attachment.subattachments?.data ?? [])])
      .flatMap((attachment) => attachment.target?.id ?? []);
    if (staged.some((photo) => attached.includes(photo.id))) return "ours";
    return attachments.length === 0 && couldBe(post, draft, appId) ? "unclear" : "no";
  }
  if (attachments.some(({ media_type }) => MEDIA_ATTACHMENTS.includes(media_type ?? ""))) return "no";
  if (!hasEqualText(post, draft)) return couldBe(post, draft, appId) ? "unclear" : "no";
  // The token may be of another app than ours, or somebody said the same elsewhere: who knows.
  if (isOfAnotherApp(post, appId)) return "unclear";
  const addresses = attachments.flatMap(({ unshimmed_url }) => unshimmed_url ?? []);
  const link = linkOf(draft);
  if (link !== null) return addresses.some((address) => sameAddress(address, link)) ? "ours" : "unclear";
  // Facebook shows a link that a text holds; any other link was asked for, and not by this draft.
  return addresses.every((address) => draft.text.includes(bare(address))) ? "ours" : "no";
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
