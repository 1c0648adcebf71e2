import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import type { RateLimits } from "../lib/rate-limits.ts";
import type { Verdict } from "./decide.ts";
import { decide } from "./decide.ts";
import type { Micros } from "./gcra.ts";
import { UNUSED, untilArrival } from "./gcra.ts";

/** The name of the workspace's own limit, among the ids of its keys. */
const WORKSPACE = "workspace";

/** What an object that lost its memory may admit too much: as much as comes in so long. */
const FORGIVEN: Micros = 5_000_000;

/**
 * Decides how often a workspace's keys may ask in one mode: one call for the key's limit and the workspace's, decided
 * without a pause in between.
 *
 * The arrival times are kept in memory, and one is stored when what is stored lies more than five seconds behind it. A
 * limit that is whole again within that time, as the defaults are, is never written: an object is evicted after ten
 * seconds without a request, and has nothing to remember by then. Of a slow limit, 100 an hour, each request is written.
 * In between, a write covers five seconds' worth of requests. So an object that is evicted, or dies, forgets five seconds'
 * worth at most, and of each limit a row is written every five seconds at most, or for each of rare requests.
 */
export class RateLimitObject extends DurableObject<Env> {
  readonly #times = new Map<string, Micros>();
  readonly #stored = new Map<string, Micros>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const now = systemClock();
    for (const [name, time] of [...ctx.storage.kv.list<Micros>()]) {
      if (untilArrival(time, now) === 0) ctx.storage.kv.delete(name);
      else {
        this.#times.set(name, time);
        this.#stored.set(name, time);
      }
    }
  }

  async decide(keyId: string, limits: RateLimits): Promise<Verdict> {
    const now = systemClock();
    const before = { key: this.#timeOf(keyId), workspace: this.#timeOf(WORKSPACE) };
    const { verdict, times } = decide(before, limits, now);
    this.#remember(keyId, times.key, now);
    this.#remember(WORKSPACE, times.workspace, now);
    return verdict;
  }

  #timeOf(name: string): Micros {
    return this.#times.get(name) ?? UNUSED;
  }

  #remember(name: string, time: Micros, now: Millis): void {
    this.#times.set(name, time);
    const known = untilArrival(this.#stored.get(name) ?? UNUSED, now);
    if (untilArrival(time, now) - known <= FORGIVEN) return;
    this.#stored.set(name, time);
    this.ctx.storage.kv.put(name, time);
  }
}
