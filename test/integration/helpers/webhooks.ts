import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../../src/index.ts";
import { SWEEPER_NAME } from "../../../src/post/sweeper.ts";
import type { WebhookMessage } from "../../../src/webhooks/messages.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call } from "./api.ts";
import { problemOfEvent } from "./documented.ts";
import { advance } from "./drive.ts";

/*
 * Endpoints that nobody of ours answers for, and the queue of webhooks in the tests' hands.
 */

/** A request that an endpoint was sent. */
export interface Received {
  url: string;
  headers: Record<string, string>;
  body: string;
  at: number;
}

type Answering = (received: Received, init: RequestInit) => Response | Promise<Response>;

/** The network, as far as endpoints go. Answers 204 unless told otherwise. */
export class Receivers {
  readonly #received: Received[] = [];
  /** What was wrong with a request, which is not thrown where it is seen: the Worker would take it for a lost connection. */
  #problem: string | null = null;
  /** Messages that wait, with the time from which they may be delivered. */
  readonly #queue: { body: WebhookMessage; from: number }[] = [];
  readonly #answers = new Map<string, Answering>();
  /** Addresses that are told in words, see `isChat`. */
  readonly #chats = new Set<string>();

  constructor() {
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => this.#fetch(String(input), init ?? {}));
    vi.spyOn(env.WEBHOOKS, "sendBatch").mockImplementation(async (messages) => {
      for (const { body, delaySeconds = 0 } of messages) {
        this.#queue.push({ body: body as WebhookMessage, from: Date.now() + delaySeconds * 1_000 });
      }
      return undefined as never;
    });
  }

  /** Has an endpoint answer like this from now on. */
  answer(url: string, answering: Answering): void {
    this.#answers.set(url, answering);
  }

  /** Says that an address is a member's, and is sent no events. */
  isChat(url: string): void {
    this.#chats.add(url);
  }

  /**
   * What all endpoints were sent.
   *
   * @throws Error when something was sent that is not as documented
   */
  get received(): Received[] {
    if (this.#problem !== null) throw new Error(this.#problem);
    return this.#received;
  }

  /** What an endpoint was sent. */
  at(url: string): Received[] {
    return this.received.filter((each) => each.url === url);
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const received = {
      url,
      headers: Object.fromEntries(new Headers(init.headers as HeadersInit)),
      body: String(init.body),
      at: Date.now(),
    };
    this.#received.push(received);
    if (!this.#chats.has(url)) this.#problem ??= problemOfEvent(received);
    return (this.#answers.get(url) ?? (() => new Response(null, { status: 204 })))(received, init);
  }

  /** The messages that may be delivered now; they are taken out. */
  take(): WebhookMessage[] {
    const now = Date.now();
    const due = this.#queue.filter(({ from }) => from <= now);
    for (const message of due) this.#queue.splice(this.#queue.indexOf(message), 1);
    return due.map(({ body }) => body);
  }

  /** Loses everything that is in the queue. */
  lose(): void {
    this.#queue.length = 0;
  }

  /** Delivers what may be delivered now, and what comes of it. */
  async settle(): Promise<void> {
    for (let messages = this.take(); messages.length > 0; messages = this.take()) await deliverWebhooks(...messages);
  }

  /** Lets time go on in steps, with sweeps and deliveries, until nothing has been sent for so long. */
  async pass(span: number, step = 30_000): Promise<void> {
    for (let gone = 0; gone < span; gone += step) {
      advance(step);
      await sweepWebhooks();
      await this.settle();
    }
  }
}

/** Delivers messages to the consumer, five a batch, as the queue would. */
export async function deliverWebhooks(...bodies: WebhookMessage[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 5) {
    const messages = bodies
      .slice(from, from + 5)
      .map((body, index) => ({ id: `message-${index}`, timestamp: Date.now(), attempts: 1, body }));
    const batch = createMessageBatch("apionics-webhooks", messages);
    const ctx = createExecutionContext();
    await worker.queue(batch, env, ctx);
    await getQueueResult(batch, ctx);
    await waitOnExecutionContext(ctx);
  }
}

export async function sweepWebhooks(): Promise<void> {
  await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
}

/** The secret of the endpoints of the tests. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

let hosts = 0;

/** An address that no other test uses. */
export function newUrl(): string {
  hosts += 1;
  return `https://receiver-${hosts}.example.org/hook`;
}

export interface TestWebhook {
  id: string;
  url: string;
}

export async function newWebhook(
  workspace: TestWorkspace,
  events: string[],
  fields: Record<string, unknown> = {},
  mode: "live" | "test" = "test",
): Promise<TestWebhook> {
  const body = { url: newUrl(), events, secret: SECRET, ...fields };
  const answer = await call("POST", "/v1/webhooks", { key: workspace[mode], body });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: answer.body.id, url: answer.body.url };
}

/** What was sent to an endpoint, newest first. */
export async function deliveriesOf(workspace: TestWorkspace, webhook: TestWebhook): Promise<Answer["body"][]> {
  const answer = await call("GET", `/v1/webhooks/${webhook.id}/deliveries`, { key: workspace.test });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.deliveries;
}
