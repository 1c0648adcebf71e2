import fc from "fast-check";
import { expect, it } from "vitest";
import type { PostDocument } from "../../src/post/document.ts";
import { newDocument } from "../../src/post/document.ts";
import { acknowledge, arm, attachPermalink, begin, cancel, nextAlarm, resume, wake } from "../../src/post/machine.ts";
import type { Report } from "../../src/post/report.ts";
import { report } from "../../src/post/report.ts";
import { isOpen } from "../../src/post/status.ts";
import { settleTiming } from "../../src/post/timing.ts";
import type { Holder, TaskMessage } from "../../src/post/transition.ts";

/*
 * The machine between a queue that repeats, delays and loses, consumers that stall and die, and a platform whose
 * answers are lost. Whatever order fast-check finds, no task may be public twice.
 */

const TIMING = settleTiming(1);
const SCHEDULED_AT = 1_005_000;
/** How long a platform may still act on a call that was given up. */
const LATE_ACT = 15_000;
const FAULT = { kind: "retry", scope: "post", code: "2", message: "no answer" } as const;

/** Asserts, thousands of times a run. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** A consumer that was given a task, and what it may still do with it. */
interface Consumer {
  holder: Holder;
  mustSettle: boolean;
  permit: { attempt: number; until: number } | null;
  /** Set while its commit is on the way to the platform. */
  sentAt: number | null;
  hasActed: boolean;
  isRefused: boolean;
}

class World {
  now = 1_000_000;
  document: PostDocument = newDocument({
    postId: "post_1",
    version: 1,
    scheduledAt: SCHEDULED_AT,
    tasks: ["acc_1", "acc_2"].map((accountId) => ({ accountId, platform: "instagram" as const })),
  });
  messages: TaskMessage[] = [];
  consumers: Consumer[] = [];
  /** How often each account shows the post. */
  readonly shown: Record<string, number> = { acc_1: 0, acc_2: 0 };
  readonly eventIds: string[] = [];
  readonly reached: Set<string>;

  constructor(reached: Set<string>) {
    this.reached = reached;
  }

  /** Takes a transition over, after checking what holds between any two states. */
  take<R>({ document, answer }: { document: PostDocument; answer: R }): R {
    this.document.tasks.forEach((task, index) => {
      const next = document.tasks[index];
      if (!next) throw new Error("a task vanished");
      must(isOpen(task.status) || next.status === task.status, "a final status changed");
      must(next.epoch >= task.epoch, "an epoch went back");
      must(task.platformPostId === null || next.platformPostId === task.platformPostId, "a post's id changed");
      const isArmedTwice = task.armed && next.armed && next.armed.attempt !== task.armed.attempt;
      must(!isArmedTwice, "a commit was armed before the one before was accounted for");
      if (next.attempts > 1) this.reached.add("second commit");
      this.reached.add(next.status);
    });
    must(document.seq >= this.document.seq, "seq went back");
    for (const { id } of document.events) {
      if (this.document.events.some((known) => known.id === id)) continue;
      must(!this.eventIds.includes(id), "an event was made twice");
      this.eventIds.push(id);
    }
    this.document = document;
    return answer;
  }

  pass(span: number): void {
    this.now += span;
  }

  wake(): void {
    this.messages.push(...this.take(wake(this.document, this.now)));
  }

  /** Time passes to the next alarm, which rings, and the message arrives. */
  onward(): void {
    this.now = Math.max(this.now, nextAlarm(this.document) ?? this.now);
    this.wake();
    this.deliver(0);
  }

  /** A message arrives: the newest, or one that was thought lost, or one for the second time. */
  deliver(pick: number): void {
    const message = this.messages.at(-1 - pick);
    if (!message) return;
    const begun = this.take(begin(this.document, message, this.now));
    if (begun.is !== "begin") return;
    must(this.now >= SCHEDULED_AT, "a task was begun early");
    const holder = { ...message, lease: begun.lease };
    this.consumers.push({
      holder,
      mustSettle: begun.armed !== null,
      permit: null,
      sentAt: null,
      hasActed: false,
      isRefused: false,
    });
  }

