import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { advance, deliver, documentOf, drive, getPost, holdTime, publicPosts, refOf, wake } from "./helpers/drive.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

const sweeper = () => env.SWEEPER.getByName(SWEEPER_NAME);

/** Other tests may have left posts behind, of which each sweep hands over some. */
const SWEEPS = 5;

/** Sweeps, and returns the messages that were handed over for this post. */
async function sweep(postId: string): Promise<PublishMessage[]> {
  const handed: PublishMessage[] = [];
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
    for (const { body } of messages) if ("post_id" in body && body.post_id === postId) handed.push(body);
    return undefined as never;
  });
  for (let sweeps = 0; sweeps < SWEEPS && handed.length === 0; sweeps++) await sweeper().sweep();
  spy.mockRestore();
  return handed;
}

describe("the sweeper", () => {
  it("finds a post whose nudge was lost, 30 seconds after its time, and it goes out", async () => {
    const services = (await import("../../src/services.ts")).servicesOf(env);
    const nudges = vi
      .spyOn(services, "posts")
      .mockImplementation(() => ({ wake: () => Promise.reject(new Error("lost")) }) as never);
    const accepted = await publish(workspace, { content: "Lost nudge", accounts: [account] });
    expect(accepted.status).toBe(202);
    nudges.mockRestore();
    expect(await sweep(accepted.body.id)).toEqual([]);
    advance(30 * SECOND);
    const [message] = await sweep(accepted.body.id);
    expect(message?.kind).toBe("wake");
    if (message) await deliver(message);
    await drive(refOf(workspace, accepted));
    expect(await publicPosts(workspace, account)).toHaveLength(1);
  });

  it("leaves alone what is over, what is far ahead and what is cared for", async () => {
    const done = await publish(workspace, { content: "Done", accounts: [account] });
    await drive(refOf(workspace, done));
    const later = await publish(workspace, {
      content: "Later",
      accounts: [account],
      schedule: new Date(Date.now() + HOUR).toISOString(),
    });
    await wake(refOf(workspace, later));
    advance(HOUR / 2);
    expect(await sweep(done.body.id)).toEqual([]);
    expect(await sweep(later.body.id)).toEqual([]);
  });

  it("is told by a post that is alive when to look again", async () => {
    const expired = await newAccount(workspace, "facebook", "token_expired");
    const accepted = await publish(workspace, { content: "Waits", accounts: [expired] });
    const ref = refOf(workspace, accepted);
    await wake(ref);
    const { deliverTask } = await import("./helpers/drive.ts");
    await deliverTask(ref, expired);
    advance(31 * SECOND);
    expect(await sweep(ref.postId)).toHaveLength(1);
    await wake(ref);
    await documentOf(ref);
    expect(await sweep(ref.postId)).toEqual([]);
    expect((await getPost(workspace, ref)).body.tasks[0]).toMatchObject({
      status: "publishing",
      error: { code: "account_needs_reconnect" },
      next_attempt_at: expect.stringMatching(/Z$/),
    });
  });

  it("wakes by itself every 30 seconds, also after a sweep that failed", async () => {
    await sweeper().keepAwake();
    advance(31 * SECOND);
    vi.spyOn(env.DB, "prepare").mockImplementation(() => {
      throw new Error("D1 is away");
    });
    expect(await runDurableObjectAlarm(sweeper())).toBe(true);
    vi.restoreAllMocks();
    expect(await runDurableObjectAlarm(sweeper())).toBe(true);
  });

  it("is kept awake by the cron trigger", async () => {
    await worker.scheduled({} as ScheduledController, env);
    expect(await runDurableObjectAlarm(sweeper())).toBe(true);
  });

  it("deletes keys whose time is over, but those of posts, which are forgotten by later ones", async () => {
    const keyed = { key: workspace.test, headers: { "Idempotency-Key": "swept" } };
    const body = { platform: "facebook", username: "swept" };
    expect((await call("POST", "/v1/accounts/sandbox", { ...keyed, body })).status).toBe(201);
    const count = async () =>
      (
        await env.DB.prepare("SELECT count(*) AS n FROM idempotency WHERE workspace_id = ?")
          .bind(workspace.id)
          .first<{ n: number }>()
      )?.n;
    await sweeper().sweep();
    expect(await count()).toBe(1);
    advance(30 * 24 * HOUR);
    await sweeper().sweep();
    expect(await count()).toBe(0);
  });
});

it("a dead letter wakes its object, which sends again what was not armed", async () => {
  const { createExecutionContext, createMessageBatch, getQueueResult } = await import("cloudflare:test");
  const accepted = await publish(workspace, { content: "Dead letter", accounts: [account] });
  const ref = refOf(workspace, accepted);
  await wake(ref);
  advance(31 * SECOND);
  const sends = vi.spyOn(env.PUBLISH, "sendBatch");
  const body = {
    kind: "task",
    v: 1,
    workspace_id: ref.workspaceId,
    mode: ref.mode,
    post_id: ref.postId,
    account_id: account,
    epoch: 1,
  };
  const batch = createMessageBatch("apionics-publish-dead", [{ id: "dead", timestamp: Date.now(), attempts: 1, body }]);
  await worker.queue(batch, env, createExecutionContext());
  expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(["dead"]);
  expect(sends).toHaveBeenCalledOnce();
  await drive(ref);
});

it("the sweeper comes back soon while there are more keys to forget than it takes in one sweep", async () => {
  const expired = Date.now() - SECOND;
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
      INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, expires_at)
      SELECT ?, 'live', 'expired ' || i, '', '', ? FROM n`,
  )
    .bind(workspace.id, expired)
    .run();
  const alarmAfterSweep = async () => {
    await runDurableObjectAlarm(sweeper());
    return runInDurableObject(sweeper(), (_object, { storage }) => storage.getAlarm());
  };
  expect(await alarmAfterSweep()).toBe(Date.now() + SECOND);
  const left = await env.DB.prepare("SELECT count(*) AS n FROM idempotency WHERE post_id IS NULL AND expires_at <= ?")
    .bind(expired)
    .first();
  expect(left?.n).toBe(0);
});
