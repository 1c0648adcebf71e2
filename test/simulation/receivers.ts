import { createHmac } from "node:crypto";
import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import { currentActor } from "./actor.ts";
import type { Faults } from "./faults.ts";
import { deadlineOf } from "./network.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/*
 * The servers of clients, which are sent webhooks. They do as Standard Webhooks tells them, with code of their own, and
 * remember all that they got: what a workspace was really told.
 */

/** An endpoint, as its owner set it up. */
export interface Endpoint {
  id: string;
  workspaceId: string;
  url: string;
  /** What it asked to be told of. */
  events: readonly string[];
  /** Those that are good, the newest first. */
  secrets: readonly string[];
  /** Whether it is the one that is down for a while. */
  isFlaky: boolean;
}

/** A request that an endpoint got. */
export interface Received {
  endpoint: Endpoint;
  id: string;
  body: string;
  /** In real time. */
  at: Millis;
  /** Whether it was answered that it is taken, even if that answer never arrived. */
  isTaken: boolean;
}

/** What becomes of one request. */
type Mishap =
  | { is: "cut before" | "cut after" | "breaks off" }
  | { is: "refuses"; status: number }
  | { is: "slow"; after: Millis };

interface ReceiverDeps {
  random: Random;
  faults: Faults;
  scheduler: Scheduler;
  crash(): void;
  /** Told of what must not be. */
  onViolation(what: string): void;
  /** Whether the clocks of our machines may be believed. */
  areClocksRight(): boolean;
}

const LATENCY = { least: 10, most: 300 };
const SLOW = { least: 2_000, most: 40_000 };
/** How old or new a request may claim to be, as the standard advises. */
const TOLERANCE: Millis = 5 * 60 * SECOND;

/** What endpoints answer that do not take an event. */
const REFUSALS = [302, 400, 404, 429, 500, 503] as const;
/** How an endpoint is that is down. It says a status, or nothing. */
const DOWN = ["cut before", "cut after", "hangs", 302, 500, 503] as const;

export class Receivers {
  /** Until then the flaky ones are down. */
  downUntil: Millis = 0;
  /** Has requests spoilt on purpose. */
  script: ((endpoint: Endpoint) => Mishap | null) | null = null;
  readonly received: Received[] = [];
  readonly endpoints = new Map<string, Endpoint>();
  readonly #deps: ReceiverDeps;

  constructor(deps: ReceiverDeps) {
    this.#deps = deps;
  }

  open(endpoint: Endpoint): void {
    this.endpoints.set(endpoint.url, endpoint);
  }

  fetch(endpoint: Endpoint, init: RequestInit): Promise<Response> {
    const { random, scheduler, faults } = this.#deps;
    const caller = currentActor();
    const deadline = deadlineOf(init.signal);
    const place = nameOf(endpoint);
    const mishap = this.#mishap(endpoint, place);
    const latency = () => random.whole(`latency of ${place}`, LATENCY.least, LATENCY.most);
    const arrives = scheduler.now + latency();
    const back = latency();
    if (init.redirect !== "manual") this.#deps.onViolation("webhooks: redirects are followed");
    return new Promise((resolve, reject) => {
      const settle = (at: Millis, answer: () => void) => {
        const isInTime = at < deadline;
        scheduler.at(isInTime ? at : deadline, `< ${place}`, () => {
          if (caller?.isAlive === false) return;
          if (isInTime) answer();
          else reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
        });
      };
      const cut = () => reject(new TypeError("connection reset"));
      if (mishap?.is === "cut before") return settle(arrives, cut);
      scheduler.at(arrives, `> ${place}${mishap ? ` (${mishap.is})` : ""}`, () => {
        if (caller?.isAlive === false && random.chance("sent by a dead caller", 0.3)) return;
        this.#receive(endpoint, init, mishap?.is !== "refuses");
        if (faults.strikes("crash after", place)) this.#deps.crash();
        const answered = scheduler.now + (mishap?.is === "slow" ? mishap.after : back);
        settle(answered, mishap?.is === "cut after" ? cut : () => resolve(answerOf(mishap)));
      });
    });
  }

  #mishap(endpoint: Endpoint, place: string): Mishap | null {
    const scripted = this.script?.(endpoint) ?? null;
    if (scripted) return scripted;
    const { random, faults, scheduler } = this.#deps;
    const after = random.whole(`slow ${place}`, SLOW.least, SLOW.most);
    if (endpoint.isFlaky && scheduler.now < this.downUntil && !faults.isOver) {
      const how = random.pick(`how ${place} is down`, DOWN);
      if (how === "hangs") return { is: "slow", after: SLOW.most };
      return typeof how === "number" ? { is: "refuses", status: how } : { is: how };
    }
    const status = random.pick(`refusal of ${place}`, REFUSALS);
    if (faults.strikes("endpoint cut before", place)) return { is: "cut before" };
    if (faults.strikes("endpoint cut after", place)) return { is: "cut after" };
    if (faults.strikes("endpoint refuses", place)) return { is: "refuses", status };
    if (faults.strikes("endpoint breaks off", place)) return { is: "breaks off" };
    return faults.strikes("endpoint slow", place) ? { is: "slow", after } : null;
  }

  #receive(endpoint: Endpoint, init: RequestInit, isTaken: boolean): void {
    const { scheduler, onViolation, areClocksRight } = this.#deps;
    const headers = new Headers(init.headers);
    const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) => headers.get(`webhook-${name}`) ?? "");
    const body = String(init.body);
    for (const secret of endpoint.secrets) {
      const expected = signatureOf(secret, `${id}.${time}.${body}`);
      if (!signatures?.split(" ").includes(expected)) onViolation(`webhooks: ${id} is not signed for its endpoint`);
    }
    const age = scheduler.now - Number(time) * SECOND;
    if (areClocksRight() && !(Math.abs(age) < TOLERANCE)) onViolation(`webhooks: ${id} is ${age} ms old`);
    this.received.push({ endpoint, id: id ?? "", body, at: scheduler.now, isTaken });
  }
}

/** By the standard: the version and the base64 of an HMAC-SHA-256, whose key is the base64 behind the prefix. */
function signatureOf(secret: string, signed: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}

/** An endpoint, as faults at it are named: without ids, which are chance. */
function nameOf({ url }: Endpoint): string {
  return `endpoint ${new URL(url).pathname.slice(1)}`;
}

function answerOf(mishap: Mishap | null): Response {
  if (mishap?.is === "refuses") {
    const headers = { Location: "https://elsewhere.example/", "Retry-After": "40" };
    return new Response("Not now.", { status: mishap.status, headers });
  }
  if (mishap?.is !== "breaks off") return new Response(null, { status: 204 });
  const body = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("connection reset")),
  });
  return new Response(body, { status: 200 });
}
