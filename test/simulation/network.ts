import type { Millis } from "../../src/lib/clock.ts";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { SandboxNetwork } from "../../src/platforms/sandbox/network.ts";
import type { SandboxPost, SandboxUser } from "../../src/platforms/sandbox/store.ts";
import type { Switches } from "../../src/platforms/sandbox/switches.ts";
import { DEFAULT_SWITCHES } from "../../src/platforms/sandbox/switches.ts";
import { UsageMeter } from "../../src/platforms/sandbox/usage.ts";
import { memoryStore } from "../helpers/memory-store.ts";
import { currentActor } from "./actor.ts";
import { copy } from "./copy.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/*
 * Meta, behind a network that lies. The platform itself keeps the one log that nobody can argue with: what became
 * public, when.
 */

/** A post as followers see it, and what the clocks of our machines had shown by then at the latest. */
export interface PublicPostLog {
  post: SandboxPost;
  /** When it became public, in real time. */
  at: Millis;
  highestClock: Millis;
}

export interface NetworkDeps {
  random: Random;
  faults: Faults;
  scheduler: Scheduler;
  crash(): void;
  fetchMedia(address: string): Promise<Response>;
  /** The latest time that any clock of ours has shown. */
  highestClock(): Millis;
}

/** A call that was given up may still be carried out so much later. */
const LATE_ACT: Millis = 15_000;
const LATENCY = { least: 20, most: 400 };
const SLOW = { least: 3_000, most: 80_000 };

/** What a spoilt answer looks like. */
const SPOILT = ["500", "code 1", "html", "nonsense", "spam"] as const;
type Spoilt = (typeof SPOILT)[number];

const deadlines = new WeakMap<AbortSignal, Millis>();

/** `AbortSignal.timeout`, in simulated time: whoever waits reads the moment. */
export function signalAt(deadline: Millis): AbortSignal {
  const { signal } = new AbortController();
  deadlines.set(signal, deadline);
  return signal;
}

/** When a signal ends what it was given to; never, without one. */
export function deadlineOf(signal: AbortSignal | null | undefined): Millis {
  return (signal && deadlines.get(signal)) ?? Number.POSITIVE_INFINITY;
}

