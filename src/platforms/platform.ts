import type { Millis } from "../lib/clock.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { AuthProvider, ColorSpace, PlatformId } from "../lib/vocabulary.ts";

/*
 * What the core asks of a platform. A platform holds no control flow: timers, persistence, leases, retries and budgets
 * are the core's (`post/`), written once for all. Every publication has exactly one visible step, its commit; all
 * other steps leave nothing that a follower could see and may be repeated.
 */

/** A picture or video of a draft, as it was probed on arrival. Sizes in bytes and pixels, as it is shown. */
export interface DraftMedia {
  id: string;
  mimeType: string;
  bytes: number;
  width: number;
  height: number;
  /** Videos only; null where the file does not tell. */
  durationMs: Millis | null;
  frameRate: number | null;
  /** As people call it: `h264`, `hevc`, `aac`. */
  videoCodec: string | null;
  audioCodec: string | null;
  /** Whether a video's index (`moov`) stands before its frames. */
  fastStart: boolean | null;
  /** Pictures only, where the file tells. */
  colorSpace: ColorSpace | null;
}

export function isVideo(media: Pick<DraftMedia, "mimeType">): boolean {
  return media.mimeType.startsWith("video/");
}

/** What one account is asked to publish: a post, or a comment on one. */
export interface Draft {
  /** The text for this platform. */
  text: string;
  media: DraftMedia[];
  /** Media that the options name, as a cover. */
  attachments: DraftMedia[];
  /** What only this platform has, as `options` of the request says, already parsed by the platform's own schema. */
  options: JsonObject;
  /** Of a comment: the public post it belongs to. */
  parentId: string | null;
}

/** Something about a draft. `field` is a dotted path into the publish request. */
export interface Finding<Code extends string> {
  field: string;
  code: Code;
  /** A whole sentence, for a client. */
  message: string;
  /** The bound that counts, and what the draft has instead, where there is such a thing. */
  limit?: number | string;
  value?: number | string;
}

/** A limit of the platform that a draft breaks: it would be refused. */
export type Violation = Finding<
  | "required"
  | "too_long"
  | "too_short"
  | "too_many"
  | "too_few"
  | "too_large"
  | "unsupported"
  | "out_of_range"
  | "not_allowed"
>;

/** What the platform takes and its followers may not like. */
export type Warning = Finding<"many_hashtags" | "cropped" | "not_shown" | "scaled">;

export interface Findings {
  violations: Violation[];
  warnings: Warning[];
}

/** One unit of work, named for logs and tests. */
export interface Step {
  name: string;
  /** `visible` is the commit: it is written down before it is taken. The others may be repeated freely. */
  effect: "read" | "hidden" | "visible";
  /** The step is too early before this moment. */
  notBefore?: Millis;
  /** How long its call may take, where that is longer than calls usually do. */
  longest?: Millis;
  /**
   * For a commit whose post is found by its content: it leaves no handle, or one that does not name the post. The
   * normalised content. Two equal ones on one external account are never in flight together.
   */
  fingerprint?: string;
}

/** Why a call did not do what it was for. */
export interface Fault {
  /**
   * `retry`: may pass by itself. `quota`: passes at `until`. `reauth`: the account must be connected again.
   * `held`: a person must act on the platform. `permanent`: stays until the content changes.
   */
  kind: "retry" | "quota" | "reauth" | "held" | "permanent";
  /** What is out of order: the post, the account, the grant behind it, or the whole app at the platform. */
  scope: "post" | "account" | "grant" | "app";
  /** The platform's own code, `9007/2207027`, or a word of ours where it gave none. */
  code: string;
  /** For a client: what happened, and what to do where somebody can do something. */
  message: string;
  /** What the platform itself said. Fit for a client: no token, no address. */
  words?: string;
  until?: Millis;
  /** Of a quota: whether every call is held back until then, or publishing alone. */
  holds?: "calls" | "posts";
  /** The platform refuses what it has already: the post may be public, whatever reading shows. */
  hintsPublic?: boolean;
  /** What can be done about it was done, often enough: it ends here. */
  isLast?: boolean;
  /** What the platform's support asks for, `fbtrace_id` at Meta. */
  trace?: string;
}

