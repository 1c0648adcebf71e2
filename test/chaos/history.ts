import type { Millis } from "../../src/lib/clock.ts";
import type { PlatformId, PostStatus, TaskStatus } from "../../src/lib/vocabulary.ts";
import type { Received } from "../helpers/webhook-receiver.ts";

/*
 * What a run leaves behind: what was asked, what the API answered, what the platform shows, what the client's endpoint
 * was told. They are written by different parties, and are held against each other.
 */

/** An account as both sides know it. */
export interface Account {
  /** Ours: `acc_…`. */
  id: string;
  /** The platform's. */
  externalId: string;
  platform: PlatformId;
}

/** One post that was asked for, under one Idempotency-Key. */
export interface Asked {
  key: string;
  text: string;
  accounts: Account[];
  /** Before this nothing of it may be public: its schedule, or, for "now", when it was first asked for. */
  notBefore: Millis;
}

/** One answer of the API to one request. Requests that were cut have none. */
export interface Answer {
  /** The Idempotency-Key of the post it is about. */
  key: string;
  call: "publish" | "cancel";
  status: number;
  /** The body, byte for byte; null when the connection broke after the headers. */
  text: string | null;
  isReplay: boolean;
  at: Millis;
}

/** A task as `GET /v1/posts/{id}` shows it after the run. */
export interface FinalTask {
  account_id: string;
  status: TaskStatus;
  platform_post_id: string | null;
}

/** A post as `GET /v1/posts/{id}` shows it after the run. */
export interface FinalPost {
  id: string;
  status: PostStatus;
  tasks: FinalTask[];
}

/** A post as followers of an account see it after the run. */
export interface PublicPost {
  externalId: string;
  id: string;
  text: string;
  /** When the platform made it public. */
  at: Millis;
}

/** An event that the endpoint had asked for, as `GET /v1/events` lists it after the run. */
export interface ListedEvent {
  id: string;
  type: string;
  /** The body that it is sent with. */
  body: string;
}

export interface History {
  asked: Asked[];
  /** In the order they arrived. */
  answers: Answer[];
  /** Of every key that was accepted, what reading its post answers after the run; null when it is not there. */
  final: ReadonlyMap<string, FinalPost | null>;
  publicPosts: PublicPost[];
  listed: readonly ListedEvent[];
  /** What the endpoint heard, in the order it arrived. */
  received: readonly Received[];
  /** What is seen of it with keys of another workspace, or of the other mode: statuses of reading each post, and totals of lists. */
  elsewhere: { statuses: readonly number[]; totals: readonly number[] };
  /** What `GET /v1/posts` counts, without a filter and for each status. */
  counted: { total: number; byStatus: Readonly<Partial<Record<PostStatus, number>>> };
}

/** The first answer that accepted a key's post. */
export function acceptanceOf(answers: readonly Answer[], key: string): Answer | undefined {
  return answers.find((answer) => answer.key === key && answer.call === "publish" && answer.status === 202);
}
