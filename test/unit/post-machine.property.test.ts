import fc from "fast-check";
import { expect, it } from "vitest";
import type { ManualPause } from "../../src/db/manual-pauses.ts";
import type { OverdueAction } from "../../src/lib/vocabulary.ts";
import { OVERDUE_ACTIONS } from "../../src/lib/vocabulary.ts";
import { isDone, nextAlarm } from "../../src/post/alarm.ts";
import { cancel, cancelTask, edit, resolve, retry } from "../../src/post/commands.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { publicationsOf } from "../../src/post/document.ts";
import { isToBeForgotten } from "../../src/post/forget.ts";
import { heedPauses } from "../../src/post/heed-pauses.ts";
import { loadDocument } from "../../src/post/load-document.ts";
import { acknowledge, arm, attachPermalink, begin, resume, wake } from "../../src/post/machine.ts";
import type { Report } from "../../src/post/report.ts";
import { report } from "../../src/post/report.ts";
import { isOpen } from "../../src/post/status.ts";
import { catchUp, noteClock } from "../../src/post/test-clock.ts";
import { settleTiming } from "../../src/post/timing.ts";
import type { Holder, TaskMessage, TaskName } from "../../src/post/transition.ts";
import { acceptedPost, rowOf } from "../helpers/posts.ts";

/*
 * The machine between a queue that repeats, delays and loses, consumers that stall and die, a platform whose answers are
 * lost, and a client that moves the workspace's clock ahead. Whatever order fast-check finds, no task may be public
 * twice.
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
  /** How far its clock is ahead of the real one, as it was told when it began. */
  clockOffset: number;
  mustSettle: boolean;
  /** The version of the content that it was given. */
  version: number;
  permit: { attempt: number; until: number } | null;
  /** Set while its commit is on the way to the platform. */
  sentAt: number | null;
  hasActed: boolean;
  isRefused: boolean;
}

class World {
  realNow = 1_000_000;
  workspaceOffset = 0;
  pauses: ManualPause[] = [];
  document: PostDocument = acceptedPost({
    scheduledAt: SCHEDULED_AT,
    tasks: ["acc_1", "acc_2"].map((accountId) => ({
      accountId,
      platform: "instagram" as const,
      hasComment: accountId === "acc_1",
    })),
  });
  messages: TaskMessage[] = [];
  consumers: Consumer[] = [];
  /** How often each account shows the post, and the comment under it. */
  readonly shown: Record<string, number> = {};
  readonly eventIds: string[] = [];
  /** What was armed, and of that what its object has forgotten. */
  readonly armed = new Set<string>();
  forgotten = new Set<string>();
  isRebuilt = false;
  readonly reached: Set<string>;

  constructor(reached: Set<string>) {
    this.reached = reached;
  }

  /** The present on the object's clock. */
  get now(): number {
    return this.realNow + this.document.clockOffset;
  }

  /** Takes a transition over, as the object does, after checking what holds between any two states. */
  take<R>({ document: decided, answer }: { document: PostDocument; answer: R }): R {
    const document = catchUp(decided, this.now);
    const isMoved = document.clockOffset !== this.document.clockOffset;
    if (isMoved) this.reached.add("clock moved");
    if (document.clockLag > 0) this.reached.add("clock held");
    const after = publicationsOf(document);
    for (const task of publicationsOf(this.document)) {
      const next = after.find(({ accountId, part }) => accountId === task.accountId && part === task.part);
      // A comment that was not due yet goes with the content that wanted it.
      must(next !== undefined || (task.part === "comment" && task.leases === 0), "a task vanished");
      if (!next) continue;
      const isNewRound = next.round > task.round;
      must(isOpen(task.status) || next.status === task.status || isNewRound, "a final status changed");
      must(
        task.status !== "published" && task.status !== "canceled"
          ? true
          : next.status === task.status || task.part === "comment",
        "a round was opened for what was over for good",
      );
      if (isNewRound) this.reached.add(`round of ${task.status}`);
      must(next.epoch >= task.epoch, "an epoch went back");
      must(task.platformPostId === null || next.platformPostId === task.platformPostId, "a post's id changed");
      if (next.error?.code === "missed_window") this.reached.add("missed window");
      must(!(isNewRound && task.armed), "a round was opened over an armed commit");
      const isArmedTwice = task.armed && next.armed && next.armed.attempt !== task.armed.attempt;
      must(!isArmedTwice, "a commit was armed before the one before was accounted for");
      must(!(isMoved && next.armed), "the clock of an armed commit was moved");
      if (next.attempts > 1) this.reached.add("second commit");
      this.reached.add(`${next.part} ${next.status}`);
    }
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
    this.realNow += span;
  }

  /** The workspace's clock is moved; the object hears of it now or later. */
  moveClock(by: number): void {
    this.workspaceOffset += by;
    if (by % 4 !== 0) this.hearOfClock();
  }

