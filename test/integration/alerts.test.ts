import { createExecutionContext, createMessageBatch, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AlertDesk } from "../../src/alerts/alert-desk.ts";
import { database } from "../../src/db/database.ts";
import { takeStock } from "../../src/db/stock.ts";
import worker from "../../src/index.ts";
import { servicesOf } from "../../src/services.ts";
import { ALERT_URL, AlertReceiver, forgetTroubles, setAlertUrl, sweeper } from "./helpers/alerts.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  deliverTask,
  documentOf,
  drive,
  getPost,
  holdTime,
  refOf,
  ringAlarm,
  wake,
} from "./helpers/drive.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * What goes wrong is told once when it begins and once when it is over, and is mended as docs/operate.md says.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let workspace: TestWorkspace;
let receiver: AlertReceiver;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  await forgetTroubles();
  await setAlertUrl(ALERT_URL);
  receiver = new AlertReceiver();
  await sweeper().sweep();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await setAlertUrl(null);
  await forgetTroubles();
});

const health = async () => (await call("GET", "/v1/health", { key: env.ADMIN_TOKEN ?? "" })).body;
const firing = async (): Promise<string[]> => (await health()).alerts.map(({ alert }: { alert: string }) => alert);

async function isOk(): Promise<boolean> {
  advance(11 * SECOND);
  const { status, body } = await call("GET", "/health");
  expect(body).toEqual({ ok: status === 200 });
  return status === 200;
}

/** Sweeps, as the sweeper does every 30 seconds. */
async function sweepFor(span: number): Promise<void> {
  for (let swept = 0; swept < span; swept += 30 * SECOND) {
    advance(30 * SECOND);
    await sweeper().sweep();
  }
}

function runSchedule(): Promise<void> {
  return worker.scheduled({} as ScheduledController, env);
}

/** Accepts a post of which nobody hears: the nudge is lost. */
async function publishUnheard(account: string) {
  const nudges = vi
    .spyOn(servicesOf(env), "posts")
    .mockImplementation(() => ({ wake: () => Promise.reject(new Error("lost")) }) as never);
  const accepted = await publish(workspace, { content: "Unheard", accounts: [account] });
  nudges.mockRestore();
  return refOf(workspace, accepted);
}

async function giveUp(id: string, body: unknown): Promise<void> {
  const letter = { id, timestamp: Date.now(), attempts: 1, body };
  await worker.queue(createMessageBatch("apionics-publish-dead", [letter]), env, createExecutionContext());
}

describe("stuck", () => {
  it("is told once while messages are lost, and once when the post is woken", async () => {
    receiver.listen();
    const ref = await publishUnheard(await newAccount(workspace, "facebook"));
    await sweepFor(5 * MINUTE);
    expect(receiver.told).toEqual([]);
    await sweepFor(3 * MINUTE);
    expect(receiver.of("stuck")).toEqual(["firing"]);
    expect([await firing(), await isOk()]).toEqual([["stuck"], false]);
    await drive(ref);
    await sweeper().sweep();
    expect(receiver.of("stuck")).toEqual(["firing", "resolved"]);
    expect([await firing(), await isOk()]).toEqual([[], true]);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
  });

  it("is told of webhooks too", async () => {
    receiver.listen();
    const due = Date.now() - 10 * MINUTE;
    await env.DB.prepare(
      "INSERT INTO deliveries (webhook_id, event_at, event_id, status, attempts, next_attempt_at) VALUES ('wh_stuck', 0, 'evt_1', 'pending', 0, ?)",
    )
      .bind(due)
      .run();
    await sweeper().sweep();
    expect(receiver.of("stuck")).toEqual(["firing"]);
    await env.DB.prepare("DELETE FROM deliveries WHERE webhook_id = 'wh_stuck'").run();
    await sweeper().sweep();
    expect(receiver.of("stuck")).toEqual(["firing", "resolved"]);
  });
});

describe("dead_letter", () => {
  it("is told once of poisoned messages, and is over when none came for an hour", async () => {
    receiver.listen();
    await giveUp("poison-1", { kind: "poison" });
    await sweeper().sweep();
    await giveUp("poison-2", { kind: "poison" });
    await sweepFor(2 * MINUTE);
    expect(receiver.of("dead_letter")).toEqual(["firing"]);
    expect([await firing(), (await health()).dead_letters.total]).toEqual([["dead_letter"], 2]);
    advance(HOUR);
    await sweepFor(MINUTE);
    expect(receiver.of("dead_letter")).toEqual(["firing", "resolved"]);
    expect(await firing()).toEqual([]);
  });
});

