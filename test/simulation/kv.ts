import type { Crossings } from "./crossing.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** How long an old value may be read after a new one was written. */
const STALENESS = 60_000;
/** What may be found instead of what was written. */
const GARBAGE = ["", "{", "null", "[]", '{"fingerprint":7}', '{"status":202,"body":"{}"}'] as const;

/** KV: eventually consistent, and believed only so far. */
export class Kv {
  readonly #versions = new Map<string, { at: number; value: string; until: number }[]>();
  readonly #deps: { crossings: Crossings; faults: Faults; random: Random; scheduler: Scheduler };

  constructor(deps: { crossings: Crossings; faults: Faults; random: Random; scheduler: Scheduler }) {
    this.#deps = deps;
  }

  get(key: string, type: "json"): Promise<unknown> {
    const { crossings, faults, random } = this.#deps;
    return crossings.call({
      place: "kv get",
      refusal: faults.strikes("kv refused", "get") ? new Error("KV GET failed: 500 Internal Server Error") : null,
      effect: () => {
        const text = this.#read(key);
        if (text === null) return null;
        const read = faults.strikes("kv corrupt", "get") ? random.pick("kv garbage", GARBAGE) : text;
        return type === "json" ? JSON.parse(read) : read;
      },
    });
  }

  put(key: string, value: string, { expirationTtl }: { expirationTtl: number }): Promise<void> {
    const { crossings, faults, scheduler } = this.#deps;
    return crossings.call({
      place: "kv put",
      refusal: faults.strikes("kv refused", "put") ? new Error("KV PUT failed: 429 Too Many Requests") : null,
      effect: () => {
        const versions = this.#versions.get(key) ?? [];
        versions.push({ at: scheduler.now, value, until: scheduler.now + expirationTtl * 1_000 });
        this.#versions.set(key, versions);
      },
    });
  }

  #read(key: string): string | null {
    const { faults, random, scheduler } = this.#deps;
    const versions = this.#versions.get(key) ?? [];
    const { now } = scheduler;
    const newest = versions.findLast(({ until }) => until > now);
    if (!newest || faults.strikes("kv missing", "get")) return null;
    if (!faults.strikes("kv stale", "get")) return newest.value;
    const old = versions.filter((version) => version !== newest && version.at > now - STALENESS);
    const isFresh = newest.at > now - STALENESS;
    if (!isFresh) return newest.value;
    return old.length === 0 ? null : random.pick("kv version", old).value;
  }
}