export class Network {
  /** What the platform does on some days only. */
  readonly switches: Switches = { ...DEFAULT_SWITCHES };
  /** While it is away no call arrives. */
  awayUntil: Millis = 0;
  /** Has a call spoilt on purpose. Null: by chance alone. */
  script: ((name: string) => Mishap | null) | null = null;
  /** Changes what listings say on purpose. */
  rewrite: ((text: string) => string) | null = null;
  readonly posts: PublicPostLog[] = [];
  readonly tokens: string[] = [];
  readonly #deps: NetworkDeps;
  readonly #network: SandboxNetwork;

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
    const store = memoryStore();
    this.#network = new SandboxNetwork({
      usage: new UsageMeter(),
      store: {
        ...store,
        put: (key, value) => {
          if (key.startsWith("post/")) this.#log(value as SandboxPost);
          store.put(key, value);
        },
      },
      clock: () => deps.scheduler.now,
      fetchMedia: (address) => deps.fetchMedia(address),
      permalink: (postId) => `https://social.example/${postId}`,
      switches: this.switches,
    });
  }

  open(platform: PlatformId, username: string, login: SandboxUser["login"]): { externalId: string; token: string } {
    const account = this.#network.openAccount({ platform, username, behavior: "ok", login });
    this.tokens.push(account.token);
    return account;
  }

  fetch(address: string, init: RequestInit): Promise<Response> {
    const { random, scheduler, faults } = this.#deps;
    const caller = currentActor();
    const { signal, ...rest } = init;
    const deadline = deadlineOf(signal);
    const name = nameOf(address, init.method ?? "GET");
    const mishap = this.#mishap(name);
    const now = scheduler.now;
    const travel = random.whole("platform latency", LATENCY.least, LATENCY.most);
    return new Promise((resolve, reject) => {
      const settle = (at: Millis, answer: () => void) => {
        const isInTime = at < deadline;
        scheduler.at(isInTime ? at : deadline, `< ${name}`, () => {
          if (caller?.isAlive === false) return;
          if (isInTime) answer();
          else reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
        });
      };
      const cut = () => reject(new TypeError("connection reset"));
      const act = (at: Millis, then: (answer: () => void) => void) => {
        scheduler.at(at, `> ${name}${mishap ? ` (${mishap.is})` : ""}`, () => {
          if (caller?.isAlive === false && random.chance("sent by a dead caller", 0.3)) return;
          this.#handle(new Request(address, rest)).then(
            (response) => then(() => resolve(response)),
            then.bind(null, cut),
          );
          if (faults.strikes("crash after", `platform ${name}`)) this.#deps.crash();
        });
      };
      const back = random.whole("platform latency", LATENCY.least, LATENCY.most);
      switch (mishap?.is) {
        case "cut before":
          return settle(now + travel, cut);
        case "error before":
          return settle(now + travel + back, () => resolve(spoilt(mishap.answer)));
        case "refused":
          return settle(now + travel + back, () => resolve(failure(400, mishap.error)));
        case "throttled":
          return settle(now + travel + back, () => resolve(throttled()));
        case "cut after":
          return act(now + travel, () => settle(scheduler.now + back, cut));
        case "error after":
          return act(now + travel, () => settle(scheduler.now + back, () => resolve(spoilt(mishap.answer))));
        case "late": {
          // Given up by either side, and carried out afterwards.
          const givenUp = Math.min(now + mishap.after, deadline);
          settle(givenUp, cut);
          return act(givenUp + mishap.late, () => {});
        }
        case "slow": {
          // Carried out at some moment of a long wait, or shortly after it was given up.
          const acts = Math.min(now + mishap.acts, deadline + LATE_ACT);
          let answer: (() => void) | null = null;
          act(acts, (given) => {
            answer = given;
            if (scheduler.now >= now + mishap.after) settle(scheduler.now, given);
          });
          return settle(now + mishap.after, () => answer?.());
        }
        default:
          return act(now + travel, (answer) => settle(scheduler.now + back, answer));
      }
    });
  }

  async #handle(request: Request): Promise<Response> {
    const response = await this.#network.handle(request);
    if (!this.rewrite || request.method !== "GET") return response;
    return new Response(this.rewrite(await response.text()), { status: response.status });
  }

  #mishap(name: string): Mishap | null {
    const scripted = this.script?.(name) ?? null;
    if (scripted) return scripted;
    const { random, faults, scheduler } = this.#deps;
    if (scheduler.now < this.awayUntil) return { is: "cut before" };
    if (faults.strikes("platform cut before", name)) return { is: "cut before" };
    if (faults.strikes("platform cut after", name)) return { is: "cut after" };
    const answer = random.pick("spoilt answer", SPOILT);
    if (faults.strikes("platform error before", name)) return { is: "error before", answer };
    if (faults.strikes("platform error after", name)) return { is: "error after", answer };
    if (faults.strikes("platform throttles", name)) return { is: "throttled" };
    if (IS_COMMIT.test(name) && faults.strikes("platform refuses", name)) {
      return { is: "refused", error: { code: 100, message: "Invalid parameter" } };
    }
    const after = random.whole("slow", SLOW.least, SLOW.most);
    if (faults.strikes("platform acts late", name)) {
      return { is: "late", after, late: random.whole("late act", 1, LATE_ACT) };
    }
    if (!faults.strikes("platform slow", name)) return null;
    // It may be the answer that takes long, or the act.
    const acts = random.chance("acts at once", 0.5) ? LATENCY.most : random.whole("slow act", LATENCY.least, after);
    return { is: "slow", after, acts };
  }

  /** What is public is told once; a comment changes it and is no new post. */
  #log(post: SandboxPost): void {
    if (this.posts.some((logged) => logged.post.id === post.id)) return;
    this.posts.push({ post: copy(post), highestClock: this.#deps.highestClock(), at: this.#deps.scheduler.now });
  }
}

const IS_COMMIT = /^POST \{id\}\/(feed|media_publish)$/;

/** What becomes of one call. */
export type Mishap =
  | { is: "cut before" | "cut after" | "throttled" }
  | { is: "error before" | "error after"; answer: Spoilt }
  | { is: "refused"; error: { code: number; error_subcode?: number; message: string } }
  /** Given up after a while, and carried out so much later. */
  | { is: "late"; after: Millis; late: Millis }
  | { is: "slow"; after: Millis; acts: Millis };

/** A call without its ids. */
function nameOf(address: string, method: string): string {
  const path = new URL(address).pathname.replace(/^\/v[\d.]+\//, "").replaceAll(/\d{5,}(_\d+)?/g, "{id}");
  return `${method} ${path}`;
}

function spoilt(answer: Spoilt): Response {
  switch (answer) {
    case "html":
      return new Response("<html>Sorry, something went wrong.</html>", { status: 502 });
    case "nonsense":
      return Response.json({ ok: "perhaps" });
    case "500":
      return failure(500, { code: 2, message: "Service temporarily unavailable" });
    case "code 1":
      return failure(400, { code: 1, message: "An unknown error occurred" });
    case "spam":
      return failure(400, { code: 4, error_subcode: 2207051, message: "Looks like spam" });
  }
}

function throttled(): Response {
  return failure(400, { code: 4, message: "Application request limit reached" });
}

function failure(status: number, error: object): Response {
  return Response.json({ error: { type: "OAuthException", ...error } }, { status });
}