describe("app_quota", () => {
  it("is told once while the platform limits the app, and is over five minutes after it lifts", async () => {
    const graph = standInForMeta();
    receiver.listen();
    const account = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Limited", accounts: [account.id] });
    graph.refuse(/feed$/, { code: 4, message: "(#4) Application request limit reached for somebody" });
    await wake(ref);
    await deliverTask(ref, account.id);
    await sweepFor(2 * MINUTE);
    expect(receiver.of("app_quota")).toEqual(["firing"]);
    const [held] = (await health()).held_apps;
    expect(held).toEqual({ host: "facebook", until: expect.stringMatching(/Z$/), code: "4" });
    expect(receiver.told[0]?.text).toMatch(/facebook until \S+Z \(code 4\)/);
    expect(receiver.told[0]?.text).not.toContain("somebody");
    advance(Date.parse(held.until) - Date.now());
    await sweeper().sweep();
    expect(receiver.of("app_quota")).toEqual(["firing"]);
    await drive(ref);
    await sweepFor(5 * MINUTE);
    expect(receiver.of("app_quota")).toEqual(["firing", "resolved"]);
    expect((await readLive(workspace, ref)).body.status).toBe("published");
    expect((await health()).held_apps).toEqual([]);
  });
});

describe("queue_failing", () => {
  it("is told once while the queue takes nothing, the sweep goes on, and it is over when nobody has met it for a while", async () => {
    receiver.listen();
    const ref = await publishUnheard(await newAccount(workspace, "facebook"));
    vi.spyOn(env.PUBLISH, "sendBatch").mockRejectedValue(new Error("Too Many Requests"));
    await sweepFor(2 * MINUTE);
    expect(receiver.of("queue_failing")).toEqual(["firing"]);
    const { queues, sweeper: swept } = await health();
    expect([queues.publish.failing_since !== null, queues.webhooks.failing_since]).toEqual([true, null]);
    expect([swept.failing_since, swept.age_seconds, swept.found]).toEqual([null, 0, 0]);
    vi.mocked(env.PUBLISH.sendBatch).mockRestore();
    await drive(ref);
    await sweepFor(16 * MINUTE);
    expect(receiver.of("queue_failing")).toEqual(["firing", "resolved"]);
    expect((await health()).queues.publish.failing_since).toBe(null);
  });

  it("is told of a queue that takes messages and delivers none, by the post that waits for them", async () => {
    receiver.listen();
    const accepted = await publish(workspace, {
      content: "Never came",
      accounts: [await newAccount(workspace, "facebook")],
    });
    const ref = refOf(workspace, accepted);
    await wake(ref);
    await documentOf(ref);
    for (let rings = 0; rings < 12; rings++) {
      await ringAlarm(ref);
      await sweeper().sweep();
    }
    expect(receiver.of("queue_failing")).toEqual(["firing"]);
    await drive(ref);
    await sweepFor(16 * MINUTE);
    expect(receiver.of("queue_failing")).toEqual(["firing", "resolved"]);
  });

  it("is noticed by a post that cannot send", async () => {
    receiver.listen();
    vi.spyOn(env.PUBLISH, "sendBatch").mockRejectedValue(new Error("Too Many Requests"));
    const accepted = await publish(workspace, { content: "x", accounts: [await newAccount(workspace, "facebook")] });
    const ref = refOf(workspace, accepted);
    await calls(ref).wake();
    await vi.waitFor(async () => expect((await health()).queues.publish.failing_since).not.toBe(null));
    vi.mocked(env.PUBLISH.sendBatch).mockRestore();
    await drive(ref);
  });
});

describe("sweeper_silent", () => {
  const killAlarm = () => runInDurableObject(sweeper(), (_object, state) => state.storage.deleteAlarm());

  it("is told once by the schedule when the sweeper's alarm is dead, which sets it anew, and once when a sweep comes through", async () => {
    receiver.listen();
    await killAlarm();
    advance(6 * MINUTE);
    for (let runs = 0; runs < 3; runs++) {
      await runSchedule();
      await killAlarm();
      advance(5 * MINUTE);
    }
    expect(receiver.of("sweeper_silent")).toEqual(["firing"]);
    expect([await firing(), await isOk()]).toEqual([["sweeper_silent"], false]);
    await runSchedule();
    expect(await runDurableObjectAlarm(sweeper())).toBe(true);
    expect(receiver.of("sweeper_silent")).toEqual(["firing", "resolved"]);
    expect([await firing(), await isOk()]).toEqual([[], true]);
  });

  it("is told while every sweep fails", async () => {
    receiver.listen();
    vi.spyOn(env.DB, "prepare").mockImplementation(() => {
      throw new Error("D1 is away");
    });
    for (let sweeps = 0; sweeps < 13; sweeps++) {
      advance(30 * SECOND);
      await sweeper().keepAwake();
      await runDurableObjectAlarm(sweeper());
    }
    expect(receiver.of("sweeper_silent")).toEqual(["firing"]);
    const { database, status, oldest_stuck_seconds, dead_letters } = await health();
    expect([database.answers, status, oldest_stuck_seconds, dead_letters]).toEqual([false, "degraded", null, null]);
    vi.mocked(env.DB.prepare).mockRestore();
    await sweeper().sweep();
    expect(receiver.of("sweeper_silent")).toEqual(["firing", "resolved"]);
  });
});

