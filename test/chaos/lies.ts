import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import { scaled, settleTiming } from "../../src/post/timing.ts";
import type { Mishap } from "../helpers/stand-in.ts";
import type { Random } from "./random.ts";

/*
 * What the platform does to a call instead of answering it well. All of it is within what settling promises to bear at
 * the run's scale: a commit is carried out, if at all, before absence would be believed, and so it is with listings.
 */

/** A lie; times in milliseconds. */
export type Lie =
  | { is: "spoilt"; mishap: Mishap }
  /** A true answer, late but in time. */
  | { is: "slow"; after: Millis }
  /** A true answer after the caller has given up; the platform acted at once. */
  | { is: "too slow"; after: Millis }
  /** No answer while the caller waits; the platform acts so long after it heard of the call. */
  | { is: "acts late"; after: Millis };

/** The name under which a lie is counted. */
export function nameOfLie(lie: Lie): string {
  return lie.is === "spoilt" ? lie.mishap : lie.is;
}

/** How long posts are missing in listings, in milliseconds at scale 1. */
const LISTING_LAG: Millis = 60 * SECOND;
/** A commit that acts late does so within this after it was heard of, at scale 1. */
const LATEST_ACT: Millis = 240 * SECOND;

/**
 * The share of spoilt commits that the platform did not carry out. A commit is sent twice at most, so a task that meets
 * two of them ends unconfirmed, as it must: they are rarer here than the others.
 */
const BEFORE_SHARE = 0.15;

export type CallKind = "commit" | "write" | "read";

/** Decides, call by call, how the platform lies. */
export class Liar {
  readonly #random: Random;
  readonly #scale: number;

  constructor(random: Random, scale: number) {
    this.#random = random;
    this.#scale = scale;
  }

  get listingLag(): Millis {
    return scaled(LISTING_LAG, this.#scale);
  }

  /** @returns null for a call that is answered well and at once */
  lieTo(kind: CallKind): Lie | null {
    if (kind === "commit") return this.#lieToCommit();
    const random = this.#random;
    if (!random.chance(0.08)) return null;
    if (random.chance(0.3)) return { is: "slow", after: random.between(100, 800) };
    const answer = random.pick(["cut", "500", "code 1", "html", "nonsense"] as const);
    return { is: "spoilt", mishap: `${answer} ${random.pick(["before", "after"] as const)}` };
  }

  #lieToCommit(): Lie | null {
    const random = this.#random;
    const { commitTimeout } = settleTiming(this.#scale);
    const kind = random.weighted([
      [60, "none"],
      [12, "cut"],
      [5, "500"],
      [4, "code 1"],
      [3, "html"],
      [3, "nonsense"],
      [6, "slow"],
      [4, "too slow"],
      [3, "acts late"],
    ] as const);
    switch (kind) {
      case "none":
        return null;
      case "slow":
        return { is: "slow", after: random.between(0.05, 0.6) * commitTimeout };
      case "too slow":
        return { is: "too slow", after: random.between(1.1, 2) * commitTimeout };
      case "acts late":
        return { is: "acts late", after: random.between(0.2 * commitTimeout, scaled(LATEST_ACT, this.#scale)) };
      default:
        return { is: "spoilt", mishap: `${kind} ${random.chance(BEFORE_SHARE) ? "before" : "after"}` };
    }
  }
}
