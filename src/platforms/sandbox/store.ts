import type { Millis } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import type { VideoFacts, VideoScan } from "./media/mp4.ts";

/*
 * What the sandbox remembers. `records.ts` says under which keys.
 */

/** A place for documents, read and written without waiting: an object's storage, or a map in a test. */
export interface SandboxStore {
  get<T>(key: string): T | undefined;
  put<T>(key: string, value: T): void;
  delete(key: string): void;
  /** In the order of their keys, or backwards. `start` is within the range, `end` is not. */
  list<T>(options: {
    prefix: string;
    start?: string;
    end?: string;
    reverse?: boolean;
    limit?: number;
  }): Iterable<[string, T]>;
}

/** An account of the simulated network. */
export interface SandboxUser {
  id: string;
  platform: PlatformId;
  username: string;
  behavior: SandboxBehavior;
  token: string;
  /** The login that its token came from: of Facebook's, or Instagram's own, which serves no Page. */
  login: "facebook" | "instagram";
  /** The id of the business it belongs to, by which usage is reported too. */
  businessId: string;
  /** How often each kind of call was made, for behaviours that depend on it. */
  calls: Record<string, number>;
  /** Until when its calls are refused as too many. */
  throttledUntil: Millis | null;
}

/** A picture or a video of a post. */
export interface SandboxMedia {
  id: string;
  /** Where it was fetched from; null when its bytes were sent, which are not kept. */
  url: string | null;
  type: "image" | "video";
  altText: string | null;
}

export const POST_KINDS = ["text", "link", "photo", "photos", "video", "reel", "story", "image", "carousel"] as const;
export type PostKind = (typeof POST_KINDS)[number];

/** A comment below a post. */
export interface SandboxComment {
  id: string;
  username: string;
  text: string;
  createdAt: Millis;
}

/** What followers see from `createdAt` on; before, it is still being processed. */
export interface SandboxPost {
  id: string;
  userId: string;
  platform: PlatformId;
  username: string;
  kind: PostKind;
  text: string;
  link: string | null;
  /** In the order they are shown. Instagram's only picture or video has the post's own id. */
  media: SandboxMedia[];
  /** The oldest first. */
  comments: SandboxComment[];
  permalink: string;
  createdAt: Millis;
}

/** An Instagram container. */
export interface SandboxContainer {
  id: string;
  userId: string;
  kind: "image" | "video" | "reel" | "story" | "carousel";
  /** Part of a carousel: it cannot be published by itself. */
  isChild: boolean;
  caption: string;
  /** What it shows; null for a carousel, which shows its children. */
  media: Omit<SandboxMedia, "id"> | null;
  /** The ids of a carousel's containers. */
  children: string[];
  createdAt: Millis;
  /** When its processing ends; null while its bytes have not arrived. */
  readyAt: Millis | null;
  expiresAt: Millis;
  /** The subcode its processing ends with. */
  failure: number | null;
  publishedAt: Millis | null;
  /** What it was published as. No answer tells it. */
  mediaId: string | null;
  /** How its bytes arrive when it has no address to fetch. */
  upload: SandboxUpload | null;
}

/** Bytes on their way to the platform. They are read, and not kept. */
export interface SandboxUpload {
  /** Announced by whoever sends them; null until then. */
  fileSize: number | null;
  scan: VideoScan;
  isComplete: boolean;
  /** What a complete upload turned out to be; null when it is no video. */
  facts: VideoFacts | null;
  /** Where it was fetched from, instead of sent. */
  url: string | null;
  /** The platform lost it. */
  isGone: boolean;
}

/** A Facebook photo, staged or published. */
export interface SandboxPhoto {
  id: string;
  userId: string;
  url: string | null;
  caption: string;
  altText: string | null;
  createdAt: Millis;
  /** The post that shows it; null while it is only staged. */
  postId: string | null;
}

/** A Facebook video, from the start of its upload on. */
export interface SandboxVideo {
  id: string;
  userId: string;
  purpose: "video" | "reel" | "story";
  upload: SandboxUpload;
  title: string;
  description: string;
  createdAt: Millis;
  /** When its upload was finished by a call, and its processing ends; null before. */
  finishedAt: Millis | null;
  readyAt: Millis | null;
  /** Why its processing ends badly. */
  failure: { code: number; message: string } | null;
  /** The post it becomes; null while it is not to be published, or cannot. */
  postId: string | null;
}
