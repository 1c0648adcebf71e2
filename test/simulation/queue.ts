import type { Millis } from "../../src/lib/clock.ts";
import type { Actor } from "./actor.ts";
import { copy } from "./copy.ts";
import type { Coverage } from "./coverage.ts";
import type { Crossings } from "./crossing.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/*
 * A queue of Cloudflare's: at least once, in no order, a batch to one consumer, what fails again later and at last to
 * another queue.
 */

/** As `wrangler.toml` says. Times in milliseconds. */
export interface QueueSettings {
  name: string;
  /** How faults at it are named. */
  place: string;
  maxBatch: number;
  batchWait: Millis;
  maxRetries: number;
  deadLetters: SimulatedQueue | null;
}

interface Message {
  id: string;
  body: unknown;
  attempts: number;
  readyAt: Millis;
}

export interface QueueDeps {
  crossings: Crossings;
  faults: Faults;
  random: Random;
  scheduler: Scheduler;
  coverage: Coverage;
  /** Whether there is a process to consume. */
  isUp(): boolean;
  /** Runs the Worker's consumer as somebody; resolves when it is done. */
  consume(batch: MessageBatch): { actor: Actor; done: Promise<void> };
}

/** How long a message that nobody answered for stays hidden. */
const VISIBILITY: Millis = 30_000;
const LATE = { least: 5_000, most: 400_000 };

export class SimulatedQueue {
  readonly #settings: QueueSettings;
  readonly #deps: QueueDeps;
  readonly #waiting: Message[] = [];
  #inFlight = new Set<Message>();
  #messages = 0;
  /** Told of each message that is sent. */
  onSend: (body: unknown) => void = () => {};
  /** Delays messages on purpose. */
  script: ((body: unknown) => Millis) | null = null;

  constructor(settings: QueueSettings, deps: QueueDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  get size(): number {
    return this.#waiting.length + this.#inFlight.size;
  }

  send(body: unknown, options: { delaySeconds?: number } = {}): Promise<void> {
    return this.sendBatch([{ body, ...options }]);
  }

  sendBatch(messages: Iterable<{ body: unknown; delaySeconds?: number }>): Promise<void> {
    const sent = [...messages].map((message) => copy(message));
    const { crossings, faults } = this.#deps;
    const { place } = this.#settings;
    const isRefused = faults.strikes("send refused", place);
    const isLost = !isRefused && faults.strikes("send answer lost", place);
    return crossings.call({
      place: `${place} send`,
      refusal: isRefused ? new Error("Queue sendBatch failed: Internal Server Error") : null,
      lostAnswer: isLost ? new Error("Queue sendBatch failed: Network connection lost.") : null,
      effect: () => {
        for (const { body, delaySeconds = 0 } of sent) this.#take(body, delaySeconds * 1_000);
      },
    });
  }

  /** Everything is gone, as a queue in memory is with its process. */
  forget(): void {
    this.#waiting.length = 0;
    this.#inFlight.clear();
  }

  /** The process is back. */
  resume(): void {
    for (const message of this.#waiting) this.#deliverAt(message.readyAt);
  }

  #take(body: unknown, delay: Millis): void {
    const { faults, random } = this.#deps;
    this.onSend(body);
    const { place } = this.#settings;
    if (faults.strikes("message lost", place)) return;
    const scripted = this.script?.(body) ?? 0;
    const copies = faults.strikes("message doubled", place) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = faults.strikes("message late", place) ? random.whole("message late", LATE.least, LATE.most) : 0;
      this.#add(this.#message(body), delay + late + scripted);
    }
  }

  /** For dead letters: a message as it is. */
  bury(body: unknown): void {
    this.#add(this.#message(body), 0);
  }

  /** Ids are the queue's own: what was given up of several queues is counted in one table. */
  #message(body: unknown): Message {
    return { id: `${this.#settings.name} ${this.#messages++}`, body, attempts: 1, readyAt: 0 };
  }

  #add(message: Message, delay: Millis): void {
    const { random, scheduler } = this.#deps;
    const { name, batchWait } = this.#settings;
    message.readyAt = scheduler.now + delay + batchWait + random.whole(`delivery of ${name}`, 1, 60);
    this.#waiting.push(message);
    this.#deliverAt(message.readyAt);
  }

  #deliverAt(at: Millis): void {
    const { scheduler } = this.#deps;
    scheduler.at(at, `deliver ${this.#settings.name}`, () => this.#deliver());
  }

  #deliver(): void {
    const { isUp, scheduler } = this.#deps;
    if (!isUp()) return;
    const ready = this.#waiting.filter(({ readyAt }) => readyAt <= scheduler.now).slice(0, this.#settings.maxBatch);
    if (ready.length === 0) return;
    for (const message of ready) {
      this.#waiting.splice(this.#waiting.indexOf(message), 1);
      this.#inFlight.add(message);
    }
    this.#consume(ready);
  }

  #consume(messages: Message[]): void {
    const { scheduler } = this.#deps;
    const verdicts = new Map<Message, { retry: boolean; delay: Millis }>();
    const judge = (message: Message, retry: boolean, { delaySeconds = 0 } = {}) =>
      verdicts.set(message, { retry, delay: delaySeconds * 1_000 });
    const batch = {
      queue: this.#settings.name,
      messages: messages.map((message) => ({
        id: message.id,
        timestamp: new Date(scheduler.now),
        body: copy(message.body),
        attempts: message.attempts,
        ack: () => judge(message, false),
        retry: (options = {}) => judge(message, true, options),
      })),
      retryAll: (options = {}) => {
        for (const message of messages) judge(message, true, options);
      },
    } as unknown as MessageBatch;
    const { actor, done } = this.#deps.consume(batch);
    let isOver = false;
    const end = (isGood: boolean, delay: Millis) => {
      if (isOver) return;
      isOver = true;
      for (const message of messages) {
        if (!this.#inFlight.delete(message)) continue;
        const verdict = verdicts.get(message) ?? { retry: !isGood, delay };
        if (verdict.retry) this.#retry(message, verdict.delay);
      }
    };
    actor.onDeath(() => end(false, VISIBILITY));
    done.then(
      () => end(true, 0),
      () => end(false, 0),
    );
  }

  #retry(message: Message, delay: Millis): void {
    const { deadLetters, maxRetries } = this.#settings;
    if (message.attempts <= maxRetries) {
      message.attempts += 1;
      this.#add(message, delay);
    } else if (deadLetters) {
      this.#deps.coverage.reach("dead letter");
      deadLetters.bury(message.body);
    }
  }
}
