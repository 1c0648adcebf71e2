import type { Draft } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import { optionsOf } from "./options.ts";

/** What a post on a Page can be: in the feed with text, link or photos; a video; a reel; a story. */
export type FacebookKind = "feed" | "video" | "reel" | "photo_story" | "video_story";

/** What a draft becomes. */
export function kindOf(draft: Draft): FacebookKind {
  const { type } = optionsOf(draft);
  const [first] = draft.media;
  const hasVideo = first !== undefined && isVideo(first);
  if (type === "reel") return "reel";
  if (type === "story") return hasVideo ? "video_story" : "photo_story";
  return hasVideo ? "video" : "feed";
}
