import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { publicationsOf } from "../../src/post/document.ts";
import { taskMessage } from "../../src/post/messages.ts";
import { isOpen } from "../../src/post/status.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, ORIGIN, publish } from "./helpers/api.ts";
import type { Counts } from "./helpers/counted.ts";
import { countBatch, countedEnv, countRequest } from "./helpers/counted.ts";
import { advance, documentOf, holdTime, refOf, ringAlarm, sweepMediaAway, wake } from "./helpers/drive.ts";
import { Receivers } from "./helpers/webhooks.ts";

/*
 * The free plan allows one invocation fifty sub-requests and fifty queries. Whether a call to Cloudflare's own services
 * is one of the fifty or one of a thousand, its documentation says both ways: here all count.
 */

const LIMIT = 50;
/** As many as a batch of the publish queue has. */
const BATCH = 3;
/** Deliveries and alarms that are looked at: what waits for a person goes on for long. */
const TURNS = 15;

let workspace: TestWorkspace;
let pictures: string[];
beforeAll(async () => {
  workspace = await newWorkspace();
  pictures = await Promise.all(Array.from({ length: 3 }, () => newPicture(workspace)));
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

/** Publishes as many posts as a batch has, in step, and returns what each batch took. */
async function publishInStep(body: Record<string, unknown>, platform: "instagram" | "facebook", behavior: string) {
  const refs = await Promise.all(
    Array.from({ length: BATCH }, async (_, index) => {
      const account = await newAccount(workspace, platform, behavior);
      return refOf(workspace, await publish(workspace, { content: `${index}`, accounts: [account], ...body }));
    }),
  );
  for (const ref of refs) await wake(ref);
  const batches: Counts[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const documents = await Promise.all(refs.map(documentOf));
    const open = documents.flatMap((document, index) =>
      publicationsOf(document)
        .filter((task) => isOpen(task.status) && task.dueAt !== null)
        .map((task) => ({ ref: refs[index] as (typeof refs)[number], task })),
    );
    if (open.length === 0) return batches;
    const sent = open.filter(({ task }) => task.sends > 0 && task.lease === null).slice(0, BATCH);
    if (sent.length > 0) {
      batches.push(
        await countBatch(
          "apionics-publish",
          sent.map(({ ref, task }) => taskMessage(ref, task)),
        ),
      );
    } else for (const ref of refs) await ringAlarm(ref);
  }
  return batches;
}

const most = (batches: Counts[], what: keyof Counts) => Math.max(...batches.map((counts) => counts[what]));

function expectWithin(batches: Counts[]): void {
  expect(batches.length).toBeGreaterThan(0);
  expect(most(batches, "outside")).toBeGreaterThan(0);
  expect(most(batches, "subrequests")).toBeLessThanOrEqual(LIMIT);
  expect(most(batches, "queries")).toBeLessThanOrEqual(LIMIT);
}

describe("one batch of the publish queue stays within the free plan", () => {
  it.each([
    ["photos on a Page", "facebook", "ok", 3],
    ["a carousel", "instagram", "ok", 3],
    ["text on a Page", "facebook", "ok", 0],
    ["a commit whose answer was lost, on a Page", "facebook", "lost_answer", 0],
    ["one on Instagram", "instagram", "lost_answer", 1],
    ["an account that must be connected again", "facebook", "token_expired", 0],
  ] as const)("%s", async (_name, platform, behavior, count) => {
    const batches = await publishInStep({ media: pictures.slice(0, count) }, platform, behavior);
    expectWithin(batches);
  });
});

describe("one batch of the queue of webhooks stays within the free plan", () => {
  it("five endpoints of which none answers", async () => {
    const receivers = new Receivers();
    const urls = Array.from({ length: 5 }, (_, index) => `https://${index}.example.com/hook`);
    for (const url of urls) {
      receivers.answer(url, () => new Response("no", { status: 500 }));
      const body = { url, events: ["account.connected"] };
      expect((await call("POST", "/v1/webhooks", { key: workspace.test, body })).status).toBe(201);
    }
    const sent: unknown[] = [];
    vi.spyOn(env.WEBHOOKS, "sendBatch").mockImplementation(async (messages) => {
      for (const { body } of messages) sent.push(body);
      return undefined as never;
    });
    await newAccount(workspace, "facebook");
    expect(sent).toHaveLength(5);
    const counts = await countBatch("apionics-webhooks", sent.splice(0));
    const calls = receivers.received.length;
    expect(calls).toBe(5);
    expect(counts.subrequests + calls).toBeLessThanOrEqual(LIMIT);
    expect(counts.queries).toBeLessThanOrEqual(LIMIT);
  });
});

describe("one request stays within the free plan", () => {
  const ask = (path: string, body: string, type = "application/json") =>
    countRequest(
      new Request(`${ORIGIN}${path}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${workspace.test}`, "Content-Type": type },
        body,
      }),
    );

  it("one post to fifty accounts with a key", async () => {
    const accounts = await Promise.all(Array.from({ length: 50 }, () => newAccount(workspace, "facebook")));
    const { response, counts } = await ask("/v1/publish", JSON.stringify({ content: "Fifty", accounts }));
    expect(response.status).toBe(202);
    expect(counts.subrequests).toBeLessThanOrEqual(LIMIT);
    expect(counts.queries).toBeLessThanOrEqual(LIMIT);
  });

  it("a bulk of a hundred posts, each with media", async () => {
    const accounts = [await newAccount(workspace, "facebook")];
    const lines = Array.from({ length: 100 }, (_, index) =>
      JSON.stringify({ content: `${index}`, accounts, media: [pictures[0]], idempotency_key: `sub-${index}` }),
    );
    const { response, counts } = await ask("/v1/publish/bulk", lines.join("\n"), "application/x-ndjson");
    expect(response.status).toBe(200);
    expect(counts.subrequests).toBeLessThanOrEqual(LIMIT);
    expect(counts.queries).toBeLessThanOrEqual(LIMIT);
  });
});

describe("one sweep stays within the free plan", () => {
  it("with posts to erase, audit lines to seal and posts to wake", async () => {
    // Uploads that other tests have left are deleted by calls of their own.
    await sweepMediaAway();
    const doomed = await newWorkspace();
    const account = await newAccount(doomed, "facebook");
    const schedule = new Date(Date.now() + 3_600_000).toISOString();
    for (let i = 0; i < 25; i++) await publish(doomed, { content: `${i}`, accounts: [account], schedule });
    const path = `/v1/workspaces/${doomed.id}?confirm=A%20workspace`;
    expect((await call("DELETE", path, { key: env.ADMIN_TOKEN ?? "" })).status).toBe(200);
    advance(3_600_000);
    const sweeps: Counts[] = [];
    for (let i = 0; i < 4; i++) {
      const { counted, counts } = countedEnv();
      await runInDurableObject(env.SWEEPER.getByName(SWEEPER_NAME), async (object) => {
        Object.assign(object, { env: counted });
        await object.sweep();
        Object.assign(object, { env });
      });
      sweeps.push(counts);
      advance(60_000);
    }
    expect(most(sweeps, "subrequests")).toBeGreaterThan(20);
    expect(most(sweeps, "subrequests")).toBeLessThanOrEqual(LIMIT);
  });
});