/** A public post, by the platform's id and, where it is known, its address. */
export interface PublicPost {
  id: string;
  permalink: string | null;
}

/** What became of a step. */
export type Outcome<S> =
  | { is: "done"; state: S }
  | { is: "wait"; state: S; until: Millis }
  /** The post is public. Its id may not be known: then `post` is null. */
  | { is: "live"; post: PublicPost | null }
  /** Certain: nothing happened. `state` is where to go on from. */
  | { is: "refused"; fault: Fault; state: S }
  /** It may or may not have happened: only `settle` may speak next. */
  | { is: "unknown"; fault: Fault }
  /** The platform has taken a commit on and publishes in its own time: only reading tells the end. */
  | { is: "accepted"; state: S };

/** What reading tells about a commit whose outcome is unknown. */
export type Verdict<S> =
  | { is: "did"; post: PublicPost | null }
  /** `fault` where the platform says why not. */
  | { is: "didNot"; state: S; fault?: Fault }
  /**
   * `saw`: nothing of it, or public posts that could be it; absent where the platform could not be read, or has the
   * commit in hand.
   */
  | { is: "askLater"; state: S; until: Millis; fault?: Fault; saw?: "nothing" | PublicPost[] };

/** When the commits that are being settled were armed: the first that may have happened in this round, and the last. */
export interface Armed {
  first: Millis;
  last: Millis;
}

/** The account as its platform knows it, with the right to act for it. */
export interface Connection {
  externalId: string;
  /** Which of the platform's hosts the token belongs to. */
  host: string;
  /** Goes into requests and nowhere else. */
  token: string;
}

/** How much of its daily publishing an account has used, as the platform says. */
export interface PublishingQuota {
  used: number;
  total: number;
  windowMs: Millis;
}

/** The bytes of media that a post needs are gone. */
export class MediaMissing extends Error {
  override name = "MediaMissing";
}

/** A platform's doors to the outside. */
export interface Io {
  readonly connection: Connection;
  readonly draft: Draft;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** An address that the platform can fetch the media from, for a day at least. */
  mediaUrl(mediaId: string): Promise<string>;
  /**
   * The bytes of media from an offset on.
   *
   * @throws MediaMissing when they are gone
   */
  readMedia(mediaId: string, range: { offset: number; length: number }): Promise<Blob>;
  /** Of these posts of the account, those that belong to no other task. */
  unclaimed(platformPostIds: string[]): Promise<string[]>;
  /** Whether no other task has a commit with a fingerprint under way on the account: what of it is public is not claimed yet. */
  isAlone(): Promise<boolean>;
  /** Makes a found post this task's own; false when another task has it. */
  claim(platformPostId: string): Promise<boolean>;
  /** Remembers how much of its quota the account has used, for whoever asks. */
  noteQuota(quota: PublishingQuota): Promise<void>;
  now(): Millis;
  /** Shortens or stretches a waiting window of settling, by `SETTLE_SCALE`. */
  scaled(span: Millis): Millis;
  /** How long a commit may take. */
  readonly commitTimeout: Millis;
}

/** What an address book entry says of an account that was just connected. */
export interface Profile {
  externalId: string;
  username: string;
  /** Null where the platform does not tell. The addresses are the platform's, and may end. */
  name: string | null;
  avatarUrl: string | null;
  profileUrl: string | null;
}

/**
 * How one kind of thing is published. `S` is the state of one publication: small JSON without a secret, stored by the
 * core between steps. (Methods rather than function properties, so that a `Publication<S>` is a `Publication<Json>` to
 * the core.)
 */
export interface Publication<S extends Json = Json> {
  /** Pure: the state before the first step. */
  begin(draft: Draft): S;
  /** Pure: what comes next. Exactly one step of a publication is visible, and it is the last. */
  next(state: S, draft: Draft, now: Millis): Step;
  /** Performs one step: at most one call that must not be repeated. Never throws for what a platform does. */
  run(step: Step, state: S, io: Io): Promise<Outcome<S>>;
  /** Finds out, by reading only, what became of the commit. May be called any number of times. */
  settle(state: S, armed: Armed, io: Io): Promise<Verdict<S>>;
  /** The address of what is public; null when the platform does not tell (now). */
  permalink(platformPostId: string, io: Io): Promise<string | null>;
}

