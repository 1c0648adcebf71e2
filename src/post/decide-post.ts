import type { Change } from "../db/change.ts";
import type { PostRow } from "../db/posts.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import { roundUpToSecond } from "../lib/time.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { DecideAnswer } from "./approval.ts";
import { horizon } from "./check-post.ts";
import { versionConflict } from "./edit-post.ts";
import type { CommandDeps } from "./existing-post.ts";
import { existingPost, postNotFound, recallAnswer, refOf } from "./existing-post.ts";
import type { UnknownPost } from "./post-calls.ts";
import { PAST_TOLERANCE } from "./timing.ts";

const NOT_PENDING = {
  none: "Nobody was asked to approve of this post.",
  approved: "This post is approved already.",
  rejected: "This post was rejected already.",
  expired: "Nobody decided on this post in time, and it is canceled.",
} as const;

/** The name under which somebody decides who has no more than the link. */
export const REVIEW_LINK = "review_link";

/** What somebody says of a post that waits. */
export type Word =
  | { is: "approve"; schedule: "now" | Millis | null; reason: string | null }
  | { is: "reject"; reason: string | null };

/** Who says it, and what they have seen of the post. */
export interface Decider {
  /** The key, the person, or `REVIEW_LINK`. */
  id: string;
  /** Which version of the post; null: they do not say. */
  expected: number | null;
  /** Which asking they answer; null: the present one. */
  round: number | null;
}

/**
 * Decides on a post that waits for approval: it goes out at its time, or never.
 *
 * @throws Refusal when there is no such post within reach, it does not wait, or was changed since, whoever decides has asked
 *   for it themselves, or its time has passed and none was given
 */
export async function decidePost(
  deps: CommandDeps & { clock: Clock },
  access: Access,
  postId: string,
  word: Word,
  by: Decider,
  change: Change<void>,
): Promise<void> {
  const post = await existingPost(deps.db, access, postId);
  const answer =
    (await recallAnswer<DecideAnswer>(deps, refOf(post), change)) ?? (await askToDecide(deps, post, word, by, change));
  refuseUndecided(answer);
}

async function askToDecide(
  deps: CommandDeps & { clock: Clock },
  post: PostRow,
  word: Word,
  by: Decider,
  change: Change<void>,
): Promise<DecideAnswer | UnknownPost> {
  const ref = refOf(post);
  if (by.expected !== null && by.expected !== post.version) throw versionConflict(post.version);
  if (word.is === "approve" && word.schedule !== null && word.schedule !== "now") {
    const offset = ref.mode === "live" ? 0 : await findClockOffset(deps.db, ref.workspaceId);
    refuseTime(word.schedule, deps.clock() + offset);
  }
  const action = word.is === "approve" ? "post.approved" : "post.rejected";
  const command = await change.command(ref, { action, target: post.id });
  const round = by.round ?? post.approval?.round ?? null;
  return deps.posts(ref).decide({ ...roundedUp(word), round }, { ...command, asker: by.id });
}

function refuseTime(schedule: Millis, now: Millis): void {
  if (schedule < now - PAST_TOLERANCE) throw invalid("schedule", "schedule lies in the past.");
  if (schedule > horizon(now)) throw invalid("schedule", "schedule lies more than a year ahead.");
}

function roundedUp(word: Word): Word {
  if (word.is === "reject" || word.schedule === null || word.schedule === "now") return word;
  return { ...word, schedule: roundUpToSecond(word.schedule) };
}

function refuseUndecided(answer: DecideAnswer | UnknownPost): void {
  switch (answer.is) {
    case "decided":
      return;
    case "unknown_post":
      throw postNotFound();
    case "own_request":
      throw new Refusal("forbidden", "Whoever asked for approval cannot decide on it.");
    case "needs_time":
      throw new Refusal(
        "conflict",
        "The time of this post has passed: approve it with a new schedule, or with now.",
        "schedule",
      );
    case "changed":
      throw new Refusal("conflict", "This post was changed since: look at it again before you decide.");
    case "not_pending":
      throw new Refusal("conflict", NOT_PENDING[answer.state]);
    case "conflict":
      throw new Refusal("conflict", "This post is canceled.");
  }
}
