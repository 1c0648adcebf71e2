import { DurableObject } from "cloudflare:workers";
import type { AuditLine } from "../db/audit-log.ts";
import type { Command } from "../db/change.ts";
import { database } from "../db/database.ts";
import type { ManualPause } from "../db/manual-pauses.ts";
import { findPostWithClock } from "../db/posts.ts";
import { writeProjection } from "../db/projections.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Env } from "../env.ts";
import { settingsOf } from "../env.ts";
import type { Millis } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import { consoleLog } from "../lib/log.ts";
import type { PostRef } from "../lib/vocabulary.ts";
import { sendDeliveries } from "../webhooks/messages.ts";
import type { DecideAnswer, Decision } from "./approval.ts";
import { decide, isToBeTold, tellPending } from "./approval.ts";
import type { Edit, EditAnswer, Resolution, ResolveAnswer, RetryAnswer } from "./commands.ts";
import { cancel, cancelTask, edit, resolve, retry } from "./commands.ts";
import type { PostDocument } from "./document.ts";
import { DOCUMENT_FORMAT, publicationsOf } from "./document.ts";
import type { HeedAnswer } from "./heed-pauses.ts";
import { heedPauses } from "./heed-pauses.ts";
import type { FinalTask } from "./load-document.ts";
import { loadDocument } from "./load-document.ts";
import type { ArmAnswer, BeginAnswer } from "./machine.ts";
import {
  acknowledge,
  arm,
  attachPermalink,
  begin,
  nextAlarm,
  postponeProjection,
  resume,
  retellEnd,
  wake,
} from "./machine.ts";
import { taskMessage } from "./messages.ts";
import { upgraded } from "./older-document.ts";
import type { PostCalls, UnknownPost } from "./post-calls.ts";
import { refOfObjectName } from "./post-calls.ts";
import { projectionOf } from "./projection.ts";
import type { Report, ReportAnswer } from "./report.ts";
import { report } from "./report.ts";
import { reviewLink } from "./review-link.ts";
import { sendMessages } from "./send-messages.ts";
import type { CancelAnswer, Conflict } from "./status.ts";
import { cancelAnswer, cancelTaskAnswer } from "./status.ts";
import { catchUp, noteClock } from "./test-clock.ts";
import type { MadeCall } from "./timeline.ts";
import type { SettleTiming } from "./timing.ts";
import { ALARM_RETRY, settleTiming } from "./timing.ts";
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

type Loaded = { is: "known" } | { is: "unknown" } | { is: "final"; tasks: FinalTask[] };

/**
 * One post: its state machine and its alarm. Each call lets the machine decide on the stored document and stores the
 * result with the alarm in one transaction, without an `await` in between; only then is anything sent or written
 * elsewhere. It never waits for a platform: consumers do.
 */
export class PostObject extends DurableObject<Env> implements PostCalls {
  readonly #db = database(this.env.DB);
  #projecting: Promise<void> | null = null;
  /**
   * The document where it is ahead of the stored one, which waits for the next transition to be stored with it: just loaded, or
   * with no more news than that the database was told. Whoever forgets it loads it, or tells the database, once more.
   */
  #ahead: PostDocument | null = null;