/** One social network. */
export interface Platform {
  readonly id: PlatformId;
  /** Pure: every limit the draft breaks, and what its author should know. */
  check(draft: Draft): Findings;
  /** A post of any kind; which one follows from the draft. */
  readonly post: Publication;
  /** A comment on a public post. */
  readonly comment: Publication;
  /** Asks the platform who the account is: the proof that the token works for it. */
  profile(io: Pick<Io, "connection" | "fetch" | "now">): Promise<ProfileAnswer>;
}

export type ProfileAnswer = { is: "ok"; profile: Profile } | { is: "refused"; fault: Fault } | { is: "lost" };

/** A token with what is known of it. Sealed wherever it is stored. */
export interface TokenGrant {
  token: string;
  /** Null: it does not end, or nobody says when. */
  expiresAt: Millis | null;
  /** When the platform stops answering for want of the person's presence, though the token lives on. */
  dataAccessExpiresAt: Millis | null;
  /** What the person allowed; null where nobody says. */
  scopes: string[] | null;
  /** The person, by the id that the platform has made up for our app. */
  personId: string | null;
}

/** One account that a person's consent gives, with a token of its own. */
export interface GrantedAccount extends Profile {
  platform: PlatformId;
  /** The account it belongs to, by external id: an Instagram account's Page. */
  parentId: string | null;
  host: AuthProvider;
  grant: TokenGrant;
  /** Permissions for want of which nothing could be published on it. Empty: it can be connected. */
  missing: string[];
}

export type AuthAnswer<T> = { is: "ok"; value: T } | { is: "refused"; fault: Fault } | { is: "lost" };

/** What consent needs of the outside. */
export type AuthIo = Pick<Io, "fetch" | "now">;

/** A way to ask a person for consent, by OAuth 2.0's authorization code. Never throws for what a platform does. */
export interface PlatformAuth {
  readonly provider: AuthProvider;
  /** Where the person is asked, as an origin. */
  readonly dialogOrigin: string;
  /** Pure: without these permissions nothing can be published there. */
  required(platform: PlatformId): readonly string[];
  /** Pure: the address at which the person is asked. */
  authorizeUrl(redirectUri: string, state: string): string;
  /** Takes what the code stands for, a token that lives for weeks. A code works once: this is never repeated. */
  exchange(code: string, redirectUri: string, io: AuthIo): Promise<AuthAnswer<TokenGrant>>;
  /** The accounts that a person's grant gives. */
  accounts(grant: TokenGrant, io: AuthIo): Promise<AuthAnswer<GrantedAccount[]>>;
  /** What the platform tells of a token that came another way. What it does not tell is null. */
  describe(token: string, io: AuthIo): Promise<TokenGrant>;
}

/** Takes a new token for one that is a day old at least and has not ended. May be repeated. */
export type RenewToken = (
  token: string,
  io: AuthIo,
) => Promise<AuthAnswer<{ token: string; expiresAt: Millis | null }>>;

/** What a platform takes of a video. Sizes in bytes and pixels, ratios of width to height; absent where it does not say. */
export interface VideoLimits {
  maxBytes: number;
  minSeconds: number;
  maxSeconds: number;
  minFrameRate?: number;
  maxFrameRate?: number;
  maxWidth?: number;
  minWidth?: number;
  minHeight?: number;
  videoCodecs?: readonly string[];
  audioCodecs?: readonly string[];
  minRatio?: number;
  maxRatio?: number;
  needsFastStart?: boolean;
}

/** Where a video can stand. On Instagram a single one in the feed is a reel. */
export const VIDEO_USES = ["feed", "carousel", "reel", "story"] as const;
export type VideoUse = (typeof VIDEO_USES)[number];

/** What a platform takes, as `check` holds a draft against it. Null: it sets no such limit. */
export interface PlatformLimits {
  maxCharacters: number;
  maxHashtags: number | null;
  maxMentions: number | null;
  maxCommentCharacters: number;
  maxAltTextCharacters: number;
  /** Pictures and videos of one post. */
  maxMedia: number;
  images: { types: readonly string[]; maxBytes: number; minRatio?: number; maxRatio?: number };
  videoTypes: readonly string[];
  /** By the kind of post. */
  videos: Partial<Record<VideoUse, VideoLimits>>;
}
