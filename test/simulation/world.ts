import type { Env } from "../../src/env.ts";
import type { Millis } from "../../src/lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Verdict } from "../../src/limits/decide.ts";
import { normaliseText } from "../../src/platforms/similarity.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { refOfObjectName } from "../../src/post/post-calls.ts";
import { PostObject } from "../../src/post/post-object.ts";
import { SWEEPER_NAME, SweeperObject } from "../../src/post/sweeper.ts";
import { DUE_GRACE } from "../../src/webhooks/schedule.ts";
import { Actor, currentActor, runAs } from "./actor.ts";
import type { Answer, Request as ClientRequest } from "./client.ts";
import { Client } from "./client.ts";
import { Coverage } from "./coverage.ts";
import { Crossings } from "./crossing.ts";
import { D1, Sqlite } from "./d1.ts";
import type { PlannedFault } from "./faults.ts";
import { Faults } from "./faults.ts";
import type { Fixtures } from "./fixtures.ts";
import { fixtures } from "./fixtures.ts";
import { surroundWith } from "./globals.ts";
import { Kv } from "./kv.ts";
import { Network, signalAt } from "./network.ts";
import { Objects } from "./objects.ts";
import { observeCall, observeMessage, observeWebhookMessage } from "./observe.ts";
import type { AccountName, PlannedPost } from "./plan.ts";
import { endOf, planOf } from "./plan.ts";
import { SimulatedQueue } from "./queue.ts";
import { R2 } from "./r2.ts";
import { fold, Random } from "./random.ts";
import { Receivers } from "./receivers.ts";
import { Scheduler } from "./scheduler.ts";
import { worker } from "./worker.ts";

/** Secrets of the simulation: none of a deployment. */
export const SECRETS = {
  ADMIN_TOKEN: "admin-token-of-the-simulation",
  API_KEY_PEPPER: "pepper-of-the-simulation",
  ENCRYPTION_KEYS: `sim:${Buffer.alloc(32, 9).toString("base64")}`,
};
const ORIGIN = "https://apionics.test";

/** What the limiter says of every request. */
const ADMITTED: Verdict = {
  isAdmitted: true,
  retryAfter: 0,
  key: { remaining: 1, untilMore: 0 },
  workspace: { remaining: 1, untilMore: 0 },
};

const START: Millis = Date.UTC(2026, 10, 2, 9, 30);
/** How long after the last thing planned faults go on. */
const FAULTS_FOR = { least: 15 * MINUTE, most: 40 * MINUTE };
/** How long a restart takes. */
const DOWNTIME = { least: 200, most: 40 * SECOND };
const SWEEP: Millis = 30 * SECOND;
const CRON: Millis = 5 * MINUTE;
/** A client gives a request up after this. */
const PATIENCE: Millis = 3 * MINUTE;
/** What may still happen once everything is final: calls that were given up are carried out, objects forget. */
const AFTERMATH: Millis = 12 * MINUTE;
/** By then everything must be over, by the bounds of `docs/architecture.md`: a quota's, and settling for each post. */
const END: Millis = 240 * HOUR;
const MOST_EVENTS = 30_000;

/** One database serves all worlds of a process, one after the other. */
const sqlite = new Sqlite();