  async wake(): Promise<void> {
    if ((await this.#load()).is !== "known") return;
    const clockOffset = await this.#clockOffset();
    this.#decide((document, now) => retellEnd(noteClock(document, clockOffset), now));
    await this.#tellPending();
  }

  /** Never throws: an alarm that does is dropped for good after a few tries. */
  override async alarm(): Promise<void> {
    try {
      if ((await this.#load()).is !== "known") return;
      const clockOffset = await this.#clockOffset();
      this.#decide((document) => ({ document: noteAlarm(noteClock(document, clockOffset)), answer: null }));
      await this.#tellPending();
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
    return this.#command<DecideAnswer>(
      command,
      (document, now) => decide(document, decision, command.asker, now),
      () => ({ is: "not_pending", state: "none" }),
    );
  }

  async recall(commandId: string): Promise<{ answer: unknown } | null> {
    const answer = this.ctx.storage.kv.get(answerKey(commandId));
    if (answer === undefined) return null;
    await this.#projected();
    return { answer };
  }

  async forget(): Promise<void> {
    await this.#projecting;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#ahead = null;
  }

  async cancel(command: Command): Promise<CancelAnswer | UnknownPost> {
    return this.#command(command, (document, now) => cancel(document, command.asker, now), cancelAnswer);
  }

  async cancelTask(accountId: string, command: Command): Promise<CancelAnswer | { is: "unknown_task" } | UnknownPost> {
    return this.#command<CancelAnswer | { is: "unknown_task" }>(
      command,
      (document, now) => cancelTask(document, accountId, command.asker, now),
      (tasks) => {
        const task = tasks.find((each) => each.accountId === accountId);
        return task ? cancelTaskAnswer(task) : { is: "unknown_task" };
      },
    );
  }

  async edit(made: Edit, command: Command): Promise<EditAnswer | UnknownPost> {
    return this.#command<EditAnswer>(command, (document, now) => edit(document, made, command.asker, now), lost);
  }

  async retry(command: Command): Promise<RetryAnswer | UnknownPost> {
    return this.#command<RetryAnswer>(command, (document, now) => retry(document, command.asker, now), lost);
  }

  async resolve(accountId: string, resolution: Resolution, command: Command): Promise<ResolveAnswer | UnknownPost> {
    return this.#command<ResolveAnswer>(
      command,
      (document, now) => resolve(document, accountId, resolution, command.asker, now),
      lost,
    );
  }

  /**
   * Carries out what somebody asked for, once, and answers when the database shows it: whoever was answered reads it there.
   *
   * @param whenFinal what is answered of a post that is over and has no document
   */
  async #command<R>(
    { id, audit }: Command,
    transition: Transition<R>,
    whenFinal: (tasks: FinalTask[]) => R,
  ): Promise<R | UnknownPost> {
    const loaded = await this.#load();
    if (loaded.is === "unknown") return { is: "unknown_post" };
    if (loaded.is === "final") return whenFinal(loaded.tasks);
    const kept = id === null ? undefined : this.ctx.storage.kv.get<R>(answerKey(id));
    const answer = kept === undefined ? this.#decide(audited(transition, audit), id) : kept;
    await this.#projected();
    return answer;
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
    const known = this.ctx.storage.kv.get<PostDocument>(DOCUMENT);
    if (known && known.format > DOCUMENT_FORMAT) {
      await this.ctx.storage.setAlarm(systemClock() + ALARM_RETRY);
      throw new Error(`the document has format ${known.format}, which this release does not know`);
    }
    if (known) return { is: "known" };
    const found = await findPostWithClock(this.#db, this.#ref);
    if (!found) return { is: "unknown" };
    const loaded = loadDocument(found.row, found.clockOffset, systemClock());
    if (loaded.is === "final") return loaded;
    if (this.ctx.storage.kv.get(DOCUMENT) === undefined) this.#ahead ??= loaded.document;
    return { is: "known" };
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
   * @param commandId the name under which its answer is kept; null: it is not
   */
  #decide<R>(transition: Transition<R>, commandId: string | null = null): R {
    const before = this.#current();
    const now = nowOf(before);
    const decided = transition(before, now);
    const document = catchUp(decided.document, now);
    const woken = wake(document, nowOf(document));
    const isChanged = !this.#isStored || JSON.stringify(woken.document) !== JSON.stringify(before);
    if (isChanged || commandId !== null) {
      this.ctx.storage.transactionSync(() => {
        if (isChanged) this.#store(woken.document);
        if (commandId !== null) this.ctx.storage.kv.put(answerKey(commandId), decided.answer);
      });
    }
    if (woken.answer.length > 0) this.ctx.waitUntil(this.#send(woken.answer));
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

  get #isStored(): boolean {
    return this.ctx.storage.kv.get(DOCUMENT) !== undefined;
  }

  #current(): PostDocument {
    const document = this.#ahead ?? this.ctx.storage.kv.get<PostDocument>(DOCUMENT);
    if (!document) throw new Error("the document is gone");
    return upgraded(document);
  }

  /**
   * Stores a document with the alarm it needs. An alarm that rings earlier is left alone: a needless wake-up costs less
   * than setting it anew. One that should have rung is taken for lost.
   */
  #store(document: PostDocument): void {
    this.#ahead = null;
    const now = systemClock();
    const due = nextAlarm(document);
    const wanted = due === null ? null : due - document.clockOffset;
    const isSet = document.alarmAt !== null && document.alarmAt > now;
    if (wanted === null || (isSet && document.alarmAt !== null && document.alarmAt <= wanted)) {
      this.ctx.storage.kv.put(DOCUMENT, document);
      return;
    }
    this.ctx.storage.kv.put(DOCUMENT, { ...document, alarmAt: wanted });
    void this.ctx.storage.setAlarm(wanted);
  }

  /** A message that is not sent is sent again by the watchdog. */
  async #send(messages: TaskMessage[]): Promise<void> {
    try {
      const bodies = messages.map((message) => ({ body: taskMessage(this.#ref, message) }));
      await sendMessages(this.env.PUBLISH, bodies);
    } catch (error) {
      consoleLog.error("messages were not sent", error, { post_id: this.#ref.postId, messages: messages.length });
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
        this.ctx.storage.transactionSync(() => this.#store(postponed.document));
        return;
      }
      const { document: told } = acknowledge(this.#current(), { ...projection, eventIds });
      // More is told at once, or somebody is about to report: it is stored with that, or with the end of their lease.
      if (hasNews(told) || isHeld(told, nowOf(told))) this.#ahead = told;
      else this.ctx.storage.transactionSync(() => this.#store(told));
    }
  }
}

/** The present on the document's clock. */
function nowOf(document: PostDocument): Millis {
  return systemClock() + document.clockOffset;
}

/** An alarm has rung, and is to be set again unless nothing is left to wake for. */
function noteAlarm(document: PostDocument): PostDocument {
  const isOver = nextAlarm(document) === null && document.alarmAt !== null && document.alarmAt <= systemClock();
  return isOver ? document : { ...document, alarmAt: null };
}

/** Whether a consumer has one of the tasks for itself. */
function isHeld(document: PostDocument, now: Millis): boolean {
  return publicationsOf(document).some(({ lease }) => lease !== null && lease.until > now);
}

/** Of a post that is over and has no document nobody knows what was sent: nothing of it goes out again. */
function lost(): Conflict {
  return { is: "conflict", because: "lost" };
}

function hasNews(document: PostDocument): boolean {
  return document.seq > document.projectedSeq || document.events.length > 0 || document.audit.length > 0;
}
