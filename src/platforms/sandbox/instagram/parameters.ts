import type { NetworkContext } from "../call.ts";
import { GraphFailure, invalidParameter } from "../graph/answers.ts";
import { readJson, readList } from "../graph/request.ts";
import { crawlPicture } from "../media/picture.ts";
import { findPlace } from "../places.ts";
import { instagramFailure } from "./faults.ts";

/*
 * What `POST /{ig-user}/media` accepts, by what the container is for. What a kind has no use for is ignored, unless the
 * reference says that it is not allowed.
 */

/** What a container is for. The last two are parts of a carousel. */
export type Form = "image" | "reel" | "story" | "carousel" | "image child" | "video child";

const NOT_ALLOWED: Record<string, readonly Form[]> = {
  caption: ["image child", "video child"],
  alt_text: ["reel", "story", "carousel", "video child"],
  user_tags: ["carousel", "video child"],
  collaborators: ["story", "image child", "video child"],
  location_id: ["story", "image child", "video child"],
  is_ai_generated: ["image child", "video child"],
};

const MAX = {
  caption: 2_200,
  hashtags: 30,
  mentions: 20,
  altText: 1_000,
  collaborators: 3,
  coverBytes: 8 * 1024 * 1024,
};

export function formOf(params: URLSearchParams): Form {
  const isChild = params.get("is_carousel_item") === "true";
  const type = params.get("media_type") ?? "IMAGE";
  if (type === "IMAGE") return isChild ? "image child" : "image";
  // Videos by themselves are reels since November 2023.
  if (type === "VIDEO" && isChild) return "video child";
  if (!["REELS", "STORIES", "CAROUSEL"].includes(type)) throw instagramFailure("media_type");
  if (isChild) throw invalidParameter(`A carousel item cannot have the media_type ${type}`);
  if (type === "REELS") return "reel";
  return type === "STORIES" ? "story" : "carousel";
}

/** @throws GraphFailure for the first parameter that is not allowed or wrong */
export async function checkParameters(context: NetworkContext, form: Form, params: URLSearchParams): Promise<void> {
  for (const [name, forms] of Object.entries(NOT_ALLOWED)) {
    if (params.has(name) && forms.includes(form)) throw invalidParameter(`param ${name} is not allowed`);
  }
  checkCaption(params.get("caption") ?? "");
  if ([...(params.get("alt_text") ?? "")].length > MAX.altText) throw invalidParameter("Param alt_text is too long");
  checkCollaborators(params.get("collaborators"));
  checkUserTags(form, params.get("user_tags"));
  checkLocation(params.get("location_id"));
  checkTrial(form, params.get("trial_params"));
  if (form === "reel") await checkCover(context, params.get("cover_url"));
}

function checkCaption(caption: string): void {
  if ([...caption].length > MAX.caption) throw instagramFailure("caption");
  const mentions = caption.match(/@[\p{L}\p{N}_.]+/gu)?.length ?? 0;
  if (mentions > MAX.mentions) throw instagramFailure("mentions");
  const hashtags = caption.match(/#[\p{L}\p{N}_]+/gu)?.length ?? 0;
  if (hashtags > MAX.hashtags) throw instagramFailure("caption");
}

function checkCollaborators(text: string | null): void {
  if (text === null) return;
  const names = readList(text);
  if (names.length > MAX.collaborators || names.some((name) => !isUsername(name))) {
    throw invalidParameter(`Param collaborators must be a list of up to ${MAX.collaborators} usernames`);
  }
}

/** Whether a tag says where it is, by both coordinates within the picture, in part, or not at all. */
function positionOf({ x, y }: { x?: unknown; y?: unknown }): "given" | "none" | "wrong" {
  if (x === undefined && y === undefined) return "none";
  return [x, y].every((value) => typeof value === "number" && value >= 0 && value <= 1) ? "given" : "wrong";
}

function checkUserTags(form: Form, text: string | null): void {
  if (text === null) return;
  const tags = readJson(text);
  if (!Array.isArray(tags)) throw invalidParameter("Param user_tags must be an array");
  if (tags.length > MAX.mentions) throw instagramFailure("mentions");
  for (const tag of tags) {
    if (tag === null || typeof tag !== "object" || !isUsername(tag.username)) {
      throw invalidParameter("Param user_tags must name a username in each tag");
    }
    const position = positionOf(tag);
    if (position === "wrong") throw invalidParameter("user_tags: x and y must be from 0.0 to 1.0");
    if (position === "none" && form.startsWith("image")) throw invalidParameter("user_tags: x and y are required");
    if (position === "given" && form === "reel") throw invalidParameter("user_tags: x and y are not for reels");
  }
}

function isUsername(name: unknown): boolean {
  return typeof name === "string" && /^[\w.]{1,30}$/.test(name);
}

/** Only a Page with coordinates is a place to Instagram. */
function checkLocation(id: string | null): void {
  if (id === null || findPlace(id)?.location?.latitude !== undefined) return;
  throw new GraphFailure(100, null, "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID");
}

function checkTrial(form: Form, text: string | null): void {
  if (form !== "reel" || text === null) return;
  const trial = readJson(text);
  const strategy = trial !== null && typeof trial === "object" && "graduation_strategy" in trial && trial;
  if (!strategy || !["MANUAL", "SS_PERFORMANCE"].includes(String(strategy.graduation_strategy))) {
    throw invalidParameter("Param trial_params must hold a graduation_strategy");
  }
}

async function checkCover(context: NetworkContext, address: string | null): Promise<void> {
  if (address === null) return;
  const cover = await crawlPicture(context, address);
  if (cover === "timed_out") throw instagramFailure("media_timed_out");
  if (cover === "not_a_picture") throw instagramFailure("image_format");
  if (typeof cover === "string") throw instagramFailure("media_unreachable");
  if (cover.type !== "jpg") throw instagramFailure("image_format");
  if (cover.bytes > MAX.coverBytes) throw instagramFailure("image_size");
}
