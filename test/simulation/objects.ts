import type { Millis } from "../../src/lib/clock.ts";
import { Actor, runAs } from "./actor.ts";
import { copy } from "./copy.ts";
import type { Crossings } from "./crossing.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler, Timer } from "./scheduler.ts";

/*
 * Durable Objects: one instance for a name, lost at any time; what it stored stays, and so does its one alarm, which
 * rings at least once, in most cases.
 */

type ObjectClass = new (ctx: DurableObjectState, env: never) => object;
type Method = (...args: unknown[]) => unknown;

interface Instance {
  actor: Actor;
  object: object;
}

/** What outlives every instance. */
interface Stored {
  values: Map<string, unknown>;
  alarm: { at: Millis; tries: number; timer: Timer | null } | null;
}

export interface ObjectDeps {
  crossings: Crossings;
  faults: Faults;
  random: Random;
  scheduler: Scheduler;
  env: unknown;
  isUp(): boolean;
  /** How far the clock of an object's machine is ahead of real time. */
  aheadOf(name: string): Millis;
  skewOf(name: string): Millis;
  mayLoseAlarms(): boolean;
  /** Told of each call and its answer. */
  onAnswer(method: string, args: unknown[], answer: unknown): void;
  /** Whether an alarm would find nothing to do: then it is set anew for this moment instead. */
  skipAlarm?(): Millis | null;
  /** Told what an object has stored that deletes it all. */
  onForget?(name: string, values: ReadonlyMap<string, unknown>): void;
  /** Told what a handler let escape. */
  onEscaped(error: unknown): void;
}

const ALARM_TRIES = 6;
const ALARM_BACKOFF: Millis = 2_000;
const SLOW = { least: 2_000, most: 90_000 };
const LATE = { least: 5_000, most: 300_000 };

export class Objects {
  /** While they are away no call arrives. */
  awayUntil: Millis = 0;
  readonly #kind: string;
  readonly #Class: ObjectClass;
  readonly #deps: ObjectDeps;
  readonly #stored = new Map<string, Stored>();
  readonly #instances = new Map<string, Instance>();

  constructor(kind: string, Class: ObjectClass, deps: ObjectDeps) {
    this.#kind = kind;
    this.#Class = Class;
    this.#deps = deps;
  }

  getByName(name: string): object {
    return new Proxy(
      {},
      {
        get: (_stub, method) =>
          typeof method === "string" && method !== "then"
            ? (...args: unknown[]) => this.#call(name, method, args)
            : undefined,
      },
    );
  }

