import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import worker from "../../src/index.ts";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { objectName } from "../../src/post/post-calls.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "../integration/helpers/api.ts";
import { ORIGIN } from "../integration/helpers/api.ts";
import { advance } from "../integration/helpers/drive.ts";
import {
  countDelivered,
  countInvocation,
  databaseUncounted,
  noteAnswer,
  objectsUncounted,
  sent,
  uncounted,
} from "./counter.ts";

/*
 * What runs the Worker while it is counted: requests, queues, alarms and cron, each as Cloudflare would, and nothing beside
 * them. The platform is live mode's, so that what it is asked costs what it costs in production.
 */

const MAX_BATCH_SIZE = 5;

/** The network: Meta, which fetches media as a stranger does, and endpoints, which take what they are sent. */
export function openNetwork(): StandIn {
  const graph = new StandIn((address, headers) => serve(new Request(address, { headers }), () => {}));
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const { hostname, pathname } = new URL(request.url);
    if (hostname.endsWith("receiver.example.org")) return new Response(null, { status: 204 });
    if (request.method === "POST" && COMMIT.test(pathname)) await takeTurn();
    return graph.fetch(request);
  });
  return graph;
}

/** The calls that make something public. */
const COMMIT = /\/(feed|media_publish)$/;

/** How many ends must have been told before the next commit is answered. */
let toBeTold = 0;

/**
 * Has one commit answered after what came of the one before was told: accounts of a post do not end in the same moment, and
 * that they are told together is not to be counted on.
 */
async function takeTurn(): Promise<void> {
  const query = "SELECT count(*) AS told FROM events WHERE type = 'publish.completed' AND body <> '{}'";
  const turn = toBeTold;
  toBeTold += 1;
  for (let tries = 0; tries < 1_000; tries++) {
    const row = await databaseUncounted.prepare(query).first<{ told: number }>();
    if ((row?.told ?? 0) >= turn) return;
    await scheduler.wait(2);
  }
  throw new Error("what came of a commit was not told");
}

/** Of events that were forgotten meanwhile. */
export function countTurnsAnew(): void {
  toBeTold = 0;
}

/** Has ids and keys be the same in each run: where a row lies among others is a row that is read more, or less. */
export function holdChance(): void {
  let state = 1;
  vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let index = 0; index < bytes.length; index++) {
      state = (state * 48_271) % 2_147_483_647;
      bytes[index] = state >> 8;
    }
    return array;
  });
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: journeys read what they need
  body: any;
}

/** Serves a request to its end: until it is answered, and then until nothing of it is under way any more. */
async function serve(request: Request, onAnswer: () => void): Promise<Response> {
  const ctx = createExecutionContext();
  countInvocation();
  const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], env, ctx);
  onAnswer();
  await waitOnExecutionContext(ctx);
  return response;
}

export interface Asking {
  key: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Asks the API. @param status what it must answer: a journey that goes another way is counted as none */
export async function ask(
  method: string,
  path: string,
  status: number,
  { key, body, headers }: Asking,
): Promise<Answer> {
  const isJson = body !== undefined && typeof body === "object" && !(body instanceof FormData);
  const text = isJson ? JSON.stringify(body) : "";
  const response = await serve(
    new Request(`${ORIGIN}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        // As clients do; the runtime leaves it to them.
        ...(isJson ? { "Content-Type": "application/json", "Content-Length": `${text.length}` } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isJson ? text : (body as BodyInit) }),
    }),
    noteAnswer,
  );
  const answer = await response.text();
  expect(response.status, answer).toBe(status);
  return { status, body: answer === "" ? null : JSON.parse(answer) };
}

/** Delivers what was sent, and what comes of it: what was sent together comes together. */
export async function deliverAll(): Promise<void> {
  for (let next = sent.shift(); next; next = sent.shift()) {
    const { queue, bodies } = next;
    for (let from = 0; from < bodies.length; from += MAX_BATCH_SIZE) {
      const batch = bodies.slice(from, from + MAX_BATCH_SIZE);
      countDelivered(batch);
      const messages = batch.map((body, i) => ({ id: `message-${i}`, timestamp: new Date(), attempts: 1, body }));
      const ctx = createExecutionContext();
      const delivered = createMessageBatch(queue, messages);
      await worker.queue(delivered, env, ctx);
      const { retryMessages, retryBatch } = await getQueueResult(delivered, ctx);
      expect([retryMessages, retryBatch]).toEqual([[], { retry: false }]);
      await waitOnExecutionContext(ctx);
    }
  }
}

function inPost<R>(ref: PostRef, look: (storage: DurableObjectStorage, object: { alarm(): Promise<void> }) => R) {
  const stub = objectsUncounted.posts(objectName(ref));
  return runInDurableObject(stub, (object, state) => look(state.storage, object as never)) as Promise<Awaited<R>>;
}

/** Waits until the object has told the database all that it has to tell. */
export async function comeToRest(ref: PostRef): Promise<PostDocument | undefined> {
  for (let tries = 0; tries < 500; tries++) {
    const document = await inPost(ref, (storage) => uncounted.get(storage, "post") as PostDocument | undefined);
    if (!document) return undefined;
    const { projectedSeq, seq, events, audit } = document;
    if (projectedSeq === seq && events.length === 0 && audit.length === 0) return document;
    await scheduler.wait(2);
  }
  throw new Error("the object did not come to rest");
}

/** Lets the alarm of a post's object ring at its time. @returns whether one was set */
async function ringAlarm(ref: PostRef): Promise<boolean> {
  return inPost(ref, async (storage, object) => {
    const at = await uncounted.takeAlarm(storage);
    if (at === null) return false;
    if (at > Date.now()) advance(at - Date.now());
    await object.alarm();
    return true;
  });
}

/** Lets a post live until nothing of it will ever happen by itself: messages are delivered at once, alarms ring in time. */
export async function liveOn(ref: PostRef): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await comeToRest(ref);
    await deliverAll();
    await comeToRest(ref);
    if (sent.length === 0 && !(await ringAlarm(ref))) return;
  }
  throw new Error("the post does not come to an end");
}

/** Lets a post live until whatever was asked of it is done; what its alarm is set for is not counted. */
export async function settleNow(ref: PostRef): Promise<void> {
  await comeToRest(ref);
  await deliverAll();
  await comeToRest(ref);
}

/** The sweeper's alarm rings, as it does every half minute. */
export async function sweep(): Promise<void> {
  await runInDurableObject(objectsUncounted.sweeper(SWEEPER_NAME), async (object, { storage }) => {
    const at = await uncounted.takeAlarm(storage);
    if (at !== null && at > Date.now()) advance(at - Date.now());
    await (object as unknown as { alarm(): Promise<void> }).alarm();
  });
  await deliverAll();
}

/** The cron trigger fires. */
export async function runCron(): Promise<void> {
  const ctx = createExecutionContext();
  countInvocation();
  await worker.scheduled({} as ScheduledController, env);
  await waitOnExecutionContext(ctx);
}

/** A key that was used in this minute: its use is written down once a minute, however much it is used. */
export async function useKey({ live }: TestWorkspace): Promise<void> {
  await ask("GET", "/v1/posts?limit=1", 200, { key: live });
}
