import type { Draft, DraftMedia, Io } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import type { InstagramKind } from "./kind.ts";
import { kindOf } from "./kind.ts";
import type { InstagramOptions } from "./options.ts";
import { optionsOf } from "./options.ts";

/*
 * The parameters of `POST /{ig-user}/media` for each kind of container.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
 */

type Params = Record<string, string>;

/** For what is published: a picture, a reel, a story, or the carousel around its items. */
export async function containerParams(io: Io, childIds: string[]): Promise<Params> {
  const { draft } = io;
  const kind = kindOf(draft);
  const params = { ...captionParams(draft, kind), ...(await mediaParams(io, kind, childIds)) };
  return { ...params, ...tagParams(optionsOf(draft), kind) };
}

/** For one item of a carousel. It carries no caption: the carousel does. */
export async function childParams(io: Io, index: number): Promise<Params> {
  const item = mediaAt(io.draft, index);
  const { alt_text, user_tags = [] } = optionsOf(io.draft);
  const url = await io.mediaUrl(item.id);
  const params: Params = { is_carousel_item: "true" };
  if (isVideo(item)) return { ...params, media_type: "VIDEO", video_url: url };
  params.image_url = url;
  const altText = Array.isArray(alt_text) ? (alt_text[index] ?? undefined) : undefined;
  if (altText !== undefined) params.alt_text = altText;
  const tags = user_tags.filter((tag) => (tag.media ?? 0) === index);
  if (tags.length > 0) params.user_tags = tagList(tags);
  return params;
}

function captionParams(draft: Draft, kind: InstagramKind): Params {
  return kind === "story" || draft.text === "" ? {} : { caption: draft.text };
}

async function mediaParams(io: Io, kind: InstagramKind, childIds: string[]): Promise<Params> {
  if (kind === "carousel") return { media_type: "CAROUSEL", children: childIds.join(",") };
  const item = mediaAt(io.draft, 0);
  const url = await io.mediaUrl(item.id);
  const source: Params = isVideo(item) ? { video_url: url } : { image_url: url };
  if (kind === "story") return { media_type: "STORIES", ...source };
  if (kind === "image") return source;
  const { cover_media, thumb_offset_ms, share_to_feed = true } = optionsOf(io.draft);
  const params: Params = { media_type: "REELS", ...source, share_to_feed: String(share_to_feed) };
  if (cover_media !== undefined) params.cover_url = await io.mediaUrl(cover_media);
  if (thumb_offset_ms !== undefined) params.thumb_offset = String(thumb_offset_ms);
  return params;
}

function tagParams(options: InstagramOptions, kind: InstagramKind): Params {
  const { alt_text, user_tags, collaborators, location_id } = options;
  const params: Params = {};
  const altText = Array.isArray(alt_text) ? alt_text[0] : alt_text;
  if (kind === "image" && altText) params.alt_text = altText;
  if (user_tags && kind !== "carousel") params.user_tags = tagList(user_tags);
  if (collaborators) params.collaborators = JSON.stringify(collaborators);
  if (location_id !== undefined) params.location_id = location_id;
  return params;
}

function tagList(tags: NonNullable<InstagramOptions["user_tags"]>): string {
  return JSON.stringify(tags.map(({ username, x, y }) => ({ username, x, y })));
}

function mediaAt(draft: Draft, index: number): DraftMedia {
  const item = draft.media[index];
  if (!item) throw new Error(`an Instagram draft has no media ${index}, and passed the check`);
  return item;
}
