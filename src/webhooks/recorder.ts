import type { Database } from "../db/database.ts";
import type { AttemptRecord, EndpointState } from "../db/deliveries.ts";
import { recordAttempts } from "../db/deliveries.ts";
import { retryWrite } from "../db/retry.ts";
import type { Millis } from "../lib/clock.ts";

/** How long the first of several attempts waits for the others. */
const TOGETHER_WITHIN: Millis = 50;

interface Waiting {
  record: AttemptRecord;
  done(state: EndpointState | null): void;
  fail(error: unknown): void;
}

/**
 * Writes down what came of attempts that were begun together: those that end at about the same time in one call to the
 * database, which has but one writer.
 */
export class Recorder {
  readonly #deps: { db: Database; sleep(span: Millis): Promise<void> };
  #underWay: number;
  #waiting: Waiting[] = [];

  /** @param attempts how many were begun */
  constructor(deps: { db: Database; sleep(span: Millis): Promise<void> }, attempts: number) {
    this.#deps = deps;
    this.#underWay = attempts;
  }

  /** @returns how the endpoint stands now; null when that is no news */
  record(record: AttemptRecord): Promise<EndpointState | null> {
    this.#underWay -= 1;
    const written = new Promise<EndpointState | null>((done, fail) => this.#waiting.push({ record, done, fail }));
    const flush = () => this.#flush();
    // Whoever waits hears of the write, and of nothing else: it may be another's that takes theirs along.
    if (this.#underWay <= 0) void flush();
    else if (this.#waiting.length === 1) void this.#deps.sleep(TOGETHER_WITHIN).then(flush, flush);
    return written;
  }

  /** Never throws: each that waits is told. */
  async #flush(): Promise<void> {
    const together = this.#waiting.splice(0);
    if (together.length === 0) return;
    const records = together.map(({ record }) => record);
    try {
      const states = await retryWrite(() => recordAttempts(this.#deps.db, records));
      together.forEach(({ done }, index) => {
        done(states[index] ?? null);
      });
    } catch (error) {
      for (const { fail } of together) fail(error);
    }
  }
}
