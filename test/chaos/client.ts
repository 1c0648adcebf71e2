import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Answer } from "./history.ts";
import type { Random } from "./random.ts";

const REQUEST_TIMEOUT: Millis = 15 * SECOND;
/** A request that is not answered for so long, however often it was sent, ends the run. */
const PATIENCE: Millis = 5 * MINUTE;
/** The share of requests that the client itself cuts, and the time within which. */
const CUT_SHARE = 0.25;
const CUT_WITHIN: Millis = 80;

/** What one try came to: an answer, or the reason that there is none. */
type Try = { is: "answered"; answer: Answer; body: string } | { is: "cut" };

export interface Sent {
  key: string;
  method: "POST" | "DELETE";
  path: string;
  body?: object;
}

/** A client as it should be: what is not answered is sent again, with the same key, until it is. */
export class ChaosClient {
  readonly answers: Answer[] = [];
  /** Requests that it cut itself, and such that broke under it. */
  readonly cuts = { own: 0, broken: 0 };
  /** Tells `accepted` in the tick in which the headers of a 202 arrived. */
  readonly events = new EventEmitter<{ accepted: [key: string] }>();
  /** Whether it cuts requests of its own accord. */
  isImpatient = false;
  readonly #origin: string;
  readonly #key: string;
  readonly #random: Random;

  constructor(origin: string, key: string, random: Random) {
    this.#origin = origin;
    this.#key = key;
    this.#random = random;
  }

  /** Sends until it is answered by something else than trouble of the server. */
  async insist(sent: Sent): Promise<{ status: number; text: string }> {
    const deadline = Date.now() + PATIENCE;
    while (Date.now() < deadline) {
      const tried = await this.#try(sent);
      if (tried.is === "answered" && tried.answer.status < 500)
        return { status: tried.answer.status, text: tried.body };
      await sleep(this.#random.between(100, 400));
    }
    throw new Error(`${sent.method} ${sent.path} of ${sent.key} was not answered`);
  }

  /** Sends once. What becomes of it is in `answers`. */
  async send(sent: Sent): Promise<void> {
    await this.#try(sent);
  }

  /** Reads JSON; null while the server is away or in trouble. A 404 is told by its body. */
  // biome-ignore lint/suspicious/noExplicitAny: whoever reads says what is to be found there
  async read(path: string): Promise<any> {
    try {
      const response = await fetch(`${this.#origin}${path}`, {
        headers: { Authorization: `Bearer ${this.#key}` },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT),
      });
      const text = await response.text();
      return response.status < 500 ? JSON.parse(text) : null;
    } catch (error) {
      return whenBroken(error, null);
    }
  }

  async #try(sent: Sent): Promise<Try> {
    const cut = new AbortController();
    const isCutting = this.isImpatient && this.#random.chance(CUT_SHARE);
    const timer = isCutting ? setTimeout(() => cut.abort(), this.#random.between(0, CUT_WITHIN)) : undefined;
    try {
      return await this.#exchange(sent, AbortSignal.any([cut.signal, AbortSignal.timeout(REQUEST_TIMEOUT)]));
    } catch (error) {
      this.cuts[cut.signal.aborted ? "own" : "broken"] += 1;
      return whenBroken(error, { is: "cut" });
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange({ key, method, path, body }: Sent, signal: AbortSignal): Promise<Try> {
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      signal,
      headers: {
        Authorization: `Bearer ${this.#key}`,
        "Idempotency-Key": `${method} ${key}`,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer: Answer = {
      key,
      call: method === "POST" ? "publish" : "cancel",
      status: response.status,
      text: null,
      isReplay: response.headers.get("Idempotent-Replayed") === "true",
      at: Date.now(),
    };
    this.answers.push(answer);
    if (method === "POST" && response.status === 202) this.events.emit("accepted", key);
    const text = await response.text();
    answer.text = text;
    return { is: "answered", answer, body: text };
  }
}

/** What a broken connection means. Anything else that goes wrong is a mistake of the harness. */
function whenBroken<T>(error: unknown, meaning: T): T {
  const isBroken = error instanceof Error && ["TypeError", "AbortError", "TimeoutError"].includes(error.name);
  if (!isBroken) throw error;
  return meaning;
}
