/*
 * Chance, out of one seed. Each draw is a function of the seed, the place that draws and how often it has drawn before,
 * so that taking one fault out of a run leaves the draws of all other places as they were.
 */

const hashes = new Map<string, number>();

/** FNV-1a of a text, 32 bits. */
export function hashText(text: string): number {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = fold(0x811c9dc5, text);
  hashes.set(text, hash);
  return hash;
}

/** Goes on with an FNV-1a hash. */
export function fold(hash: number, text: string): number {
  let folded = hash;
  for (let i = 0; i < text.length; i++) folded = Math.imul(folded ^ text.charCodeAt(i), 0x01000193);
  return folded >>> 0;
}

/** Spreads 32 bits (the finaliser of MurmurHash3). */
function mix(bits: number): number {
  let mixed = bits | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

export class Random {
  readonly #seed: number;
  readonly #draws = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = mix(seed ^ 0x9e3779b9);
  }

  /** How often a place has drawn. */
  count(place: string): number {
    return this.#draws.get(place) ?? 0;
  }

  /** A fraction from 0 up to, and without, 1. */
  fraction(place: string): number {
    const draw = this.count(place);
    this.#draws.set(place, draw + 1);
    return mix(this.#seed ^ mix(hashText(place) + Math.imul(draw, 0x9e3779b1))) / 2 ** 32;
  }

  /** A whole number, both bounds included. */
  whole(place: string, from: number, to: number): number {
    return from + Math.floor(this.fraction(place) * (to - from + 1));
  }

  chance(place: string, probability: number): boolean {
    return this.fraction(place) < probability;
  }

  pick<T>(place: string, choices: readonly T[]): T {
    const choice = choices[this.whole(place, 0, choices.length - 1)];
    if (choice === undefined) throw new Error(`nothing to choose from at ${place}`);
    return choice;
  }
}
