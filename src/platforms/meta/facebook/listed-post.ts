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
 * Whether a listed post is the draft's. Photos are recognised by the ids we staged, a text by being equal (equal ones
 * of ours never meet, see `fingerprint`), a link by text and address. Where the listing leaves out what was attached,
 * an equal text makes a post likely ours.
 */
export function matchOf(post: ListedPost, staged: StagedPhoto[], draft: Draft): "certain" | "likely" | "no" {
  const attachments = post.attachments?.data ?? [];
  if (staged.length > 0) {
    const attached = attachments
      .flatMap((attachment) => [attachment, ...(attachment.subattachments?.data ?? [])])
      .flatMap((attachment) => attachment.target?.id ?? []);
    if (staged.some((photo) => attached.includes(photo.id))) return "certain";
    return attachments.length === 0 && draft.text !== "" && hasEqualText(post, draft) ? "likely" : "no";
  }
  const showsMedia = attachments.some(({ media_type }) => MEDIA_ATTACHMENTS.includes(media_type ?? ""));
  if (showsMedia || !hasEqualText(post, draft)) return "no";
  const link = linkOf(draft);
  if (link === null) return "certain";
  if (attachments.length === 0 && draft.text !== "") return "likely";
  return attachments.some(({ unshimmed_url }) => sameAddress(unshimmed_url ?? "", link)) ? "certain" : "no";
}

function hasEqualText(post: ListedPost, draft: Draft): boolean {
  return normaliseText(post.message ?? "") === normaliseText(draft.text);
}

/** Whether a post that is not ours by its content could still be: then its absence is not believed. */
export function couldBe(post: ListedPost, draft: Draft, appId: string | null): boolean {
  const postedBy = post.application?.id;
  if (postedBy !== undefined && appId !== null) return postedBy === appId;
  return isSimilarText(post.message ?? "", draft.text);
}

function sameAddress(a: string, b: string): boolean {
  const bare = (address: string) => address.replace(/^https?:\/\//, "").replace(/\/$/, "");
  return bare(a) === bare(b);
}