describe("sweeper_unreachable", () => {
  it("is told once by the schedule, also when telling fails at first, and once when the sweeper is back", async () => {
    receiver.listen();
    receiver.status = 500;
    const away = vi.spyOn(servicesOf(env), "keepSweeperAwake").mockRejectedValue(new Error("away"));
    await runSchedule();
    receiver.status = 204;
    for (let runs = 0; runs < 3; runs++) await runSchedule();
    expect([receiver.tries, receiver.of("sweeper_unreachable")]).toEqual([2, ["firing"]]);
    away.mockRestore();
    for (let runs = 0; runs < 3; runs++) await runSchedule();
    expect(receiver.of("sweeper_unreachable")).toEqual(["firing", "resolved"]);
  });

  it("shows in the health", async () => {
    vi.spyOn(servicesOf(env), "sweeperStatus").mockRejectedValue(new Error("away"));
    const { status, sweeper: seen } = await health();
    expect([status, seen.answers, seen.last_run_at]).toEqual(["degraded", false, null]);
    expect(await isOk()).toBe(false);
  });
});

describe("telling", () => {
  it("is tried again while it fails, ever more rarely, and in the end everything was told once and in order", async () => {
    receiver.listen();
    receiver.status = 503;
    await giveUp("letter-1", { kind: "poison" });
    await sweepFor(20 * MINUTE);
    expect(receiver.told).toEqual([]);
    expect(receiver.tries).toBeGreaterThan(3);
    expect(receiver.tries).toBeLessThan(10);
    advance(HOUR);
    await sweepFor(MINUTE);
    receiver.status = 204;
    await sweepFor(20 * MINUTE);
    expect(receiver.of("dead_letter")).toEqual(["firing", "resolved"]);
  });

  it("survives a restart, and is not repeated by it", async () => {
    receiver.listen();
    receiver.status = 500;
    await giveUp("letter-2", { kind: "poison" });
    await sweeper().sweep();
    receiver.status = 204;
    for (let restarts = 0; restarts < 3; restarts++) {
      advance(MINUTE);
      // As an object has it that knows nothing but what was stored.
      await runInDurableObject(sweeper(), (_object, { storage }) =>
        new AlertDesk(storage.kv, () => ({ ...servicesOf(env), alertUrl: ALERT_URL })).heed({}),
      );
    }
    await sweepFor(MINUTE);
    expect(receiver.of("dead_letter")).toEqual(["firing"]);
  });

  it("is nothing where nobody is to be told, and the health shows it all the same", async () => {
    await setAlertUrl(null);
    receiver.listen();
    await giveUp("letter-3", { kind: "poison" });
    await sweepFor(MINUTE);
    expect([receiver.tries, await firing()]).toEqual([0, ["dead_letter"]]);
    await setAlertUrl(ALERT_URL);
    await sweepFor(MINUTE);
    expect(receiver.of("dead_letter")).toEqual(["firing"]);
  });

  it("never fails a sweep, and goes nowhere a webhook may not", async () => {
    receiver.listen();
    await setAlertUrl("https://10.0.0.1/inside");
    await giveUp("letter-4", { kind: "poison" });
    await sweeper().sweep();
    expect(receiver.tries).toBe(0);
    expect((await health()).sweeper).toMatchObject({ failing_since: null, age_seconds: 0 });
  });
});

it("what alerts are made of costs as many rows as it finds, however many letters and limits there have been", async () => {
  const now = Date.now();
  const thousand = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)";
  await env.DB.batch([
    env.DB.prepare(
      `${thousand} INSERT INTO dead_letters (id, kind, received_at) SELECT 'l' || i, 'task', ? - i FROM n`,
    ).bind(now),
    env.DB.prepare(
      `${thousand} INSERT INTO pauses (mode, scope, until, holds, code, message)
        SELECT 'live', 'account:facebook/' || i, ?, 'posts', '32', '' FROM n
        UNION ALL SELECT 'live', 'app:facebook', ?, 'posts', '4', '' UNION ALL SELECT 'test', 'app:ws_1', ?, 'posts', '4', ''`,
    ).bind(now + HOUR, now + HOUR, now + HOUR),
  ]);
  const batch = vi.spyOn(env.DB, "batch");
  expect(await takeStock(database(env.DB), now)).toEqual({
    lastDeadLetterAt: now - 1,
    heldApps: [{ host: "facebook", until: now + HOUR, code: "4" }],
  });
  const results = (await batch.mock.results[0]?.value) as D1Result[];
  expect(results.reduce((sum, { meta }) => sum + meta.rows_read, 0)).toBeLessThanOrEqual(4);
});
