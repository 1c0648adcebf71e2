import type { Draft } from "../../platform.ts";
import { isVideo } from "../../platform.ts";
import { optionsOf } from "./options.ts";

/** What a post on Instagram can be. */
export type InstagramKind = "image" | "carousel" | "reel" | "story";

/** What a draft becomes. A single video is a reel: Instagram has no other video in the feed. */
export function kindOf(draft: Draft): InstagramKind {
  const { type } = optionsOf(draft);
  if (type === "story" || type === "reel") return type;
  const [first, ...others] = draft.media;
  if (others.length > 0) return "carousel";
  return first && isVideo(first) ? "reel" : "image";
}