  hearOfClock(): void {
    this.take({ document: noteClock(this.document, this.workspaceOffset), answer: null });
  }

  wake(): void {
    this.messages.push(...this.take(wake(this.document, this.now)));
  }

  /** Time passes to the next alarm, which rings, and the message arrives. */
  onward(): void {
    const due = nextAlarm(this.document);
    if (due !== null) this.realNow = Math.max(this.realNow, due - this.document.clockOffset);
    this.hearOfClock();
    this.wake();
    this.deliver(0);
  }

  /** A whole publication, undisturbed until its answer: by chance alone few runs would get as far as a comment. */
  publishNext(fate: number): void {
    this.onward();
    this.arm(0);
    this.send(0);
    this.act(0);
    this.answer(0, fate);
  }

  /** A commit whose consumer dies and of which no reading tells anything, until a person does: by chance alone few. */
  endInDoubt(mood: number): void {
    this.onward();
    this.arm(0);
    this.send(0);
    if (mood % 2 === 0) this.act(0);
    this.pass(TIMING.settleFor);
    this.onward();
    const reader = this.consumers.at(-1);
    if (!reader?.mustSettle) return;
    this.tell(reader.holder, { is: "ask_later", progress: {}, until: 0, fault: null });
    if (mood % 3 === 0) this.command(0, 1);
  }

  /** The next task meets a dead grant; now and then its account is connected again at once. */
  loseGrant(pick: number): void {
    this.onward();
    const consumer = this.consumers.at(-1);
    if (consumer) this.tell(consumer.holder, { is: "fault", progress: {}, fault: { ...FAULT, kind: "reauth" } });
    if (pick < 2) this.resume(pick);
  }

  /** A message arrives: the newest, or one that was thought lost, or one for the second time. */
  deliver(pick: number): void {
    const message = this.messages.at(-1 - pick);
    if (!message) return;
    const begun = this.take(begin(this.document, message, this.now));
    if (begun.is !== "begin") return;
    must(this.now >= this.document.scheduledAt, "a task was begun early");
    const post = this.document.tasks.find((task) => task.accountId === message.accountId);
    must(message.part === "post" || post?.status === "published", "a comment was begun before its post was public");
    must(message.part === "post" || begun.parentId === post?.platformPostId, "a comment belongs to another post");
    const holder = { ...message, lease: begun.lease };
    this.consumers.push({
      holder,
      clockOffset: begun.clockOffset ?? 0,
      mustSettle: begun.armed !== null,
      version: begun.version,
      permit: null,
      sentAt: null,
      hasActed: false,
      isRefused: false,
    });
  }