export interface WorldOptions {
  /** Faults and posts to leave out, by name. */
  disabled?: ReadonlySet<string>;
  /** Instead of the seed's own. */
  plan?: PlannedPost[];
  /** Nothing goes wrong by chance. */
  isCalm?: boolean;
  /** Has things happen on purpose. */
  script?: (world: World) => void;
  /** Told of every event. */
  onTrace?: (line: string) => void;
}

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly coverage = new Coverage();
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly crossings: Crossings;
  readonly plan: PlannedPost[];
  readonly d1: D1;
  readonly kv: Kv;
  readonly bucket: R2;
  readonly queue: SimulatedQueue;
  readonly webhooks: SimulatedQueue;
  readonly posts: Objects;
  readonly sweeper: Objects;
  readonly network: Network;
  readonly receivers: Receivers;
  readonly env: Env;
  readonly sqlite = sqlite;
  /** Lines that the Worker logged. */
  readonly logLines: string[] = [];
  /** Calls that are to be interfered with, and were not made yet: of a script that is over there are none. */
  readonly scripted: string[] = [];
  /** What must not have happened, noticed while it did. */
  readonly violations: string[] = [];
  readonly start = START;
  fixtures!: Fixtures;
  client!: Client;
  /** How far the clocks are ahead of real time. */
  clockOffset: Millis = 0;
  highestClock: Millis = 0;
  isUp = true;
  hash = 0x811c9dc5;
  readonly #disabled: ReadonlySet<string>;
  /** With the posts that are left out: faults come when they came with them. */
  readonly #wholePlan: PlannedPost[];
  readonly #isCalm: boolean;
  readonly #script: WorldOptions["script"];
  /** All queues, those of dead letters among them. */
  readonly #queues: readonly SimulatedQueue[];
  readonly #actors = new Set<Actor>();
  readonly #onTrace: ((line: string) => void) | null;
  #isSweeperAwake = false;
  #isQueueInMemory = false;
  #clocksDiffer = false;
  #hasJumped = false;

  constructor(seed: number, options: WorldOptions = {}) {
    this.seed = seed;
    this.#disabled = options.disabled ?? new Set();
    this.#isCalm = options.isCalm ?? false;
    this.#script = options.script;
    this.#onTrace = options.onTrace ?? null;
    const random = new Random(seed);
    const scheduler = new Scheduler(START, (label) => this.trace(label));
    const faults = new Faults(random, this.coverage, this.#disabled, this.#isCalm);
    this.crossings = new Crossings({ scheduler, random, faults, crash: () => this.crash() });
    const { crossings } = this;
    this.random = random;
    this.scheduler = scheduler;
    this.faults = faults;
    this.#wholePlan = options.plan ?? planOf(random);
    this.plan = this.#wholePlan.filter((post) => !this.#disabled.has(post.name));
    this.d1 = new D1({ sqlite, crossings, faults, random, scheduler });
    this.kv = new Kv({ crossings, faults, random, scheduler });
    this.bucket = new R2({ crossings, faults });
    const isUp = () => this.isUp;
    const queueDeps = {
      crossings,
      faults,
      random,
      scheduler,
      coverage: this.coverage,
      isUp,
      consume: (batch: MessageBatch) => this.#consume(batch),
    };
    const [deadLetters, deadWebhooks] = ["apionics-publish-dead", "apionics-webhooks-dead"].map(
      (name) =>
        new SimulatedQueue(
          { name, place: name, maxBatch: 10, batchWait: 5 * SECOND, maxRetries: 3, deadLetters: null },
          queueDeps,
        ),
    ) as [SimulatedQueue, SimulatedQueue];
    this.queue = new SimulatedQueue(
      { name: "apionics-publish", place: "queue", maxBatch: 5, batchWait: 0, maxRetries: 8, deadLetters },
      queueDeps,
    );
    this.webhooks = new SimulatedQueue(
      {
        name: "apionics-webhooks",
        place: "webhook queue",
        maxBatch: 5,
        batchWait: 0,
        maxRetries: 3,
        deadLetters: deadWebhooks,
      },
      queueDeps,
    );
    this.#queues = [this.queue, deadLetters, this.webhooks, deadWebhooks];
    const sent = new Set<string>();
    this.queue.onSend = (body) => observeMessage(this.coverage, body, sent);
    this.webhooks.onSend = (body) => observeWebhookMessage(this.coverage, body, sent);
    this.env = {
      ...SECRETS,
      PUBLIC_ORIGIN: ORIGIN,
      DB: this.d1,
      IDEMPOTENCY: this.kv,
      MEDIA: this.bucket,
      PUBLISH: this.queue,
      WEBHOOKS: this.webhooks,
      // Lets every request pass: limits are decided by a function of their own, and what they refuse changes nothing.
      RATE_LIMITS: { getByName: () => ({ decide: async () => ADMITTED }) },
      get POSTS() {
        return world.posts;
      },
      get SWEEPER() {
        return world.sweeper;
      },
    } as unknown as Env;
    const world = this;
    const objectDeps = {
      mayLoseAlarms: () => true,
      crossings,
      faults,
      random,
      scheduler,
      env: this.env,
      isUp,
      aheadOf: (name: string) => this.clockOffset + this.#skewOf(name),
      skewOf: (name: string) => this.#skewOf(name),
      onAnswer: (method: string, args: unknown[], answer: unknown) => {
        observeCall(this.coverage, method, args, answer);
        this.#onTrace?.(`           ${method}(${JSON.stringify(args)}) = ${JSON.stringify(answer)}`);
      },
      onEscaped: () => this.coverage.reach("a handler threw"),
    };
    this.posts = new Objects("post", PostObject, {
      ...objectDeps,
      onForget: (name, values) => this.#checkForgotten(name, values.get("post") as PostDocument | undefined),
    });
    this.sweeper = new Objects("sweeper", SweeperObject, {
      ...objectDeps,
      // Without a cron trigger nobody would set it anew.
      mayLoseAlarms: () => !this.#isQueueInMemory,
      skipAlarm: () => this.#skipSweep(),
    });
    this.network = new Network({
      random,
      faults,
      scheduler,
      crash: () => this.crash(),
      fetchMedia: (address) => this.#fetchMedia(address),
      highestClock: () => Math.max(this.highestClock, this.clock()),
    });
    this.receivers = new Receivers({
      random,
      faults,
      scheduler,
      crash: () => this.crash(),
      onViolation: (what) => this.violations.push(what),
      areClocksRight: () => !this.hasClockFaults,
    });
  }

  /** Lets everything happen, until all is over or should have been. */
  async run(): Promise<void> {
    sqlite.empty();
    surroundWith({
      clock: () => this.clock(),
      byte: () => this.random.whole("a random byte", 0, 255),
      fraction: () => this.random.fraction("Math.random"),
      fetch: (address, init) => {
        const endpoint = this.receivers.endpoints.get(address);
        return endpoint ? this.receivers.fetch(endpoint, init) : this.network.fetch(address, init);
      },
      timeout: (span) => signalAt(this.scheduler.now + span),
      wait: (span) => this.#wait(span),
      log: (line) => this.#log(line),
    });
    this.fixtures = await fixtures(this.env, {
      sqlite,
      network: this.network,
      receivers: this.receivers,
      bucket: this.bucket,
      random: this.random,
      now: START - HOUR,
      isCalm: this.#isCalm,
    });
    this.client = new Client(
      {
        start: START,
        request: (request) => this.request(request),
        until: (at) => this.scheduler.wait(at - this.scheduler.now, "client"),
        pause: (span) => this.scheduler.wait(span, "client"),
        accountId: (name) => this.fixtures.accountIds[name],
        mediaId: (workspace) => this.fixtures.workspaces[workspace]?.mediaId ?? "",
        webhookId: (workspace, isFlaky) => this.#webhookId(workspace, isFlaky),
        printTime: (at) => new Date(at).toISOString(),
        now: () => this.scheduler.now,
        look: (name, text, postId) => this.#look(name, text, postId),
      },
      this.plan,
    );
    // The requests that made the workspaces have seen to it.
    this.sweeper.ringAt(SWEEPER_NAME, START + SWEEP);
    this.#planFaults();
    this.#script?.(this);
    this.client.start(!this.#isCalm && this.random.chance("asked again", 0.3));
    await this.#untilOver();
  }

  #webhookId(workspace: 0 | 1, isFlaky: boolean): string {
    const workspaceId = this.fixtures.workspaces[workspace]?.id;
    const endpoints = [...this.receivers.endpoints.values()];
    return endpoints.find((each) => each.workspaceId === workspaceId && each.isFlaky === isFlaky)?.id ?? "";
  }

  /** A public post of an account that says this and that no other post of ours has taken. */
  #look(name: AccountName, text: string, postId: string): string | null {
    const rows = sqlite.all("SELECT platform_post_id, post_id FROM platform_posts");
    const taken = new Set(rows.filter((row) => row.post_id !== postId).map((row) => row.platform_post_id));
    const found = this.network.posts.find(
      ({ post }) =>
        post.userId === this.fixtures.externalIds[name] &&
        normaliseText(post.text) === normaliseText(text) &&
        !taken.has(post.id),
    );
    return found?.post.id ?? null;
  }

  /** Whether the clocks told another time than the real one at any moment. */
  get hasClockFaults(): boolean {
    return this.#clocksDiffer || this.#hasJumped;
  }

  /** The present, on the clock of whoever asks. */
  clock(): Millis {
    const now = this.scheduler.now + this.clockOffset + (currentActor()?.skew ?? 0);
    this.highestClock = Math.max(this.highestClock, now);
    return now;
  }

  trace(line: string): void {
    this.hash = fold(fold(this.hash, String(this.scheduler.now)), line);
    this.#onTrace?.(`${((this.scheduler.now - START) / SECOND).toFixed(3).padStart(10)} ${line}`);
  }

  /** The process dies, and comes back after a while. */
  crash(): void {
    if (!this.isUp) return;
    this.trace("CRASH");
    this.isUp = false;
    for (const actor of this.#actors) actor.die();
    this.#actors.clear();
    this.posts.crash();
    this.sweeper.crash();
    if (this.#isQueueInMemory) for (const queue of this.#queues) queue.forget();
    const downtime = this.random.whole("downtime", DOWNTIME.least, DOWNTIME.most);
    this.scheduler.after(downtime, "RESTART", () => {
      this.isUp = true;
      this.#isSweeperAwake = false;
      this.posts.resume();
      this.sweeper.resume();
      for (const queue of this.#queues) queue.resume();
    });
  }

  /** All clocks are set to another time. */
  jumpClock(by: Millis): void {
    this.trace(`the clock is set by ${by} ms`);
    this.clockOffset += by;
    this.#hasJumped = true;
    this.posts.resume();
    this.sweeper.resume();
  }

  /** A request from outside. */
  request({ method, path, workspace, mode = "live", key, body }: ClientRequest): Promise<Answer> {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.fixtures.workspaces[workspace]?.keys[mode]}`,
      ...(key === undefined ? {} : { "Idempotency-Key": key }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    };
    const request = () =>
      new Request(`${ORIGIN}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const place = `${method} ${path.replace(/(post|acc|wh|dlv)_\w+/g, "{id}")}`;
    return new Promise((resolve) => {
      const latency = () => this.random.whole(`latency of ${place}`, 1, 60);
      const cut = () => resolve({ is: "cut" });
      this.scheduler.after(latency(), `> ${place}`, () => {
        const patience = this.scheduler.after(PATIENCE, `given up: ${place}`, cut);
        const isCut = this.faults.strikes("request cut", place);
        const end = (answer: Answer) => {
          this.scheduler.cancel(patience);
          this.scheduler.after(latency(), `< ${place}`, () => resolve(isCut ? { is: "cut" } : answer));
        };
        this.#serve(request(), end);
      });
    });
  }

  /** Has the Worker answer a request, as somebody who may die of it. */
  #serve(request: Request, end: (answer: Answer & { response?: Response }) => void): void {
    if (!this.isUp) {
      end({ is: "cut" });
      return;
    }
    const actor = this.#newActor("request");
    const forget = actor.onDeath(() => end({ is: "cut" }));
    runAs(actor, async () => {
      const response = await worker.fetch(request, this.env, this.#context());
      const bytes = response.clone();
      const text = await response.text();
      this.#keepSweeperAwake();
      return { response: bytes, status: response.status, text };
    }).then(
      ({ response, status, text }) => {
        forget();
        end({ is: "answer", status, text, response });
      },
      (error: unknown) => {
        forget();
        this.violations.push(`the Worker threw: ${error instanceof Error ? error.stack : error}`);
        end({ is: "cut" });
      },
    );
  }

  /** What is left for later is whoever's it is that runs, and dies with them. */
  #context(): ExecutionContext {
    return {
      waitUntil: (done: Promise<unknown>) => void done.catch(() => this.coverage.reach("a handler threw")),
      passThroughOnException() {},
    } as unknown as ExecutionContext;
  }

  #keepSweeperAwake(): void {
    if (this.#isSweeperAwake) return;
    worker.keepSweeperAwake(this.env).then(
      () => {
        this.#isSweeperAwake = true;
      },
      () => this.coverage.reach("a handler threw"),
    );
  }

  /** The platform's crawler asks for media, at our public route. */
  #fetchMedia(address: string): Promise<Response> {
    return new Promise((resolve, reject) => {
      const request = new Request(address);
      const latency = this.random.whole("latency of media", 1, 60);
      this.scheduler.after(latency, "> media", () => {
        this.#serve(request, ({ response }) => {
          this.scheduler.after(latency, "< media", () =>
            response ? resolve(response) : reject(new TypeError("connection reset")),
          );
        });
      });
    });
  }

  #consume(batch: MessageBatch): { actor: Actor; done: Promise<void> } {
    const actor = this.#newActor("consumer");
    return { actor, done: runAs(actor, () => worker.queue(batch, this.env, this.#context())) };
  }

  #newActor(kind: Actor["kind"]): Actor {
    const skew = this.#clocksDiffer ? this.random.whole(`skew of a ${kind}`, -5 * SECOND, 5 * SECOND) : 0;
    const actor = new Actor(kind, kind, skew);
    this.#actors.add(actor);
    return actor;
  }

  #skewOf(object: string): Millis {
    if (!this.#clocksDiffer) return 0;
    return (fold(this.seed, object) % (10 * SECOND)) - 5 * SECOND;
  }

  /** A pause of the source's own: it ends with whoever makes it. */
  #wait(span: Millis): Promise<void> {
    const actor = currentActor();
    return new Promise((resolve) => {
      this.scheduler.after(span, "pause", () => {
        if (actor?.isAlive !== false) resolve();
      });
    });
  }

  #log(line: string): void {
    this.logLines.push(line);
    this.#onTrace?.(`           log ${line}`);
  }

  /**
   * A sweep that would find nothing changes nothing: it is left out, with all that would follow it before something
   * else happens, or a post is overdue.
   */
  #skipSweep(): Millis | null {
    const now = this.scheduler.now + this.clockOffset + this.#skewOf(SWEEPER_NAME);
    const due = this.#dueForSweeper();
    if (due <= now) return null;
    const next = this.scheduler.next();
    const soonest = Math.min(due, next === null ? Number.POSITIVE_INFINITY : next - this.scheduler.now + now);
    const sweeps = Number.isFinite(soonest) ? Math.max(1, Math.ceil((soonest - now) / SWEEP)) : 1;
    return now + sweeps * SWEEP;
  }

  /** When there is something for the sweeper at the soonest: a post, a delivery, an endpoint to be tried. */
  #dueForSweeper(): Millis {
    const [found] = sqlite.all(
      `SELECT (SELECT min(wake_by) FROM posts WHERE wake_by IS NOT NULL) AS post,
        (SELECT min(next_attempt_at) FROM deliveries WHERE next_attempt_at IS NOT NULL) + ${DUE_GRACE} AS delivery,
        (SELECT min(probe_at) FROM webhooks WHERE probe_at IS NOT NULL AND active) AS probe`,
    );
    return Math.min(...Object.values(found ?? {}).map((at) => (at === null ? Number.POSITIVE_INFINITY : Number(at))));
  }

  /** What an object forgets the database knows. */
  #checkForgotten(name: string, document: PostDocument | undefined): void {
    this.coverage.reach("a post is forgotten");
    const [row] = sqlite.all("SELECT seq, wake_by FROM posts WHERE id = ?", refOfObjectName(name).postId);
    const told = new Set(sqlite.all("SELECT id FROM events").map(({ id }) => id));
    const isTold = document?.seq === row?.seq && document?.events.every(({ id }) => told.has(id));
    if (!isTold || row?.wake_by !== null) this.violations.push("forgotten: the database does not know all of a post");
  }

  /** The cron trigger, of which wrangler's local mode has none. */
  #cron(): void {
    this.scheduler.after(CRON, "cron", () => {
      this.#cron();
      const alarm = this.sweeper.alarmOf(SWEEPER_NAME);
      const isLost = alarm === null || alarm < this.scheduler.now + this.clockOffset - MINUTE;
      if (!this.isUp || !isLost) return;
      this.coverage.reach("cron revives the sweeper");
      const actor = this.#newActor("consumer");
      runAs(actor, () => worker.keepSweeperAwake(this.env)).catch(() => this.coverage.reach("a handler threw"));
    });
  }

  /** What goes wrong at a time, or for as long as the seed runs. */
  #planFaults(): void {
    const { random, scheduler, network } = this;
    const end = START + endOf(this.#wholePlan);
    const over = end + random.whole("faults for", FAULTS_FOR.least, FAULTS_FOR.most);
    scheduler.at(over, "FAULTS ARE OVER", () => {
      this.faults.isOver = true;
      network.switches.listingLag = 0;
      network.switches.nodeLag = 0;
    });
    if (this.#isCalm) {
      this.#cron();
      return;
    }
    this.#isQueueInMemory = this.#maybe("queue in memory", 0.4);
    // Locally there is no cron.
    if (!this.#isQueueInMemory) this.#cron();
    this.#clocksDiffer = this.#maybe("clocks differ", 0.3);
    const isSetForward = random.chance("clock forward", 0.25);
    // What a jump takes from the ten minutes in which a listing is read is not there for its lag.
    const longestLag = (isSetForward ? 6 : 8) * MINUTE;
    const isLagging = this.#maybe("listing lags", isSetForward ? 0.7 : 0.45);
    if (isLagging) network.switches.listingLag = random.whole("lag", SECOND, longestLag);
    if (this.#maybe("nodes lag", 0.15)) network.switches.nodeLag = random.whole("node lag", SECOND, 20 * SECOND);
    network.switches.hideCaptions = this.#maybe("captions hidden", 0.1);
    network.switches.refuseDuplicates = this.#maybe("duplicates refused", 0.15);
    const soon = () => START + random.whole("a fault's time", 0, end - START + 12 * MINUTE);
    for (let crash = 0; crash < 3; crash++) {
      if (random.chance("crash", 0.2)) this.#plannedAt(soon(), "crash", () => this.crash());
    }
    if (random.chance("d1 outage", 0.12)) {
      const at = soon();
      const span = random.whole("outage", 5 * SECOND, 4 * MINUTE);
      const isReadOnly = random.chance("only writes", 0.4);
      this.#plannedAt(at, "d1 outage", () => {
        if (isReadOnly) this.d1.readOnlyUntil = at + span;
        else this.d1.awayUntil = at + span;
      });
    }
    if (random.chance("objects away", 0.1)) {
      const at = soon();
      // Long enough for messages to be given up.
      const span = random.whole("objects away for", 10 * SECOND, 5 * MINUTE);
      this.#plannedAt(at, "objects away", () => {
        this.posts.awayUntil = at + span;
      });
    }
    if (random.chance("platform outage", 0.12)) {
      const at = soon();
      const span = random.whole("outage", 10 * SECOND, 10 * MINUTE);
      this.#plannedAt(at, "platform outage", () => {
        network.awayUntil = at + span;
      });
    }
    // Mostly from before the first post: what is down while nothing happens is not missed.
    if (random.chance("endpoint down", 0.6)) {
      const at = random.chance("down early", 0.7) ? START : START + random.whole("down at", 0, end - START);
      const span = random.whole("down for", MINUTE, 40 * MINUTE);
      this.#plannedAt(at, "endpoint down", () => {
        this.receivers.downUntil = at + span;
      });
    }
    const jump = () => random.pick("jump", [2 * SECOND, 3 * MINUTE, HOUR, HOUR]);
    if (isSetForward) {
      // While something is being settled, more often than not.
      const { at, schedule } = random.pick("whose clock", this.#wholePlan);
      const due = START + (schedule ?? at) + random.whole("after it was due", 0, 4 * MINUTE);
      this.#plannedAt(due, "clock forward", () => this.jumpClock(jump()));
    }
    if (random.chance("clock back", 0.15)) this.#plannedAt(soon(), "clock back", () => this.jumpClock(-jump()));
  }

  #maybe(kind: PlannedFault, probability: number): boolean {
    return this.random.chance(kind, probability) && this.faults.take(kind, kind);
  }

  #plannedAt(at: Millis, kind: PlannedFault, strike: () => void): void {
    const name = `${kind} after ${at - START} ms`;
    if (this.#disabled.has(name)) return;
    this.scheduler.at(at, name, () => {
      if (!this.faults.isOver && this.faults.take(kind, name)) strike();
    });
  }

  async #untilOver(): Promise<void> {
    let finalSince: Millis | null = null;
    while (this.scheduler.events < MOST_EVENTS) {
      const next = this.scheduler.next() ?? Number.POSITIVE_INFINITY;
      // Looked at in the pauses: while something is under way there is no end.
      if (this.faults.isOver && this.client.isDone && next > this.scheduler.now + SECOND) {
        finalSince = this.#isFinal() ? (finalSince ?? this.scheduler.now) : null;
      }
      if (finalSince !== null && next > finalSince + AFTERMATH) return;
      if (next > START + END) break;
      await this.scheduler.step();
    }
    this.violations.push(
      this.scheduler.events < MOST_EVENTS ? "I2: not everything came to an end" : "events without an end",
    );
  }

  /** Whether every post is over and told of, as the database has it, and no object has anything left to tell it. */
  #isFinal(): boolean {
    if (this.#queues.some(({ size }) => size > 0)) return false;
    const open = `SELECT 1 FROM posts WHERE wake_by IS NOT NULL OR status IN ('queued', 'publishing')
      UNION ALL SELECT 1 FROM deliveries WHERE status IN ('pending', 'held')
      UNION ALL SELECT 1 FROM webhooks WHERE probe_at IS NOT NULL LIMIT 1`;
    return sqlite.all(open).length === 0;
  }
}
