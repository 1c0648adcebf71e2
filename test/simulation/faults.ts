import type { Coverage } from "./coverage.ts";
import type { Random } from "./random.ts";

/*
 * What can go wrong, and how often. Each seed turns on some kinds at some strength (swarm testing: with everything on,
 * nothing gets far enough to go wrong in an interesting way). Each place at which a fault could strike is numbered, so that a
 * run can be repeated without some of its faults.
 */

/** Each kind of fault with its usual probability at one place. */
export const FAULTS = {
  // The process, and smaller deaths.
  "crash before": 0.004,
  "crash after": 0.004,
  "consumer dies": 0.015,
  "consumer stalls": 0.02,
  "sender stalls": 0.04,
  "object evicted": 0.01,
  "request dies": 0.03,
  "request cut": 0.08,
  // Calls to objects.
  "call lost before": 0.02,
  "call lost after": 0.02,
  "call slow": 0.02,
  "permit lost": 0.08,
  // The database.
  "d1 refused": 0.03,
  "d1 answer lost": 0.04,
  "d1 slow": 0.02,
  // The cache.
  "kv stale": 0.3,
  "kv missing": 0.2,
  "kv corrupt": 0.2,
  "kv refused": 0.2,
  "r2 refused": 0.2,
  // The queue.
  "send refused": 0.1,
  "send answer lost": 0.05,
  "message lost": 0.1,
  "message doubled": 0.15,
  "message late": 0.1,
  // The platform.
  "platform slow": 0.1,
  "platform cut before": 0.1,
  "platform cut after": 0.15,
  "platform error before": 0.08,
  "platform error after": 0.12,
  "platform acts late": 0.12,
  "platform throttles": 0.01,
  "platform refuses": 0.06,
  // The endpoints of clients.
  "endpoint cut before": 0.06,
  "endpoint cut after": 0.08,
  "endpoint refuses": 0.08,
  "endpoint breaks off": 0.04,
  "endpoint slow": 0.08,
  // Alarms.
  "alarm twice": 0.1,
  "alarm lost": 0.08,
  "alarm late": 0.08,
} as const;
export type FaultKind = keyof typeof FAULTS;

/** How much more or less than usual a kind strikes in one seed. */
const STRENGTHS = [0, 0, 0, 0.3, 1, 1, 3] as const;

/**
 * Faults that are worse together. Some seeds have one of these groups at many times the usual strength, and little else:
 * what takes minutes to go wrong must not be disturbed.
 */
const STORMS: readonly (readonly FaultKind[])[] = [
  ["permit lost", "sender stalls", "platform cut after", "platform error after"],
  ["permit lost", "sender stalls", "platform cut after"],
  ["sender stalls"],
  ["platform cut before", "platform slow"],
  ["platform slow", "platform error before"],
  ["platform cut before", "platform cut after", "platform slow", "platform acts late"],
  ["platform cut after", "d1 slow", "consumer stalls"],
  ["object evicted", "d1 slow", "d1 answer lost"],
  ["consumer dies", "call lost before", "call lost after", "message doubled"],
  ["message lost", "alarm lost", "send refused"],
];
const STORM_PROBABILITY = 0.45;
const STORM_STRENGTH = 7;
const STRENGTHS_BESIDE_A_STORM = [0, 0, 0.3] as const;
/** However strong: something must be able to succeed. */
const MOST_PROBABLE = 0.6;

/** Faults that are one for a seed, or have a time. */
export const PLANNED_FAULTS = [
  "crash",
  "d1 outage",
  "platform outage",
  "objects away",
  "clock forward",
  "clock back",
  "clocks differ",
  "listing lags",
  "nodes lag",
  "captions hidden",
  "duplicates refused",
  "queue in memory",
  "endpoint down",
] as const;
export type PlannedFault = (typeof PLANNED_FAULTS)[number];

export class Faults {
  readonly #random: Random;
  readonly #disabled: ReadonlySet<string>;
  readonly #coverage: Coverage;
  readonly #strength = new Map<FaultKind, number>();
  /** The names of all that struck, in order. */
  readonly fired: string[] = [];
  isOver = false;

  /** @param isCalm nothing strikes by chance */
  constructor(random: Random, coverage: Coverage, disabled: ReadonlySet<string>, isCalm: boolean) {
    this.#random = random;
    this.#coverage = coverage;
    this.#disabled = disabled;
    if (isCalm) return;
    const storm = random.chance("storm", STORM_PROBABILITY) ? random.pick("which storm", STORMS) : [];
    const strengths = storm.length === 0 ? STRENGTHS : STRENGTHS_BESIDE_A_STORM;
    for (const kind of Object.keys(FAULTS) as FaultKind[]) {
      const usual = random.pick(`strength of ${kind}`, strengths);
      this.#strength.set(kind, storm.includes(kind) ? STORM_STRENGTH : usual);
    }
  }

  /**
   * Whether a fault strikes here.
   *
   * @param place what is under way: a fault is named by kind, place and how often that came before
   */
  strikes(kind: FaultKind, place: string): boolean {
    const strength = this.#strength.get(kind) ?? 0;
    if (strength === 0 || this.isOver) return false;
    const site = `${kind} at ${place}`;
    const number = this.#random.count(site);
    if (!this.#random.chance(site, Math.min(FAULTS[kind] * strength, MOST_PROBABLE))) return false;
    return this.take(kind, `${site} #${number}`);
  }

  /** Whether a fault that was planned is to happen. Notes that it does. */
  take(kind: FaultKind | PlannedFault, name: string): boolean {
    if (this.#disabled.has(name)) return false;
    this.fired.push(name);
    this.#coverage.reach(`fault: ${kind}`);
    return true;
  }
}
