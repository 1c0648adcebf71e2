import { DurableObject } from "cloudflare:workers";
import type { AuditLine } from "../db/audit-log.ts";
import type { Command } from "../db/change.ts";
import { database } from "../db/database.ts";
import type { ManualPause } from "../db/manual-pauses.ts";
import { findHeldPost, findPostToLoad, stopWaking } from "../db/posts.ts";
import { writeProjection } from "../db/projections.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Env } from "../env.ts";
import { settingsOf } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import { consoleLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import { sendDeliveries } from "../webhooks/messages.ts";
import { isDone, nextAlarm } from "./alarm.ts";
import type { DecideAnswer, Decision } from "./approval.ts";
import { decide, isToBeTold, tellPending } from "./approval.ts";
import type { Edit, EditAnswer, Resolution, ResolveAnswer, RetryAnswer } from "./commands.ts";
import { cancel, cancelTask, edit, resolve, retry } from "./commands.ts";
import type { PostDocument } from "./document.ts";
import { DOCUMENT_FORMAT, publicationsOf } from "./document.ts";
import { isToBeForgotten, keepAnswer } from "./forget.ts";
import type { HeedAnswer } from "./heed-pauses.ts";
import { heedPauses } from "./heed-pauses.ts";
import { loadDocument } from "./load-document.ts";
import type { ArmAnswer, BeginAnswer } from "./machine.ts";
import {
  acknowledge,
  arm,
  attachPermalink,
  begin,
  postponeProjection,
  resume,
  retellEnd,
  unsent,
  wake,
} from "./machine.ts";
import { pointsOf } from "./measure.ts";
import { taskMessage } from "./messages.ts";
import { upgraded } from "./older-document.ts";
import type { PostCalls, UnknownPost } from "./post-calls.ts";
import { refOfObjectName } from "./post-calls.ts";
import { projectionOf } from "./projection.ts";
import type { Report, ReportAnswer } from "./report.ts";
import { report } from "./report.ts";
import { heedDatabase } from "./retell.ts";
import { reviewLink } from "./review-link.ts";
import { sendMessages } from "./send-messages.ts";
import type { CancelAnswer } from "./status.ts";
import { SWEEPER_NAME } from "./sweeper.ts";
import { catchUp, noteClock } from "./test-clock.ts";
import type { MadeCall } from "./timeline.ts";
import type { SettleTiming } from "./timing.ts";
import { ALARM_RETRY, settleTiming, UNDELIVERED_SENDS } from "./timing.ts";
import type { Holder, TaskMessage } from "./transition.ts";

const DOCUMENT = "post";

/** The key under which the answer to a command is kept. */
function answerKey(commandId: string): string {
  return `answer:${commandId}`;
}

type Transition<R> = (document: PostDocument, now: Millis) => { document: PostDocument; answer: R };

/** A command that changed something is told to the audit log with the projection of what it changed. */
function audited<R>(transition: Transition<R>, line: AuditLine): Transition<R> {
  return (document, now) => {
    const decided = transition(document, now);
    if (decided.document.seq === document.seq) return decided;
    return { ...decided, document: { ...decided.document, audit: [...decided.document.audit, line] } };
  };
}

interface DecideOptions {
  commandId?: string | null;
  isNudge?: boolean;
}

type Loaded =
  /** `isNew`: it was made from the database in this call. */
  | { is: "known"; isNew: boolean }
  | { is: "unknown" }
  /** The post is over, and its object has forgotten it. */
  | { is: "final"; document: PostDocument };

/**
 * One post: its state machine and its alarm. Each call lets the machine decide on the stored document and stores the
 * result with the alarm in one transaction, without an `await` in between; only then is anything sent or written
 * elsewhere. It never waits for a platform: consumers do.
 */
export class PostObject extends DurableObject<Env> implements PostCalls {
  readonly #db = database(this.env.DB);
  readonly #metrics = createMetrics(this.env.METRICS, consoleLog);
  #projecting: Promise<void> | null = null;
  /**
   * The document as it is known: as it is stored, or ahead of that by what waits to be stored with the next transition: just
   * loaded, or with no more news than that the database was told. Whoever forgets that loads it, or tells the database, once
   * more.
   */
  #document: PostDocument | null = null;
  /** Whether one was found stored, or was stored. */
  #isStored = false;

  async wake(): Promise<void> {
    const loaded = await this.#load();
    if (loaded.is === "final" && loaded.document.wakeBy !== null) {
      await stopWaking(this.#db, this.#ref, loaded.document.seq);
    }
    if (loaded.is !== "known") return;
    const clockOffset = await this.#clockOffset();
    const onTime = (document: PostDocument) => noteClock(document, clockOffset);
    if (!loaded.isNew) {
      // First the clock, by which the database has its times already.
      this.#decide((document) => ({ document: onTime(document), answer: null }));
      await this.#compare();
    }
    this.#decide((document, now) => retellEnd(onTime(document), now), { isNudge: loaded.isNew });
    await this.#tellPending();
  }

  /** Never throws: an alarm that does is dropped for good after a few tries. */
  override async alarm(): Promise<void> {
    const startedAt = systemClock();
    try {
      if ((await this.#load()).is !== "known" || (await this.#forgetInTime())) return;
      const clockOffset = await this.#clockOffset();
      this.#decide((document) => ({ document: { ...noteClock(document, clockOffset), alarmAt: null }, answer: null }));
      await this.#tellPending();
      const { workspaceId, postId } = this.#ref;
      const ms = systemClock() - startedAt;
      consoleLog.info("a post's alarm rang", { workspace_id: workspaceId, post_id: postId, ms });
    } catch (error) {
      consoleLog.error("an alarm failed", error, { post_id: this.#ref.postId });
      await this.ctx.storage.setAlarm(systemClock() + ALARM_RETRY);
    }
  }

  async begin(message: TaskMessage): Promise<BeginAnswer> {
    if ((await this.#load()).is !== "known") return { is: "skip", because: "unknown_task" };
    return this.#decide((document, now) => begin(document, message, now));
  }

  async beginTogether(messages: TaskMessage[]): Promise<BeginAnswer[]> {
    if ((await this.#load()).is !== "known") return messages.map(() => ({ is: "skip", because: "unknown_task" }));
    return this.#decide((before, now) => {
      let document = before;
      const answers = messages.map((message) => {
        const begun = begin(document, message, now);
        document = begun.document;
        return begun.answer;
      });
      return { document, answer: answers };
    });
  }

  async arm(holder: Holder, commit: { version: number; progress: Json }, calls: MadeCall[] = []): Promise<ArmAnswer> {
    if ((await this.#load()).is !== "known") return { is: "refused" };
    return this.#decide((document, now) => arm(document, holder, commit, now, this.#timing, calls));
  }

  async report(holder: Holder, made: Report, calls: MadeCall[] = []): Promise<ReportAnswer> {
    if ((await this.#load()).is !== "known") return { is: "stale" };
    return this.#decide((document, now) => report(document, holder, made, now, this.#timing, calls));
  }

  async heedPauses(holder: Holder, pauses: ManualPause[]): Promise<HeedAnswer> {
    if ((await this.#load()).is !== "known") return { is: "stop" };
    return this.#decide((document, now) => heedPauses(document, holder, pauses, now));
  }

  async attachPermalink(accountId: string, permalink: string | null): Promise<void> {
    if ((await this.#load()).is !== "known") return;
    this.#decide((document, now) => attachPermalink(document, accountId, permalink, now));
  }

  async resume(accountId: string): Promise<void> {
    if ((await this.#load()).is !== "known") return;
    this.#decide((document, now) => resume(document, accountId, now));
  }

  async decide(decision: Decision, command: Command & { asker: string }): Promise<DecideAnswer | UnknownPost> {
    return this.#command<DecideAnswer>(command, (document, now) => decide(document, decision, command.asker, now));
  }

  async recall(commandId: string): Promise<{ answer: unknown } | null> {
    const answer = this.ctx.storage.kv.get(answerKey(commandId));
    if (answer === undefined) return null;
    await this.#load();
    await this.#projected();
    return { answer };
  }

  async forget(): Promise<void> {
    await this.#projecting;
    this.#forgetDocument();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async cancel(command: Command): Promise<CancelAnswer | UnknownPost> {
    return this.#command(command, (document, now) => cancel(document, command.asker, now));
  }

  async cancelTask(accountId: string, command: Command): Promise<CancelAnswer | { is: "unknown_task" } | UnknownPost> {
    return this.#command<CancelAnswer | { is: "unknown_task" }>(command, (document, now) =>
      cancelTask(document, accountId, command.asker, now),
    );
  }

  async edit(made: Edit, command: Command): Promise<EditAnswer | UnknownPost> {
    return this.#command<EditAnswer>(command, (document, now) => edit(document, made, command.asker, now));
  }

  async retry(command: Command): Promise<RetryAnswer | UnknownPost> {
    return this.#command<RetryAnswer>(command, (document, now) => retry(document, command.asker, now));
  }

  async resolve(accountId: string, resolution: Resolution, command: Command): Promise<ResolveAnswer | UnknownPost> {
    return this.#command<ResolveAnswer>(command, (document, now) =>
      resolve(document, accountId, resolution, command.asker, now),
    );
  }

  /**
   * Carries out what somebody asked for, once, and answers when the database shows it: whoever was answered reads it
   * there. A post that was forgotten is remembered only where it changes: what is refused would be refused again.
   */
  async #command<R>({ id, audit }: Command, transition: Transition<R>): Promise<R | UnknownPost> {
    const loaded = await this.#load();
    if (loaded.is === "unknown") return { is: "unknown_post" };
    if (loaded.is === "final") {
      const decided = transition(loaded.document, nowOf(loaded.document));
      if (decided.document.seq === loaded.document.seq) return decided.answer;
      this.#remember(loaded.document);
    }
    const { seq } = this.#current();
    const kept = id === null ? undefined : this.ctx.storage.kv.get<R>(answerKey(id));
    const answer = kept === undefined ? this.#decide(audited(transition, audit), { commandId: id }) : kept;
    if (this.#current().seq === seq) await this.#compare();
    await this.#projected();
    return answer;
  }

  /** Looks how far the database knows the post: less than it was told, if it was restored. */
  async #compare(): Promise<void> {
    const { projectedSeq } = this.#current();
    const held = await findHeldPost(this.#db, this.#ref);
    if (held) this.#decide((document, now) => heedDatabase(document, held, projectedSeq, now));
  }

  /** @throws when the database does not show yet what was decided */
  async #projected(): Promise<void> {
    await this.#project();
    const { seq, projectedSeq } = this.#current();
    if (projectedSeq < seq) throw new Error("the database did not take the projection of a command");
  }

  /**
   * Sees to it that the document is known. It is made from the database once, and an object that was faster meanwhile
   * is not overwritten. It is stored with the first transition, and so never for a post that the database does not know,
   * or that is over.
   */
  async #load(): Promise<Loaded> {
    if (this.#document) return { is: "known", isNew: false };
    const stored = this.ctx.storage.kv.get<PostDocument>(DOCUMENT);
    if (stored && stored.format > DOCUMENT_FORMAT) {
      await this.ctx.storage.setAlarm(systemClock() + ALARM_RETRY);
      throw new Error(`the document has format ${stored.format}, which this release does not know`);
    }
    if (stored) {
      this.#document = upgraded(stored);
      this.#isStored = true;
      return { is: "known", isNew: false };
    }
    const found = await findPostToLoad(this.#db, this.#ref);
    if (!found) return { is: "unknown" };
    const { is, document } = loadDocument(found, systemClock());
    if (is === "final") return { is, document };
    this.#remember(document);
    return { is: "known", isNew: true };
  }

  /** Takes a document that was made from the database, unless there is one by now. */
  #remember(document: PostDocument): void {
    this.#document ??= document;
  }

  /** Forgets the post when its time has come, and nothing has happened since. @returns whether it did */
  async #forgetInTime(): Promise<boolean> {
    await this.#projecting;
    if (!isToBeForgotten(this.#current(), systemClock())) return false;
    this.#forgetDocument();
    await this.ctx.storage.deleteAll();
    return true;
  }

  #forgetDocument(): void {
    this.#document = null;
    this.#isStored = false;
  }

  /** Tells that the post waits for somebody's word, with a link by which they can give it. */
  async #tellPending(): Promise<void> {
    const { approval } = this.#current();
    if (!approval || !isToBeTold(this.#current())) return;
    const link = await reviewLink(
      settingsOf(this.env),
      { ...this.#ref, round: approval.round },
      nowOf(this.#current()),
    );
    this.#decide((document, now) => tellPending(document, approval.round, link, now));
  }

  /** How far the clock that the post lives by is ahead of the real one, as its workspace has it now. */
  async #clockOffset(): Promise<Millis> {
    return this.#ref.mode === "live" ? 0 : findClockOffset(this.#db, this.#ref.workspaceId);
  }

  /**
   * Lets a transition happen, with all that is due after it, and stores the outcome before anything follows.
   *
   * @param options.commandId the name under which its answer is kept; null: it is not
   * @param options.isNudge it is the first of a post that was just accepted. When its messages are sent at once nothing is stored
   *   but the alarm: a consumer is about to begin, and stores what it finds in the database as well as here
   */
  #decide<R>(transition: Transition<R>, { commandId = null, isNudge = false }: DecideOptions = {}): R {
    const before = this.#current();
    const now = nowOf(before);
    const decided = transition(before, now);
    const document = catchUp(commandId === null ? decided.document : keepAnswer(decided.document, systemClock()), now);
    const woken = wake(document, nowOf(document));
    const isChanged = !this.#isStored || JSON.stringify(woken.document) !== JSON.stringify(before);
    if (isNudge && !this.#isStored && woken.answer.length > 0 && !hasNews(woken.document)) {
      this.#document = this.#withAlarm(woken.document);
    } else if (isChanged || commandId !== null) {
      this.#store(woken.document, () => {
        if (commandId !== null) this.ctx.storage.kv.put(answerKey(commandId), decided.answer);
      });
    }
    for (const point of pointsOf(before, woken.document, this.#ref.mode)) this.#metrics.publish(point);
    if (woken.answer.length > 0) this.ctx.waitUntil(this.#send(woken.answer, isUndelivered(woken.document)));
    if (hasNews(woken.document)) this.ctx.waitUntil(this.#project());
    return decided.answer;
  }

  // Not a field: whoever looks at objects by their ids makes them without a name.
  get #ref(): PostRef {
    return refOfObjectName(this.ctx.id.name);
  }

  // Not a field: settings that are wrong must fail a call, which is repeated, and not the object.
  get #timing(): SettleTiming {
    return settleTiming(settingsOf(this.env).settleScale);
  }

  #current(): PostDocument {
    if (!this.#document) throw new Error("the document is gone");
    return this.#document;
  }

  /** @param storeMore what is stored with it, or not at all */
  #store(document: PostDocument, storeMore = () => {}): void {
    const stored = this.ctx.storage.transactionSync(() => {
      storeMore();
      const withAlarm = this.#withAlarm(document);
      this.ctx.storage.kv.put(DOCUMENT, withAlarm);
      return withAlarm;
    });
    // Not before: what was rolled back is not known.
    this.#document = stored;
    this.#isStored = true;
  }

  /**
   * Sets the alarm that a document needs, and notes it there. One that rings earlier is left alone: a needless wake-up costs less
   * than setting it anew, unless nothing is left to do but to forget. One that should have rung is taken for lost.
   */
  #withAlarm(document: PostDocument): PostDocument {
    const now = systemClock();
    const due = nextAlarm(document);
    const wanted = due === null ? null : due - document.clockOffset;
    const isSet = document.alarmAt !== null && document.alarmAt > now;
    const isSoonEnough = isSet && wanted !== null && (document.alarmAt ?? 0) <= wanted;
    const isKept = isSoonEnough && (document.alarmAt === wanted || !isDone(document));
    if (wanted === null || isKept) return document;
    void this.ctx.storage.setAlarm(wanted);
    return { ...document, alarmAt: wanted };
  }

  /**
   * A message that is not sent is sent again, as one that is lost. While it is, the sweeper is told: it sees posts that nobody
   * wakes, and this one is awake.
   *
   * @param isLost whether messages before these were sent and never came
   */
  async #send(messages: TaskMessage[], isLost: boolean): Promise<void> {
    const { postId } = this.#ref;
    let isInTrouble = isLost;
    try {
      const bodies = messages.map((message) => ({ body: taskMessage(this.#ref, message) }));
      await sendMessages(this.env.PUBLISH, bodies);
    } catch (error) {
      isInTrouble = true;
      consoleLog.error("messages were not sent", error, { post_id: postId, messages: messages.length });
      if (this.#document) this.#decide((document, now) => unsent(document, messages, now));
    }
    if (!isInTrouble) return;
    try {
      await this.env.SWEEPER.getByName(SWEEPER_NAME).noteQueueTrouble("publish");
    } catch (error) {
      consoleLog.error("the sweeper was not told of a queue", error, { post_id: postId });
    }
  }

  /** Tells the database until it knows all; one projection at a time. What it does not take is told again later. */
  #project(): Promise<void> {
    this.#projecting ??= this.#projectAll().finally(() => {
      this.#projecting = null;
    });
    return this.#projecting;
  }

  async #projectAll(): Promise<void> {
    for (let document = this.#current(); hasNews(document); document = this.#current()) {
      const projection = projectionOf(document, nowOf(document));
      const eventIds = projection.events.map((event) => event.id);
      try {
        const told = await writeProjection(this.#db, this.#ref, projection, systemClock());
        if (told.length > 0) this.ctx.waitUntil(sendDeliveries({ queue: this.env.WEBHOOKS, log: consoleLog }, told));
      } catch (error) {
        consoleLog.error("a projection failed", error, { post_id: this.#ref.postId });
        const current = this.#current();
        const postponed = postponeProjection(current, nowOf(current));
        this.#store(postponed.document);
        return;
      }
      const current = this.#current();
      const { document: told } = acknowledge(current, { ...projection, eventIds }, nowOf(current));
      // More is told at once, or somebody is about to report: it is stored with that, or with the end of their lease.
      if (hasNews(told) || isHeld(told, nowOf(told))) this.#document = told;
      else this.#store(told);
    }
  }
}

/** Whether a message was sent again and again, and nobody has come for the task. */
function isUndelivered(document: PostDocument): boolean {
  return publicationsOf(document).some(({ sends }) => sends >= UNDELIVERED_SENDS);
}

/** The present on the document's clock. */
function nowOf(document: PostDocument): Millis {
  return systemClock() + document.clockOffset;
}

/** Whether a consumer has one of the tasks for itself. */
function isHeld(document: PostDocument, now: Millis): boolean {
  return publicationsOf(document).some(({ lease }) => lease !== null && lease.until > now);
}

function hasNews(document: PostDocument): boolean {
  return document.seq > document.projectedSeq || document.events.length > 0 || document.audit.length > 0;
}
