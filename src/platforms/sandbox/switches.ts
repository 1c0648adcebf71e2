import type { Millis } from "../../lib/clock.ts";

/**
 * What Meta does not document, or does on some days only. The sandbox takes the defaults, the unfriendlier where both
 * are possible for long; tests turn the others on.
 */
export interface Switches {
  /** How long after a post went public listings do not have it yet. */
  listingLag: Millis;
  /** How long a new node cannot be read by its id: 100/33, as in Meta's outage of May 2026. */
  nodeLag: Millis;
  /** How long a post is without its permalink. */
  permalinkLag: Millis;
  /** Media of Instagram is read without its caption, as graph.instagram.com may answer it. */
  hideCaptions: boolean;
  /** What a second publish of one container, or a second finish of one video, is answered. */
  doublePublish: "refuse" | "same id";
  /** Whether a text equal to a Page's last is refused with code 506. Never asked of photos and videos. */
  refuseDuplicates: boolean;
  /** Instagram's posts in 24 hours: Meta's pages say 25, 50 and 100. */
  quotaTotal: number;
  /** How a video's phases are spelt: Meta's guide and samples (`bytes_transfered`, `complete`), or its SDK. */
  spelling: "guide" | "sdk";
  /** Where `upload_url` leads. */
  uploadOrigin: string;
  /** With it a call's `appsecret_proof` is checked. */
  appSecret: string | null;
  /** The app that calls, as listings name it. */
  appId: string;
}

export const DEFAULT_SWITCHES: Readonly<Switches> = {
  listingLag: 0,
  nodeLag: 0,
  permalinkLag: 0,
  hideCaptions: false,
  doublePublish: "refuse",
  refuseDuplicates: false,
  quotaTotal: 50,
  spelling: "guide",
  uploadOrigin: "https://rupload.facebook.com",
  appSecret: null,
  appId: "1",
};
