import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import type { PlannedPost } from "./plan.ts";

/*
 * A client that does what the documentation tells it: it sends again what was not answered, with the same key, and
 * believes what it is told. All it was told is one of the two logs that are held against each other in the end.
 */

/** What came back; `cut` when nothing did. */
export type Answer = { is: "cut" } | { is: "answer"; status: number; text: string };

export interface Request {
  method: "GET" | "POST" | "DELETE";
  path: string;
  workspace: 0 | 1;
  key?: string;
  body?: object;
}

/** The way to the API, and time. */
export interface Reach {
  start: Millis;
  request(request: Request): Promise<Answer>;
  until(at: Millis): Promise<void>;
  pause(span: Millis): Promise<void>;
  accountId(name: PlannedPost["accounts"][number]): string;
  mediaId(workspace: 0 | 1): string;
  printTime(at: Millis): string;
}

/** What the client knows of one post. */
export interface PostLog {
  plan: PlannedPost;
  /** The bodies of every 202. */
  accepted: string[];
  /** Every other final answer to publishing. */
  refused: { status: number; text: string }[];
  id: string | null;
  /** Whether it was promised that the post is canceled. */
  isCanceled: boolean;
  cancelAnswers: number[];
  /** What was read of it, and by whom. */
  reads: { workspace: 0 | 1; status: number }[];
}

const TRIES = 14;
const FIRST_WAIT: Millis = SECOND;
const LONGEST_WAIT: Millis = 60 * SECOND;

export class Client {
  readonly logs: PostLog[];
  readonly #reach: Reach;
  #running = 0;

  constructor(reach: Reach, plan: readonly PlannedPost[]) {
    this.#reach = reach;
    this.logs = plan.map((post) => ({
      plan: post,
      accepted: [],
      refused: [],
      id: null,
      isCanceled: false,
      cancelAnswers: [],
      reads: [],
    }));
  }

  get isDone(): boolean {
    return this.#running === 0;
  }

  start(): void {
    for (const log of this.logs) {
      for (let sender = 0; sender < log.plan.senders; sender++) this.#do(() => this.#publish(log, sender));
      const { cancelAt, readAt } = log.plan;
      if (cancelAt !== null) this.#do(() => this.#cancel(log, cancelAt));
      for (const at of readAt) this.#do(() => this.#read(log, at));
    }
  }

  #do(run: () => Promise<void>): void {
    this.#running += 1;
    void run().finally(() => {
      this.#running -= 1;
    });
  }

  async #publish(log: PostLog, sender: number): Promise<void> {
    const { plan } = log;
    const reach = this.#reach;
    await reach.until(reach.start + plan.at);
    // Without a key nothing may be sent twice.
    if (sender > 0 && plan.key === null) return;
    const body = {
      content: plan.text,
      accounts: plan.accounts.map((name) => reach.accountId(name)),
      ...(plan.hasPicture ? { media: [reach.mediaId(plan.workspace)] } : {}),
      ...(plan.schedule === null ? {} : { schedule: reach.printTime(reach.start + plan.schedule) }),
    };
    const key = plan.key === null ? {} : { key: plan.key };
    const answer = await this.#insist(
      { method: "POST", path: "/v1/publish", workspace: plan.workspace, body, ...key },
      plan.key === null ? 1 : TRIES,
    );
    if (answer.is === "cut") return;
    if (answer.status !== 202) {
      log.refused.push(answer);
      return;
    }
    log.accepted.push(answer.text);
    log.id ??= JSON.parse(answer.text).id;
  }

  async #cancel(log: PostLog, at: Millis): Promise<void> {
    await this.#reach.until(this.#reach.start + at);
    const id = await this.#knownId(log);
    if (id === null) return;
    const { workspace } = log.plan;
    const answer = await this.#insist({ method: "DELETE", path: `/v1/posts/${id}`, workspace }, TRIES);
    if (answer.is === "cut") return;
    log.cancelAnswers.push(answer.status);
    log.isCanceled ||= answer.status === 200;
  }

  /** Its own workspace sees it, another never does. */
  async #read(log: PostLog, at: Millis): Promise<void> {
    await this.#reach.until(this.#reach.start + at);
    const id = await this.#knownId(log);
    if (id === null) return;
    for (const workspace of [0, 1] as const) {
      const answer = await this.#insist({ method: "GET", path: `/v1/posts/${id}`, workspace }, TRIES);
      if (answer.is === "answer") log.reads.push({ workspace, status: answer.status });
    }
  }

  /** An id may take a while to be known. */
  async #knownId(log: PostLog): Promise<string | null> {
    for (let tries = 0; log.id === null && tries < TRIES; tries++) await this.#reach.pause(2 * SECOND);
    return log.id;
  }

  /** Sends again what is not answered, or with a fault of the server. */
  async #insist(request: Request, tries: number): Promise<Answer> {
    let answer: Answer = { is: "cut" };
    for (let sent = 0; sent < tries; sent++) {
      if (sent > 0) await this.#reach.pause(Math.min(FIRST_WAIT * 2 ** (sent - 1), LONGEST_WAIT));
      answer = await this.#reach.request(request);
      if (answer.is === "answer" && answer.status < 500) return answer;
    }
    return { is: "cut" };
  }
}