  arm(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer || consumer.mustSettle || consumer.permit) return;
    const commit = { version: consumer.version, progress: { step: "commit" } };
    const answer = this.take(arm(this.document, consumer.holder, commit, this.now, TIMING));
    if (answer.is === "refused") return;
    must(consumer.version === this.document.version, "a content was armed that the post does not say any more");
    must(consumer.clockOffset === this.document.clockOffset, "a permit was given by another clock than its holder's");
    const name = nameOf(consumer.holder);
    must(!this.forgotten.has(name), "a task was armed again that had been armed before its object forgot it");
    if (this.isRebuilt) this.reached.add("armed after it was forgotten");
    this.armed.add(name);
    consumer.permit = answer;
  }

  /** The consumer sends its commit, unless it slept through its permit. */
  send(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer?.permit || consumer.sentAt !== null) return;
    if (this.realNow + consumer.clockOffset < consumer.permit.until) {
      consumer.sentAt = this.realNow;
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
    if (this.realNow > consumer.sentAt + TIMING.commitTimeout + LATE_ACT) return;
    consumer.hasActed = true;
    const name = nameOf(consumer.holder);
    this.shown[name] = (this.shown[name] ?? 0) + 1;
  }

  /** The call ends: answered, cut off, or with a consumer that dies. */
  answer(pick: number, fate: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer?.permit || consumer.sentAt === null) return;
    const { holder, permit, sentAt, hasActed } = consumer;
    const { attempt } = permit;
    consumer.permit = null;
    const permalink = fate % 2 === 0 ? "https://example.com/p/1" : null;
    const isInTime = this.realNow <= sentAt + TIMING.commitTimeout;
    if (fate % 7 === 0) return;
    // Taken on: whether it is public yet or not, only reading tells.
    if (fate % 11 === 0 && isInTime) {
      this.tell(holder, { is: "accepted", attempt, progress: { accepted: true } });
      return;
    }
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
    const { holder, clockOffset } = consumer;
    const isShown = (this.shown[nameOf(holder)] ?? 0) > 0;
    const later = {
      is: "ask_later",
      progress: {},
      until: this.realNow + clockOffset + mood * 1_000,
      fault: null,
      saw: mood % 2 === 0 ? ("nothing" as const) : null,
    } as const;
    if (mood % 3 === 0) this.tell(holder, later);
    else if (isShown) this.tell(holder, { is: "did", post: mood % 2 === 0 ? { id: "found", permalink: null } : null });
    else
      this.tell(holder, {
        is: "did_not",
        progress: {},
        fault: mood % 5 === 0 ? { ...FAULT, kind: "permanent" } : null,
      });
  }

  /** A consumer reports on steps that nobody sees. */
  work(pick: number, mood: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer) return;
    const kind = (["retry", "quota", "reauth", "permanent"] as const)[mood % 4] ?? "retry";
    const reports: Report[] = [
      { is: "wait", progress: { at: mood }, until: this.realNow + consumer.clockOffset + mood * 100 },
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

  /** Somebody asks something of the post, whatever state it is in. */
  command(pick: number, mood: number): void {
    const { accountId } = this.document.tasks[pick % 2] ?? { accountId: "" };
    const { document, now } = this;
    const isShown = (this.shown[`post ${accountId}`] ?? 0) > 0;
    if (mood % 4 === 0) this.ask("retry", retry(document, "key_1", now));
    if (mood % 4 === 1) {
      // A person looks at the account, when nothing is on its way any more, and says what is there.
      if (this.consumers.some((each) => each.sentAt !== null && !each.hasActed && !each.isRefused)) return;
      const found = isShown
        ? ({ outcome: "published", post: { id: "found", permalink: null } } as const)
        : ({ outcome: "not_published" } as const);
      this.ask(`resolve ${found.outcome}`, resolve(document, accountId, found, "key_1", now));
    }
    if (mood % 4 === 2) {
      const publishBefore = mood % 3 === 0 ? now + mood * 1_000 + 60_000 : null;
      const made = { from: document.version, contentId: `content_${mood}`, scheduledAt: now + mood, publishBefore };
      const commented = mood % 5 === 0 ? [] : [accountId];
      this.ask("edit", edit(document, { ...made, commented }, "key_1", now));
    }
    if (mood % 28 === 3) this.ask("cancel task", cancelTask(document, accountId, "key_1", now));
  }

  ask(name: string, decided: { document: PostDocument; answer: { is: string } }): void {
    const answer: { is: string; because?: string } = this.take(decided);
    this.reached.add(`${name} ${answer.is}`);
    if (answer.because === "lost") this.reached.add(`${name} of what is not known`);
    this.wake();
  }

  /** A pause is made, or lifted. */
  pause(mood: number): void {
    const overdue: OverdueAction = OVERDUE_ACTIONS[mood % 3] ?? "send";
    const inForce = this.pauses.find(({ liftedAt }) => liftedAt === null);
    if (inForce) Object.assign(inForce, { liftedAt: this.realNow, overdue, rescheduleTo: this.now + mood * 1_000 });
    else {
      const made = { scope: "workspace:ws_1/live", id: `pause_${this.pauses.length}`, pausedAt: this.realNow };
      this.pauses = [{ ...made, liftedAt: null, liftedBy: null, overdue: null, rescheduleTo: null }];
    }
  }

  /** A consumer asks whether it may go on. */
  heed(pick: number): void {
    const consumer = this.consumers.at(-1 - pick);
    if (!consumer || consumer.mustSettle || consumer.permit || this.pauses.length === 0) return;
    const { is } = this.take(heedPauses(this.document, consumer.holder, this.pauses, this.now));
    const task = this.document.tasks.find(({ accountId }) => accountId === consumer.holder.accountId);
    if ((task?.pausedBy.length ?? 0) > 0) this.reached.add("held by a pause");
    if (task?.rescheduledTo) this.reached.add("moved by a pause");
    this.reached.add(`heed ${is}`);
  }

  /** A task is held by a pause, which is lifted: by chance alone few runs would ask in time for both. */
  holdNext(mood: number): void {
    this.onward();
    if (!this.pauses.some(({ liftedAt }) => liftedAt === null)) this.pause(mood);
    this.heed(0);
    this.pause(mood);
    this.onward();
    this.heed(0);
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
    const { seq, events } = this.document;
    const eventIds = events.map((event) => event.id);
    this.take(acknowledge(this.document, { seq, wakeBy: undefined, eventIds, audit: [] }, this.now));
  }

  /** Everything is told, and nothing happens until the object forgets: it is made anew of what the database has. */
  forget(): void {
    this.acknowledge();
    const at = nextAlarm(this.document);
    if (at === null || !isDone(this.document)) return;
    this.realNow = Math.max(this.realNow, at - this.document.clockOffset);
    must(isToBeForgotten(this.document, this.realNow), "an alarm rang for nothing");
    const found = { row: rowOf(this.document, this.now), clockOffset: this.document.clockOffset, restoredAt: null };
    const loaded = loadDocument(found, this.realNow);
    must(loaded.is === "final", "what was forgotten has something to do");
    const statuses = ({ tasks, comments }: PostDocument) => [...tasks, ...comments].map(({ status }) => status);
    must(`${statuses(loaded.document)}` === `${statuses(this.document)}`, "what was forgotten ended otherwise");
    this.document = loaded.document;
    this.forgotten = new Set(this.armed);
    this.isRebuilt = true;
    // Whoever worked on it is long gone; messages may come ever so late.
    this.consumers = [];
    this.reached.add("forgotten");
  }

  /** What holds in every state. */
  check(): void {
    for (const task of publicationsOf(this.document)) {
      const shown = this.shown[nameOf(task)] ?? 0;
      must(shown <= 1, "a task is public twice");
      must(task.status !== "published" || shown === 1, "a published task is not public");
      must(!["canceled", "failed"].includes(task.status) || shown === 0, `a ${task.status} task is public`);
      // A comment waits for a person where its post does.
      const post = this.document.tasks.find(({ accountId }) => accountId === task.accountId);
      const waits = task.part === "comment" && post?.status === "unconfirmed";
      must(!isOpen(task.status) || waits || nextAlarm(this.document) !== null, "an open task sleeps for ever");
    }
  }
}

