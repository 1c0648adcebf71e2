import type { Millis } from "../../src/lib/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Mode } from "../../src/lib/vocabulary.ts";
import { MODES } from "../../src/lib/vocabulary.ts";
import type { AccountName, PlannedCommand, PlannedPost } from "./plan.ts";
import { editedText } from "./plan.ts";

/*
 * A client that does what the documentation tells it: it sends again what was not answered, with the same key, and
 * believes what it is told. All it was told is one of the two logs that are held against each other in the end.
 */

/** What came back; `cut` when nothing did. */
export type Answer = { is: "cut" } | { is: "answer"; status: number; text: string };

export interface Request {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  workspace: 0 | 1;
  /** Live, unless it says otherwise. */
  mode?: Mode | "approver";
  key?: string;
  body?: object;
}

/** Every answer to requests with one key, in the order in which they came. */
export interface KeyLog {
  key: string;
  request: Request;
  /** The post that is changed; null: another thing. */
  postId: string | null;
  answers: { status: number; text: string }[];
}

/** The way to the API, and time. */
export interface Reach {
  start: Millis;
  request(request: Request): Promise<Answer>;
  until(at: Millis): Promise<void>;
  pause(span: Millis): Promise<void>;
  accountId(name: PlannedPost["accounts"][number]): string;
  mediaId(workspace: 0 | 1): string;
  webhookId(workspace: 0 | 1, isFlaky: boolean): string;
  printTime(at: Millis): string;
  now(): Millis;
  /** What a person sees who looks at an account: the id of a public post that says this and is no other post's. */
  look(name: AccountName, text: string, postId: string): string | null;
}

/** What was promised of a pause, in real time. */
export interface PauseLog {
  account: AccountName;
  /** When it was asked for first. */
  askedAt: Millis;
  from: Millis;
  /** When it was asked to be lifted; null: not yet. */
  until: Millis | null;
  /** When it was said to be lifted; null: not yet. */
  liftedAt: Millis | null;
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
  /** The accounts on which it was promised to be canceled. */
  canceledOn: AccountName[];
  pauses: PauseLog[];
  /** When somebody was first asked to say yes; null: nobody was. */
  approvedAt: Millis | null;
  /** What was read of it, and by whom. */
  reads: { workspace: 0 | 1; mode: Mode; status: number }[];
  /** By whom it was seen in a list, where the list was long enough to hold all. */
  lists: { workspace: 0 | 1; mode: Mode; isListed: boolean }[];
}

const TRIES = 14;
const FIRST_WAIT: Millis = SECOND;
const LONGEST_WAIT: Millis = 60 * SECOND;
/** By then nothing is under way any more that was asked for before. */
const LONG_AFTER: Millis = 3 * HOUR;

