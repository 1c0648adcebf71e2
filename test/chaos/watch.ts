import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/lib/clock.ts";
import type { TaskStatus } from "../../src/lib/vocabulary.ts";
import { isOpen } from "../../src/post/status.ts";
import type { ChaosClient } from "./client.ts";
import type { AcceptedPost } from "./publisher.ts";

const INTERVAL: Millis = SECOND;

interface Row {
  id: string;
  tasks: { account_id: string; status: TaskStatus }[];
}

/** Names a task. */
export function taskName(postId: string, accountId: string): string {
  return `${postId} ${accountId}`;
}

/** Reads all the time which tasks are over, as a client would that waits for them. */
export class Watch {
  /** When a task was first seen to be over, to a second or so; by `taskName`. */
  readonly endedAt = new Map<string, Millis>();
  readonly #client: ChaosClient;
  readonly #accepted: ReadonlyMap<string, AcceptedPost>;
  /** The keys of posts that are over. */
  readonly #over = new Set<string>();
  #isStopped = false;

  constructor(client: ChaosClient, accepted: ReadonlyMap<string, AcceptedPost>) {
    this.#client = client;
    this.#accepted = accepted;
  }

  /** Watches until it is stopped. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look();
      await sleep(INTERVAL);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** How many accepted posts are not known to be over. */
  get open(): number {
    return this.#accepted.size - this.#over.size;
  }

  async #look(): Promise<void> {
    const waiting = [...this.#accepted.values()].filter(({ asked }) => !this.#over.has(asked.key));
    if (waiting.length === 0) return;
    // In this order: a post goes from the one to the other and never back.
    const rows = [await this.#list("queued"), await this.#list("publishing")];
    if (rows.includes(null)) return;
    const listed = new Map(rows.flatMap((some) => some ?? []).map((row) => [row.id, row]));
    for (const { id, asked } of waiting) {
      const row = listed.get(id) ?? ((await this.#client.read(`/v1/posts/${id}`)) as Partial<Row> | null);
      // Away for the moment, or not there: the end of the run tells which.
      if (!row?.tasks) continue;
      const over = row.tasks.filter(({ status }) => !isOpen(status));
      for (const task of over) {
        const name = taskName(id, task.account_id);
        if (!this.endedAt.has(name)) this.endedAt.set(name, Date.now());
      }
      if (over.length === row.tasks.length) this.#over.add(asked.key);
    }
  }

  async #list(status: "queued" | "publishing"): Promise<Row[] | null> {
    const rows: Row[] = [];
    for (let cursor: string | null = null; ; ) {
      const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = (await this.#client.read(`/v1/posts?status=${status}&limit=100${after}`)) as {
        posts: Row[];
        next_cursor: string | null;
      } | null;
      if (page === null) return null;
      rows.push(...page.posts);
      cursor = page.next_cursor;
      if (cursor === null) return rows;
    }
  }
}