  /** What an object has stored, for whoever looks from outside. */
  valueOf(name: string, key: string): unknown {
    return copy(this.#stored.get(name)?.values.get(key));
  }

  names(): string[] {
    return [...this.#stored.keys()];
  }

  alarmOf(name: string): Millis | null {
    return this.#stored.get(name)?.alarm?.at ?? null;
  }

  /** Sets an object's alarm, as an earlier run has done. */
  ringAt(name: string, at: Millis): void {
    const stored = this.#stored.get(name) ?? { values: new Map(), alarm: null };
    this.#stored.set(name, stored);
    this.#setAlarm(name, stored, at, 0);
  }

  evict(name: string): void {
    const instance = this.#instances.get(name);
    this.#instances.delete(name);
    instance?.actor.die();
  }

  /** All instances are lost with their process. */
  crash(): void {
    for (const name of [...this.#instances.keys()]) this.evict(name);
  }

  /** Everything that they have stored is gone, alarms with it. */
  wipe(): void {
    this.crash();
    for (const { alarm } of this.#stored.values()) if (alarm?.timer) this.#deps.scheduler.cancel(alarm.timer);
    this.#stored.clear();
  }

  /** The process is back, or the clock was set: every alarm is looked at anew. */
  resume(): void {
    for (const [name, stored] of this.#stored) if (stored.alarm) this.#schedule(name, stored);
  }

  #call(name: string, method: string, args: unknown[]): Promise<unknown> {
    const { crossings, faults, random } = this.#deps;
    const place = `${this.#kind}.${method}`;
    const sent = copy(args);
    const isPermit = method === "arm" && faults.strikes("permit lost", place);
    const isPermitGiven = isPermit && random.chance("permit given", 0.5);
    const isLostBefore = (isPermit && !isPermitGiven) || faults.strikes("call lost before", place);
    const isLostAfter = !isLostBefore && (isPermitGiven || faults.strikes("call lost after", place));
    return crossings.call({
      place,
      refusal: isLostBefore ? new Error("Network connection lost.") : null,
      lostAnswer: isLostAfter ? new Error("Network connection lost.") : null,
      delay: faults.strikes("call slow", place) ? random.whole("call slow", SLOW.least, SLOW.most) : 0,
      effect: async () => {
        const isAway = this.#deps.scheduler.now < this.awayUntil;
        if (isAway || !this.#deps.isUp()) throw new Error("Durable Object is unreachable.");
        const answer = copy(await this.#invoke(name, method, sent));
        this.#deps.onAnswer(method, sent, answer);
        return answer;
      },
    });
  }

  #invoke(name: string, method: string, args: unknown[]): Promise<unknown> {
    const { actor, object } = this.#instance(name);
    this.#mayEvict(name, method);
    return new Promise((resolve, reject) => {
      const forget = actor.onDeath(() => reject(new Error("Durable Object reset because its code was updated.")));
      const run = (object as Record<string, Method>)[method];
      if (!run) throw new TypeError(`the object has no method ${method}`);
      Promise.resolve(runAs(actor, () => run.apply(object, args)))
        .then(resolve, reject)
        .finally(forget);
    });
  }

  #mayEvict(name: string, method: string): void {
    const { faults, random, scheduler } = this.#deps;
    if (!faults.strikes("object evicted", `${this.#kind}.${method}`)) return;
    scheduler.after(random.whole("eviction", 0, 60), `evict ${name}`, () => this.evict(name));
  }

  #instance(name: string): Instance {
    const known = this.#instances.get(name);
    if (known) return known;
    const actor = new Actor("object", name, this.#deps.skewOf(name));
    const stored = this.#stored.get(name) ?? { values: new Map(), alarm: null };
    this.#stored.set(name, stored);
    const object = runAs(actor, () => new this.#Class(this.#context(name, stored, actor), this.#deps.env as never));
    const instance = { actor, object };
    this.#instances.set(name, instance);
    return instance;
  }

  #context(name: string, stored: Stored, actor: Actor): DurableObjectState {
    const { onEscaped, onForget, scheduler } = this.#deps;
    const mayWrite = () => {
      if (!actor.isAlive) throw new Error("an instance that is gone wrote");
    };
    const storage = {
      kv: {
        get: (key: string) => copy(stored.values.get(key)),
        put: (key: string, value: unknown) => {
          mayWrite();
          stored.values.set(key, copy(value));
        },
        delete: (key: string) => stored.values.delete(key),
      },
      transactionSync: <T>(work: () => T): T => {
        const before = new Map(stored.values);
        const { alarm } = stored;
        try {
          return work();
        } catch (error) {
          stored.values = before;
          stored.alarm = alarm;
          throw error;
        }
      },
      getAlarm: async () => stored.alarm?.at ?? null,
      setAlarm: async (at: number) => {
        mayWrite();
        this.#setAlarm(name, stored, at, 0);
      },
      deleteAll: async () => {
        mayWrite();
        onForget?.(name, stored.values);
        stored.values = new Map();
        if (stored.alarm?.timer) scheduler.cancel(stored.alarm.timer);
        stored.alarm = null;
      },
    };
    return { id: { name }, storage, waitUntil: (done: Promise<unknown>) => void done.catch(onEscaped) } as never;
  }

  #setAlarm(name: string, stored: Stored, at: Millis, tries: number): void {
    if (stored.alarm?.timer) this.#deps.scheduler.cancel(stored.alarm.timer);
    stored.alarm = { at, tries, timer: null };
    this.#schedule(name, stored);
  }

  #schedule(name: string, stored: Stored): void {
    const { alarm } = stored;
    if (!alarm) return;
    const { faults, random, scheduler } = this.#deps;
    if (alarm.timer) scheduler.cancel(alarm.timer);
    const place = `${this.#kind} alarm`;
    const late = faults.strikes("alarm late", place) ? random.whole("alarm late", LATE.least, LATE.most) : 0;
    const at = alarm.at - this.#deps.aheadOf(name) + late + random.whole(`latency of ${place}`, 0, 20);
    alarm.timer = scheduler.at(at, `alarm ${this.#kind}`, () => this.#ring(name, stored, alarm));
  }

  #ring(name: string, stored: Stored, alarm: NonNullable<Stored["alarm"]>): void {
    const { faults, scheduler } = this.#deps;
    alarm.timer = null;
    if (!this.#deps.isUp()) return;
    const skipTo = this.#deps.skipAlarm?.() ?? null;
    if (skipTo !== null) {
      this.#setAlarm(name, stored, skipTo, 0);
      return;
    }
    const place = `${this.#kind} alarm`;
    stored.alarm = null;
    if (this.#deps.mayLoseAlarms() && faults.strikes("alarm lost", place)) return;
    if (faults.strikes("alarm twice", place)) {
      scheduler.after(40, `alarm ${this.#kind} again`, () => this.#run(name, stored, alarm));
    }
    this.#run(name, stored, alarm);
  }

  #run(name: string, stored: Stored, { at, tries }: { at: Millis; tries: number }): void {
    if (!this.#deps.isUp()) {
      if (!stored.alarm) this.#setAlarm(name, stored, at, tries);
      return;
    }
    const { random, scheduler } = this.#deps;
    const again = (wait: Millis) => {
      if (stored.alarm || tries >= ALARM_TRIES) return;
      this.#setAlarm(name, stored, scheduler.now + this.#deps.aheadOf(name) + wait, tries + 1);
    };
    const actor = this.#instance(name).actor;
    const forget = actor.onDeath(() => again(random.whole("alarm after death", 100, 5_000)));
    this.#invoke(name, "alarm", []).then(forget, (error: unknown) => {
      forget();
      if (!actor.isAlive) return;
      this.#deps.onEscaped(error);
      again(ALARM_BACKOFF * 2 ** tries);
    });
  }
}