  arm(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer || consumer.mustSettle || consumer.permit) return;
    const commit = { version: 1, progress: { step: "commit" } };
    const answer = this.take(arm(this.document, consumer.holder, commit, this.now, TIMING));
    if (answer.is === "permit") consumer.permit = answer;
  }

  /** The consumer sends its commit, unless it slept through its permit. */
  send(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer?.permit || consumer.sentAt !== null) return;
    if (this.now < consumer.permit.until) {
      consumer.sentAt = this.now;
    } else {
      this.reached.add("not sent");
      this.tell(consumer.holder, { is: "not_sent", attempt: consumer.permit.attempt });
      consumer.permit = null;
    }
  }

  /** The platform acts on a commit, at any moment of the call or shortly after it was given up. */
  act(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer || consumer.isRefused || consumer.sentAt === null || consumer.hasActed) return;
    if (this.now > consumer.sentAt + TIMING.commitTimeout + LATE_ACT) return;
    consumer.hasActed = true;
    const { accountId } = consumer.holder;
    this.shown[accountId] = (this.shown[accountId] ?? 0) + 1;
  }

  /** The call ends: answered, cut off, or with a consumer that dies. */
  answer(pick: number, fate: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer?.permit || consumer.sentAt === null) return;
    const { holder, permit, sentAt, hasActed } = consumer;
    const { attempt } = permit;
    consumer.permit = null;
    const permalink = fate % 2 === 0 ? "https://example.com/p/1" : null;
    const isInTime = this.now <= sentAt + TIMING.commitTimeout;
    if (fate % 7 === 0) return;
    // The answer may have come in time and be reported late.
    const isUnknown = fate % 5 === 0 || !(isInTime || (hasActed && fate % 2 === 0));
    if (isUnknown) this.tell(holder, { is: "unknown", attempt, fault: FAULT });
    else if (hasActed) this.tell(holder, { is: "live", attempt, post: { id: `platform_${attempt}`, permalink } });
    else {
      consumer.isRefused = true;
      this.tell(holder, { is: "refused", attempt, progress: {}, fault: FAULT });
    }
  }

  /** A consumer reads. What is public may be listed late; what is not listed may still be on its way. */
  read(pick: number, mood: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer?.mustSettle) return;
    const { holder } = consumer;
    const isShown = (this.shown[holder.accountId] ?? 0) > 0;
    const later = { is: "ask_later", progress: {}, until: this.now + mood * 1_000, fault: null } as const;
    if (mood % 3 === 0) this.tell(holder, later);
    else if (isShown) this.tell(holder, { is: "did", post: mood % 2 === 0 ? { id: "found", permalink: null } : null });
    else this.tell(holder, { is: "did_not", progress: {} });
  }

  /** A consumer reports on steps that nobody sees. */
  work(pick: number, mood: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer) return;
    const kind = (["retry", "quota", "reauth", "permanent"] as const)[mood % 4] ?? "retry";
    const reports: Report[] = [
      { is: "wait", progress: { at: mood }, until: this.now + mood * 100 },
      { is: "fault", progress: {}, fault: { ...FAULT, kind } },
      { is: "postponed" },
    ];
    const made = reports[mood % reports.length];
    if (made) this.tell(consumer.holder, made);
  }

  tell(holder: Holder, made: Report): void {
    const answer = this.take(report(this.document, holder, made, this.now, TIMING));
    this.reached.add(`${made.is} ${answer.is}`);
  }

  attachPermalink(): void {
    this.take(attachPermalink(this.document, "acc_1", "https://example.com/p/1", this.now));
  }

  /** The account is connected again: told to any task, at any time. */
  resume(pick: number): void {
    const { accountId } = this.document.tasks[pick % 2] ?? { accountId: "" };
    const before = this.document.tasks[pick % 2]?.epoch;
    this.take(resume(this.document, accountId, this.now));
    if (this.document.tasks[pick % 2]?.epoch !== before) this.reached.add("resumed");
    this.wake();
  }

  acknowledge(): void {
    const eventIds = this.document.events.map((event) => event.id);
    this.take(acknowledge(this.document, { seq: this.document.seq, wakeBy: undefined, eventIds }));
  }

  /** What holds in every state. */
  check(): void {
    for (const task of this.document.tasks) {
      const shown = this.shown[task.accountId] ?? 0;
      must(shown <= 1, "a task is public twice");
      must(task.status !== "published" || shown === 1, "a published task is not public");
      must(!["canceled", "failed"].includes(task.status) || shown === 0, `a ${task.status} task is public`);
      must(!isOpen(task.status) || nextAlarm(this.document) !== null, "an open task sleeps for ever");
    }
  }
}

type Step = (world: World) => void;

// Mostly the newest message or consumer, often the one before, now and then one that everybody thought gone.
const pick = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.nat(8) },
);
const mood = fc.nat(1_000);
const span = fc.oneof(fc.nat(3_000), fc.nat(40_000), fc.nat(100_000), fc.nat(30_000_000));

const always = (step: Step) => fc.constant(step);
const picking = (step: (world: World, pick: number) => void) =>
  pick.map(
    (p): Step =>
      (world) =>
        step(world, p),
  );
const moody = (step: (world: World, pick: number, mood: number) => void) =>
  fc.tuple(pick, mood).map(
    ([p, m]): Step =>
      (world) =>
        step(world, p, m),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: span.map(
      (by): Step =>
        (world) =>
          world.pass(by),
    ),
  },
  { weight: 8, arbitrary: always((world) => world.onward()) },
  { weight: 1, arbitrary: always((world) => world.wake()) },
  { weight: 2, arbitrary: picking((world, p) => world.deliver(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.arm(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.send(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.act(p)) },
  { weight: 4, arbitrary: moody((world, p, m) => world.answer(p, m)) },
  { weight: 4, arbitrary: moody((world, p, m) => world.read(p, m)) },
  { weight: 1, arbitrary: moody((world, p, m) => world.work(p, m)) },
  { weight: 1, arbitrary: picking((world, p) => world.resume(p)) },
  { weight: 1, arbitrary: always((world) => world.acknowledge()) },
  { weight: 1, arbitrary: always((world) => world.attachPermalink()) },
);
const maybeCancel = fc.option(fc.nat(40), { freq: 4 });

it("never lets a task become public twice, whatever comes in whatever order", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), maybeCancel, (steps, cancelAt) => {
      const world = new World(reached);
      steps.forEach((run, index) => {
        if (index === cancelAt) world.take(cancel(world.document, world.now));
        run(world);
        world.check();
      });
    }),
    { numRuns: 5_000 },
  );
  // The runs are worth nothing unless they get everywhere.
  for (const place of [
    "published",
    "failed",
    "unconfirmed",
    "canceled",
    "second commit",
    "not sent",
    "live taken",
    "refused taken",
    "unknown taken",
    "did taken",
    "did_not taken",
    "ask_later taken",
    "wait stale",
    "resumed",
  ]) {
    expect(reached).toContain(place);
  }
}, 60_000);
