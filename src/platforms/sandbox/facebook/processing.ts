import { SECOND } from "../../../lib/clock.ts";
import { processingTime } from "../behavior.ts";
import type { NetworkContext } from "../call.ts";
import type { VideoFacts } from "../media/mp4.ts";
import type { SandboxMedia, SandboxPost, SandboxUser, SandboxVideo } from "../store.ts";
import { newPost, newStory } from "./show.ts";

/** How a finished video's processing ends badly, by the codes of the reels guide and of Meta's page on video errors. */
const FORMAT = { code: 1363024, message: "The video's format is not supported." };
const RATIO = { code: 1363040, message: "The video's aspect ratio must be 9:16." };
const RESOLUTION = { code: 1363127, message: "The video must have at least 540 × 960 pixels." };
const REEL_DURATION = { code: 1363128, message: "The video must be 3 to 90 seconds long." };
const STORY_DURATION = { code: 1363128, message: "The video must be at most 60 seconds long." };

/**
 * Accepts a video whose upload is complete. What becomes public does so when its processing ends, and nothing at all
 * does when that ends badly.
 */
export function acceptVideo(
  context: NetworkContext,
  user: SandboxUser,
  video: SandboxVideo,
  texts: Pick<SandboxVideo, "title" | "description"> & { isPublished: boolean },
): SandboxVideo {
  const { isPublished, ...words } = texts;
  const finishedAt = context.clock();
  const readyAt = finishedAt + processingTime(user, "video");
  const failure = user.behavior === "rejects_media" ? FORMAT : failureOf(video.purpose, video.upload.facts);
  const accepted = { ...video, ...words, finishedAt, readyAt, failure };
  const post = isPublished && failure === null ? postOf(context, user, accepted, readyAt) : null;
  if (post) context.records.savePost(post);
  const saved = { ...accepted, postId: post?.id ?? null };
  context.records.saveVideo(saved);
  return saved;
}

function postOf(context: NetworkContext, user: SandboxUser, video: SandboxVideo, createdAt: number): SandboxPost {
  const media: SandboxMedia[] = [{ id: video.id, url: video.upload.url, type: "video", altText: null }];
  if (video.purpose === "story") return newStory(context, user, { text: "", media, createdAt });
  return newPost(context, user, { kind: video.purpose, text: video.description, link: null, media, createdAt });
}

function failureOf(purpose: SandboxVideo["purpose"], facts: VideoFacts | null): SandboxVideo["failure"] {
  if (facts === null) return FORMAT;
  const { durationMs, width, height } = facts;
  if (purpose === "story") return durationMs > 60 * SECOND ? STORY_DURATION : null;
  if (purpose === "video") return null;
  if (durationMs < 3 * SECOND || durationMs > 90 * SECOND) return REEL_DURATION;
  if (Math.abs(width / height - 9 / 16) > 0.01) return RATIO;
  return width < 540 || height < 960 ? RESOLUTION : null;
}
