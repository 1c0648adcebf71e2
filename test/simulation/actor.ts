import { AsyncLocalStorage } from "node:async_hooks";
import type { Millis } from "../../src/lib/clock.ts";

/*
 * Who runs: a request, a consumer of the queue, an object's instance. Each may die at any await; what it waited for
 * then never comes.
 */

export type ActorKind = "request" | "consumer" | "object";

export class Actor {
  readonly kind: ActorKind;
  readonly name: string;
  /** How far its machine's clock is ahead of the others'. */
  readonly skew: Millis;
  isAlive = true;
  readonly #mourners = new Set<() => void>();

  constructor(kind: ActorKind, name: string, skew: Millis) {
    this.kind = kind;
    this.name = name;
    this.skew = skew;
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const mourner of [...this.#mourners]) mourner();
    this.#mourners.clear();
  }

  /** @returns how to take it back */
  onDeath(mourner: () => void): () => void {
    this.#mourners.add(mourner);
    return () => this.#mourners.delete(mourner);
  }
}

const running = new AsyncLocalStorage<Actor>();

/** Has somebody run: all that follows from it, over every await, is theirs. */
export function runAs<T>(actor: Actor, run: () => T): T {
  return running.run(actor, run);
}

/** Who runs now; undefined for the simulation itself. */
export function currentActor(): Actor | undefined {
  return running.getStore();
}