export class Client {
  readonly logs: PostLog[];
  readonly keys = new Map<string, KeyLog>();
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
      canceledOn: [],
      pauses: [],
      approvedAt: null,
      reads: [],
      lists: [],
    }));
  }

  get isDone(): boolean {
    return this.#running === 0;
  }

  /** @param isAskedAgain whether all that was asked for with a key is asked for once more, long after */
  start(isAskedAgain = false): void {
    if (isAskedAgain) this.#do(() => this.#askAgain());
    for (const log of this.logs) {
      for (let sender = 0; sender < log.plan.senders; sender++) this.#do(() => this.#publish(log, sender));
      const { cancelAt, readAt } = log.plan;
      if (cancelAt !== null) this.#do(() => this.#cancel(log, cancelAt));
      for (const at of readAt) this.#do(() => this.#read(log, at));
      for (const command of log.plan.commands) this.#do(() => this.#command(log, command));
      const { approval } = log.plan;
      if (approval) this.#do(() => this.#decide(log, approval));
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
      // What was accepted and not heard of is decided on by nobody.
      ...(plan.approval ? { approval: { expires_at: reach.printTime(reach.start + 3 * LONG_AFTER) } } : {}),
      ...(plan.hasPicture ? { media: [reach.mediaId(plan.workspace)] } : {}),
      ...(plan.schedule === null ? {} : { schedule: reach.printTime(reach.start + plan.schedule) }),
      ...(plan.publishWithin === null
        ? {}
        : { publish_before: reach.printTime(reach.start + (plan.schedule ?? plan.at) + plan.publishWithin) }),
    };
    const key = plan.key === null ? {} : { key: plan.key };
    const { workspace, mode } = plan;
    const request = { method: "POST", path: "/v1/publish", workspace, mode, body, ...key } as const;
    let answer = await this.#insist(request, plan.key === null ? 1 : TRIES);
    // What is scheduled for much later has to be canceled, or the run has no end: so its id has to be known.
    while (mode === "test" && answer.is === "cut") answer = await this.#insist(request, TRIES);
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
    const { workspace, mode } = log.plan;
    let id = await this.#knownId(log);
    while (mode === "test" && id === null) id = await this.#knownId(log);
    if (id === null) return;
    const request = { method: "DELETE", path: `/v1/posts/${id}`, workspace, mode } as const;
    let answer = await this.#ask(log, "cancel", request);
    while (mode === "test" && answer.is === "cut") answer = await this.#ask(log, "cancel", request);
    if (answer.is === "cut") return;
    log.cancelAnswers.push(answer.status);
    log.isCanceled ||= answer.status === 200;
  }

  /** Asks for a change of a post as its plan says. */
  async #ask(log: PostLog, what: string, request: Request): Promise<Answer> {
    const { asks, name } = log.plan;
    if (asks === "without a key") return this.#insist(request, TRIES);
    const keyed = { ...request, key: `key of ${what} ${name}` };
    if (asks === "with a key") return this.#insist(keyed, TRIES, log.id);
    const [first, second] = await Promise.all([this.#insist(keyed, TRIES, log.id), this.#insist(keyed, TRIES, log.id)]);
    return first.is === "cut" ? second : first;
  }

  /** A client that was away sends again what it had sent. */
  async #askAgain(): Promise<void> {
    await this.#reach.until(this.#reach.start + LONG_AFTER);
    for (const { request, postId } of [...this.keys.values()]) await this.#insist(request, 1, postId);
  }

  async #command(log: PostLog, command: PlannedCommand): Promise<void> {
    await this.#reach.until(this.#reach.start + command.at);
    const { workspace, text } = log.plan;
    if (command.is === "pause") return this.#pause(log, command);
    if (command.is === "silence") return this.#silence(workspace, command);
    if (command.is === "send again") return this.#sendAgain(workspace, command.isFlaky);
    const id = await this.#knownId(log);
    if (id === null) return;
    const path = `/v1/posts/${id}`;
    switch (command.is) {
      case "edit":
        await this.#ask(log, "edit", { method: "PATCH", path, workspace, body: { content: editedText(text) } });
        return;
      case "retry":
        await this.#ask(log, `retry at ${command.at}`, { method: "POST", path: `${path}/retry`, workspace });
        return;
      case "cancel task": {
        const task = `${path}/tasks/${this.#reach.accountId(command.account)}`;
        const answer = await this.#ask(log, "task", { method: "DELETE", path: task, workspace });
        if (answer.is === "answer" && answer.status === 200) log.canceledOn.push(command.account);
        return;
      }
      case "resolve":
        return this.#resolve(log, path);
    }
  }

  /**
   * Says a word about a post that waits, and looks again much later: a change asks anew. What nobody decides on would wait for
   * ever.
   */
  async #decide(log: PostLog, { at, word }: NonNullable<PlannedPost["approval"]>): Promise<void> {
    await this.#reach.until(this.#reach.start + at);
    await this.#say(log, word, "first");
    // Whoever was given up is heard of by now.
    await this.#reach.until(this.#reach.start + LONG_AFTER + HOUR);
    for (let round = 1; ; round++) {
      const id = log.id;
      if (id === null) return;
      const { workspace } = log.plan;
      const read = await this.#insist({ method: "GET", path: `/v1/posts/${id}`, workspace }, TRIES);
      if (read.is === "answer" && JSON.parse(read.text).status !== "awaiting_approval") return;
      if (read.is === "answer") await this.#say(log, word, `again ${round}`);
    }
  }

  async #say(log: PostLog, word: "approve" | "reject", when: string): Promise<void> {
    const id = await this.#knownId(log);
    if (id === null) return;
    const { workspace, name } = log.plan;
    if (word === "approve") log.approvedAt ??= this.#reach.now();
    // Its time may have passed: then it needs a new one.
    for (const body of word === "approve" ? [{}, { schedule: "now" }] : [{}]) {
      const key = `${word} of ${name}, ${when}, ${JSON.stringify(body)}`;
      const path = `/v1/posts/${id}/${word}`;
      const answer = await this.#insist({ method: "POST", path, workspace, mode: "approver", key, body }, TRIES, id);
      if (answer.is === "answer" && answer.status === 200 && word === "reject") log.isCanceled = true;
      if (answer.is === "answer" && !answer.text.includes('"field":"schedule"')) return;
    }
  }

  /** Pauses an account, and resumes it later, as often as it takes: a pause that nobody lifts would hold for ever. */
  async #pause(log: PostLog, { account, until, overdue }: Extract<PlannedCommand, { is: "pause" }>): Promise<void> {
    const { workspace } = log.plan;
    const path = `/v1/accounts/${this.#reach.accountId(account)}`;
    const askedAt = this.#reach.now();
    const of = `${log.plan.name} on ${account} at ${askedAt}`;
    const answer = await this.#insist(
      { method: "POST", path: `${path}/pause`, workspace, key: `pause of ${of}` },
      TRIES,
    );
    const pause: PauseLog = { account, askedAt, from: this.#reach.now(), until: null, liftedAt: null };
    if (answer.is === "answer" && answer.status === 200) log.pauses.push(pause);
    await this.#reach.until(this.#reach.start + until);
    pause.until = this.#reach.now();
    const schedule = this.#reach.printTime(this.#reach.start + until + 20 * MINUTE);
    const body = overdue === "reschedule" ? { overdue, schedule } : { overdue };
    for (let asked = 1; ; asked++) {
      const key = `resume of ${of}, ${asked}`;
      const lifted = await this.#insist({ method: "POST", path: `${path}/resume`, workspace, key, body }, TRIES);
      // Not paused: an earlier try has lifted it. A time that has passed meanwhile: it is sent.
      if (lifted.is === "answer" && lifted.status !== 400) {
        pause.liftedAt = this.#reach.now();
        return;
      }
      if (lifted.is === "answer") Object.assign(body, { overdue: "send", schedule: undefined });
    }
  }

  /**
   * Makes an endpoint inactive for a while, and has it sent what it missed. That is said once more much later: a request
   * that was given up may be carried out after those that followed it.
   */
  async #silence(workspace: 0 | 1, { at, until, isFlaky }: Extract<PlannedCommand, { is: "silence" }>): Promise<void> {
    const path = `/v1/webhooks/${this.#reach.webhookId(workspace, isFlaky)}`;
    const since = this.#reach.printTime(this.#reach.start - DAY);
    const key = (what: string) => `${what} of ${path} at ${at}`;
    await this.#insist({ method: "PATCH", path, workspace, key: key("silence"), body: { active: false } }, TRIES);
    for (const end of [until, at + LONG_AFTER]) {
      await this.#reach.until(this.#reach.start + end);
      const [waking, recovery] = [key(`end at ${end}`), key(`recovery at ${end}`)];
      await this.#forever({ method: "PATCH", path, workspace, key: waking, body: { active: true } });
      await this.#forever({ method: "POST", path: `${path}/recover`, workspace, key: recovery, body: { since } });
    }
  }

  /** Has the first sent again that did not arrive, or else the first. */
  async #sendAgain(workspace: 0 | 1, isFlaky: boolean): Promise<void> {
    const path = `/v1/webhooks/${this.#reach.webhookId(workspace, isFlaky)}/deliveries`;
    const listed = await this.#insist({ method: "GET", path, workspace }, TRIES);
    if (listed.is === "cut" || listed.status !== 200) return;
    const { deliveries }: { deliveries: { id: string; status: string }[] } = JSON.parse(listed.text);
    const wanted = deliveries.find(({ status }) => status !== "delivered") ?? deliveries[0];
    if (!wanted) return;
    const key = `sending ${wanted.id} again at ${this.#reach.now()}`;
    await this.#insist({ method: "POST", path: `/v1/deliveries/${wanted.id}/retry`, workspace, key }, TRIES);
  }

  /** A person looks at the accounts of what nobody could tell, and says what is there. */
  async #resolve(log: PostLog, path: string): Promise<void> {
    const { workspace, accounts } = log.plan;
    const read = await this.#insist({ method: "GET", path, workspace }, TRIES);
    if (read.is === "cut" || read.status !== 200) return;
    const post: { id: string; content: string; tasks: { account_id: string; status: string }[] } = JSON.parse(
      read.text,
    );
    for (const name of accounts) {
      const accountId = this.#reach.accountId(name);
      const task = post.tasks.find((each) => each.account_id === accountId);
      if (task?.status !== "unconfirmed") continue;
      const found = this.#reach.look(name, post.content, post.id);
      const body = found ? { outcome: "published", platform_post_id: found } : { outcome: "not_published" };
      const one = `${path}/tasks/${accountId}`;
      await this.#ask(log, `resolve ${name}`, { method: "POST", path: `${one}/resolve`, workspace, body });
    }
  }

  /** Its own workspace sees it, another never does. */
  async #read(log: PostLog, at: Millis): Promise<void> {
    await this.#reach.until(this.#reach.start + at);
    const id = await this.#knownId(log);
    if (id === null) return;
    for (const workspace of [0, 1] as const) {
      for (const mode of MODES) {
        const answer = await this.#insist({ method: "GET", path: `/v1/posts/${id}`, workspace, mode }, TRIES);
        if (answer.is === "answer") log.reads.push({ workspace, mode, status: answer.status });
        const listed = await this.#insist({ method: "GET", path: "/v1/posts?limit=100", workspace, mode }, TRIES);
        if (listed.is === "answer") log.lists.push({ workspace, mode, isListed: listed.text.includes(id) });
      }
    }
  }

  /** An id may take a while to be known. */
  async #knownId(log: PostLog): Promise<string | null> {
    for (let tries = 0; log.id === null && tries < TRIES; tries++) await this.#reach.pause(2 * SECOND);
    return log.id;
  }

  /** What must be done in the end. */
  async #forever(request: Request): Promise<void> {
    for (let answer: Answer = { is: "cut" }; answer.is === "cut"; ) answer = await this.#insist(request, TRIES);
  }

  /**
   * Sends again what is not answered, or with a fault of the server.
   *
   * @param postId the post that the request changes
   */
  async #insist(request: Request, tries: number, postId: string | null = null): Promise<Answer> {
    let answer: Answer = { is: "cut" };
    for (let sent = 0; sent < tries; sent++) {
      if (sent > 0) await this.#reach.pause(Math.min(FIRST_WAIT * 2 ** (sent - 1), LONGEST_WAIT));
      answer = await this.#reach.request(request);
      if (answer.is === "answer" && answer.status < 500) {
        if (request.key !== undefined) this.#note(request.key, request, postId, answer);
        return answer;
      }
    }
    return { is: "cut" };
  }

  #note(
    key: string,
    request: Request,
    postId: string | null,
    { status, text }: { status: number; text: string },
  ): void {
    const log = this.keys.get(key) ?? { key, request, postId, answers: [] };
    this.keys.set(key, log);
    log.answers.push({ status, text });
  }
}
