import type { Millis } from "../../src/lib/clock.ts";
import type { Actor } from "./actor.ts";
import { currentActor } from "./actor.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/*
 * A call that leaves whoever makes it: it takes time to arrive, has its effect, and its answer takes time to come back.
 * On the way everybody may die.
 */

/** What one call does, and what becomes of it. */
export interface Call<T> {
  /** What is called, as a trace names it. */
  place: string;
  effect(): T | Promise<T>;
  /** It never arrives: the caller is told so. */
  refusal?: Error | null;
  /** It has its effect, and the caller is told otherwise. */
  lostAnswer?: Error | null;
  /** How much longer it takes to arrive, and to be answered. */
  delay?: Millis;
  answerDelay?: Millis;
}

/** What is done to one call on purpose. */
export type Interference = Pick<Call<unknown>, "refusal" | "lostAnswer" | "delay" | "answerDelay"> & {
  /** Happens right after the effect, before the answer. */
  after?: () => void;
};

const LATENCY = { least: 1, most: 25 };
const STALL = { least: 4_000, most: 70_000 };
/** A consumer has a quarter of an hour. */
const LONG_STALL = { least: 70_000, most: 840_000 };
/** Who was given a permit sleeps through it: a little, past its lease, or past all that is read meanwhile. */
const SENDER_STALL = { least: 11_000, most: 600_000 };
const LONGEST_STALL = { least: 600_000, most: 890_000 };

export class Crossings {
  /** Interferes on purpose. */
  script: ((place: string) => Interference | null) | null = null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #crash: () => void;

  constructor(deps: { scheduler: Scheduler; random: Random; faults: Faults; crash: () => void }) {
    this.#scheduler = deps.scheduler;
    this.#random = deps.random;
    this.#faults = deps.faults;
    this.#crash = deps.crash;
  }

  call<T>(asked: Call<T>): Promise<T> {
    const { place } = asked;
    const { after, ...interference } = this.script?.(place) ?? {};
    const made: Call<T> = { ...asked, ...interference };
    const caller = currentActor();
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void) => {
        this.#scheduler.after(
          this.#latency(place) + (made.answerDelay ?? 0) + this.#stall(caller, place),
          `< ${place}`,
          () => {
            if (caller?.isAlive !== false) settle();
          },
        );
      };
      this.#scheduler.after(this.#latency(place) + (made.delay ?? 0), `> ${place}`, () => {
        // Whoever died may have sent it before, or not.
        if (caller?.isAlive === false && this.#random.chance(`sent by a dead caller: ${place}`, 0.5)) return;
        if (this.#faults.strikes("crash before", place)) {
          this.#crash();
          return;
        }
        if (caller?.kind === "consumer" && this.#faults.strikes("consumer dies", place)) caller.die();
        if (caller?.kind === "request" && this.#faults.strikes("request dies", place)) caller.die();
        if (made.refusal) {
          answer(() => reject(made.refusal));
          return;
        }
        Promise.resolve()
          .then(() => made.effect())
          .then(
            (value) => {
              after?.();
              if (this.#faults.strikes("crash after", place)) this.#crash();
              answer(() => (made.lostAnswer ? reject(made.lostAnswer) : resolve(value)));
            },
            (error: unknown) => answer(() => reject(error)),
          );
      });
    });
  }

  #span({ least, most }: { least: Millis; most: Millis }): Millis {
    return this.#random.whole("stall", least, most);
  }

  /** Short spans as often as long ones. */
  #spread({ least, most }: { least: Millis; most: Millis }): Millis {
    return Math.floor(least * (most / least) ** this.#random.fraction("stall"));
  }

  #latency(place: string): Millis {
    return this.#random.whole(`latency of ${place}`, LATENCY.least, LATENCY.most);
  }

  /** A consumer that is slow to go on, as one whose machine is busy. */
  #stall(caller: Actor | undefined, place: string): Millis {
    if (caller?.kind !== "consumer") return 0;
    const isSender = place === "post.arm" && this.#faults.strikes("sender stalls", place);
    if (!isSender && !this.#faults.strikes("consumer stalls", place)) return 0;
    if (isSender)
      return this.#random.chance("long stall", 0.4) ? this.#span(LONGEST_STALL) : this.#spread(SENDER_STALL);
    return this.#span(this.#random.chance("long stall", 0.25) ? LONG_STALL : STALL);
  }
}
