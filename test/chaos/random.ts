/**
 * Chance that can be had again: the same seed gives the same numbers. What a run decides by it is repeatable, though when
 * it happens is not, for the time is real.
 */
export class Random {
  #state: number;

  /** @param stream one of several that do not disturb each other, made of one seed */
  constructor(seed: number, stream: string) {
    let state = seed >>> 0;
    for (const char of stream) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    this.#state = state;
  }

  /** From 0 up to 1, which is not in it (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  /** Picks by weights, in any unit. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of from) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error("there is nothing to pick from");
  }
}