function nameOf({ accountId, part }: TaskName): string {
  return `${part} ${accountId}`;
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
  {
    weight: 1,
    arbitrary: span.map(
      (by): Step =>
        (world) =>
          world.moveClock(by),
    ),
  },
  { weight: 8, arbitrary: always((world) => world.onward()) },
  {
    weight: 2,
    arbitrary: mood.map(
      (fate): Step =>
        (world) =>
          world.publishNext(fate),
    ),
  },
  { weight: 1, arbitrary: picking((world, p) => world.loseGrant(p)) },
  {
    weight: 1,
    arbitrary: mood.map(
      (m): Step =>
        (world) =>
          world.endInDoubt(m),
    ),
  },
  { weight: 1, arbitrary: always((world) => world.wake()) },
  { weight: 2, arbitrary: picking((world, p) => world.deliver(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.arm(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.send(p)) },
  { weight: 4, arbitrary: picking((world, p) => world.act(p)) },
  { weight: 4, arbitrary: moody((world, p, m) => world.answer(p, m)) },
  { weight: 4, arbitrary: moody((world, p, m) => world.read(p, m)) },
  { weight: 1, arbitrary: moody((world, p, m) => world.work(p, m)) },
  { weight: 1, arbitrary: picking((world, p) => world.resume(p)) },
  { weight: 2, arbitrary: moody((world, p, m) => world.command(p, m)) },
  {
    weight: 1,
    arbitrary: mood.map(
      (m): Step =>
        (world) =>
          world.pause(m),
    ),
  },
  { weight: 1, arbitrary: picking((world, p) => world.heed(p)) },
  {
    weight: 1,
    arbitrary: mood.map(
      (m): Step =>
        (world) =>
          world.holdNext(m),
    ),
  },
  { weight: 1, arbitrary: always((world) => world.acknowledge()) },
  { weight: 1, arbitrary: always((world) => world.forget()) },
  { weight: 1, arbitrary: always((world) => world.attachPermalink()) },
);
const maybeCancel = fc.option(fc.nat(40), { freq: 4 });

it("never lets a task become public twice, whatever comes in whatever order", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), maybeCancel, (steps, cancelAt) => {
      const world = new World(reached);
      steps.forEach((run, index) => {
        if (index === cancelAt) world.take(cancel(world.document, "key_1", world.now));
        run(world);
        world.check();
      });
    }),
    { numRuns: 5_000 },
  );
  // The runs are worth nothing unless they get everywhere.
  for (const place of [
    "post published",
    "post failed",
    "post unconfirmed",
    "post canceled",
    "comment queued",
    "comment publishing",
    "comment published",
    "comment canceled",
    "second commit",
    "accepted taken",
    "not sent",
    "live taken",
    "refused taken",
    "unknown taken",
    "did taken",
    "did_not taken",
    "ask_later taken",
    "wait stale",
    "clock moved",
    "clock held",
    "resumed",
    "round of failed",
    "round of unconfirmed",
    "retry retried",
    "resolve published resolved",
    "resolve not_published resolved",
    "edit edited",
    "edit conflict",
    "cancel task cancel",
    "cancel task conflict",
    "missed window",
    "held by a pause",
    "moved by a pause",
    "heed go_on",
    "forgotten",
    "armed after it was forgotten",
    "retry of what is not known",
  ]) {
    expect(reached).toContain(place);
  }
}, 180_000);
