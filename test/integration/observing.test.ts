import { createExecutionContext, createMessageBatch, getQueueResult, runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { consoleLog } from "../../src/lib/log.ts";
import { createMetrics } from "../../src/lib/metrics.ts";
import { taskMessage } from "../../src/post/messages.ts";
import { servicesOf } from "../../src/services.ts";
import { sweeper } from "./helpers/alerts.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, ORIGIN, publish } from "./helpers/api.ts";
import { advance, calls, documentOf, drive, holdTime, refOf, ringAlarm, taskOf, wake } from "./helpers/drive.ts";
import { newUrl, Receivers } from "./helpers/webhooks.ts";

/*
 * What is logged and measured of each unit of work.
 */

type Line = Record<string, string | number | null>;
interface Point {
  indexes: string[];
  blobs: (string | null)[];
  doubles: number[];
}

let workspace: TestWorkspace;
let lines: Line[];
let points: Point[];
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  lines = [];
  points = [];
  for (const method of ["log", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((text: string) => void lines.push(JSON.parse(text)));
  }
  const dataset = { writeDataPoint: (point: Point) => void points.push(point) } as AnalyticsEngineDataset;
  // Taken at run time by everything that measures: consumers have it from services, objects from their environment.
  vi.spyOn(servicesOf(env), "metrics", "get").mockReturnValue(createMetrics(dataset, consoleLog));
});
afterEach(() => vi.restoreAllMocks());

const said = (message: string) => lines.filter((line) => line.message === message);
const measured = (index: string) => points.filter(({ indexes }) => indexes[0] === index);

describe("a request is one line", () => {
  it("with its route, who asked by ids, and what was answered", async () => {
    const { text, headers } = await call("GET", "/v1/posts/post_1/timeline", { key: workspace.test });
    expect(text).toContain("not_found");
    expect(said("a request was answered")).toEqual([
      {
        level: "info",
        message: "a request was answered",
        request_id: headers.get("X-Request-Id"),
        method: "GET",
        route: "/v1/posts/:post_id/timeline",
        status: 404,
        ms: expect.any(Number),
        by: "key",
        key_id: expect.stringMatching(/^key_/),
        workspace_id: workspace.id,
        mode: "test",
      },
    ]);
  });

  it.each([
    ["/connect/a-link-that-lets-in", "/connect/:token"],
    ["/review/a-link-that-lets-in", "/review/:token"],
    ["/join/a-link-that-lets-in", "/join/:secret"],
    ["/media/media_1?expires=1&signature=a-link-that-lets-in", "/media/:media_id"],
    ["/console/a-link-that-lets-in", "/console/*"],
    ["/a-link-that-lets-in", "/*"],
    ["/v1/a-link-that-lets-in", "/v1/*"],
  ])("and never with its address: %s", async (path, route) => {
    await exports.default.fetch(`${ORIGIN}${path}`, { redirect: "manual" });
    expect(said("a request was answered").map((line) => line.route)).toEqual([route]);
    expect(JSON.stringify(lines)).not.toContain("a-link-that-lets-in");
  });

  it("and an error is told once, with the id of the request that met it", async () => {
    vi.spyOn(servicesOf(env).db, "select").mockImplementationOnce(() => {
      throw new TypeError("SELECT a secret");
    });
    const failed = await call("GET", "/v1/workspace", { key: workspace.test });
    expect(failed.status).toBe(500);
    const id = failed.headers.get("X-Request-Id");
    const errors = lines.filter(({ level }) => level === "error");
    expect(errors).toMatchObject([{ message: "a request failed", error: "TypeError", request_id: id }]);
    expect(said("a request was answered").filter((line) => line.request_id === id)).toMatchObject([{ status: 500 }]);
  });
});

describe("a message is one line and one point", () => {
  async function deliverLate(accountId: string, ref: ReturnType<typeof refOf>, age: number): Promise<void> {
    const body = taskMessage(ref, { accountId, part: "post", epoch: (await taskOf(ref, accountId)).epoch });
    const message = { id: "message-1", timestamp: Date.now() - age, attempts: 2, body };
    const batch = createMessageBatch("apionics-publish", [message]);
    const ctx = createExecutionContext();
    await worker.queue(batch, env, ctx);
    await getQueueResult(batch, ctx);
  }

  it("with what it came to, how long it waited and how long the platform took", async () => {
    const account = await newAccount(workspace, "facebook");
    const ref = refOf(workspace, await publish(workspace, { content: "Measured", accounts: [account] }));
    await wake(ref);
    await documentOf(ref);
    await deliverLate(account, ref, 1_500);
    const handled = () =>
      said("a message was handled").filter((each) => each.kind === "task" && each.post_id === ref.postId);
    const [line] = handled();
    expect(line).toEqual({
      level: "info",
      message: "a message was handled",
      message_id: "message-1",
      attempt: 2,
      kind: "task",
      workspace_id: workspace.id,
      mode: "test",
      post_id: ref.postId,
      account_id: account,
      outcome: "live",
      ms: expect.any(Number),
      age_ms: 1_500,
      platform: "facebook",
      platform_calls: 1,
      platform_ms: expect.any(Number),
    });
    const [point] = measured("message").filter(({ blobs }) => blobs[2] === "task");
    expect(point?.blobs).toEqual(["test", "facebook", "task", "live"]);
    expect(point?.doubles).toEqual([1_500, line?.ms, line?.platform_ms, 1]);
    lines.length = 0;
    await deliverLate(account, ref, 0);
    expect(handled()).toMatchObject([{ outcome: "final", platform: null, platform_calls: 0 }]);
    await drive(ref);
  });

  it("and one that fails is one error", async () => {
    const account = await newAccount(workspace, "facebook");
    const ref = refOf(workspace, await publish(workspace, { content: "Fails", accounts: [account] }));
    await wake(ref);
    await documentOf(ref);
    lines.length = 0;
    points.length = 0;
    const away = vi
      .spyOn(servicesOf(env), "posts")
      .mockImplementation(() => ({ begin: () => Promise.reject(new Error("away")) }) as never);
    const body = taskMessage(ref, { accountId: account, part: "post", epoch: 1 });
    const batch = createMessageBatch("apionics-publish", [{ id: "m", timestamp: Date.now(), attempts: 1, body }]);
    await worker.queue(batch, env, createExecutionContext());
    away.mockRestore();
    expect(lines).toMatchObject([
      { level: "error", message: "a message failed", outcome: "failed", post_id: ref.postId, attempt: 1 },
    ]);
    expect(measured("message").map(({ blobs }) => blobs[3])).toEqual(["failed"]);
  });
});

describe("the end of a task is one point", () => {
  it("with how late its commit was; those that end alike are counted together", async () => {
    const { pointsOf } = await import("../../src/post/measure.ts");
    const accounts = [await newAccount(workspace, "facebook"), await newAccount(workspace, "facebook")];
    const schedule = new Date(Date.now() + 3_600_000).toISOString();
    const ref = refOf(workspace, await publish(workspace, { content: "Late", accounts, schedule }));
    await wake(ref);
    const before = await documentOf(ref);
    advance(before.scheduledAt + 750 - Date.now());
    const after = await drive(ref);
    const ended = pointsOf(before, after, "test");
    expect(ended.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    for (const point of ended) {
      expect(point).toMatchObject({
        mode: "test",
        platform: "facebook",
        part: "post",
        status: "published",
        code: null,
      });
      expect(point.lateness).toBeGreaterThanOrEqual(750);
      expect(point.lateness).toBeLessThan(60_000);
    }
    expect(pointsOf(after, after, "test")).toEqual([]);
    const canceled = { ...before, tasks: before.tasks.map((task) => ({ ...task, status: "canceled" as const })) };
    expect(pointsOf(before, canceled, "test")).toMatchObject([{ status: "canceled", count: 2, lateness: null }]);
  });
});

it("a webhook is one line and one point each time that it is sent", async () => {
  const receivers = new Receivers();
  const url = newUrl();
  receivers.answer(url, () => new Response(null, { status: 500 }));
  const body = { url, events: ["post.completed"] };
  await call("POST", "/v1/webhooks", { key: workspace.test, body });
  const account = await newAccount(workspace, "facebook");
  await drive(refOf(workspace, await publish(workspace, { content: "Told", accounts: [account] })));
  await receivers.settle();
  const [line] = said("a webhook was sent");
  expect(line).toMatchObject({
    workspace_id: workspace.id,
    mode: "test",
    webhook_id: expect.stringMatching(/^wh_/),
    event_id: expect.stringMatching(/^evt_/),
    attempt: 1,
    outcome: "failed",
    status: 500,
    ms: expect.any(Number),
    age_ms: expect.any(Number),
  });
  expect(measured("webhook")[0]?.blobs).toEqual(["test", "event", "500", "failed"]);
  expect(JSON.stringify(lines)).not.toContain(url);
});

it("a sweep, a post's alarm and a run of the schedule are one line each", async () => {
  await sweeper().keepAwake();
  advance(31_000);
  lines.length = 0;
  await runDurableObjectAlarm(sweeper());
  expect(said("a sweep came through")).toMatchObject([{ found: expect.any(Number), ms: expect.any(Number) }]);
  await worker.scheduled({} as ScheduledController, env);
  expect(said("the schedule ran")).toMatchObject([{ ms: expect.any(Number) }]);
  const account = await newAccount(workspace, "facebook");
  const ref = refOf(workspace, await publish(workspace, { content: "Rings", accounts: [account] }));
  await calls(ref).wake();
  await ringAlarm(ref);
  expect(said("a post's alarm rang")).toMatchObject([{ workspace_id: workspace.id, post_id: ref.postId }]);
  await drive(ref);
});

describe("the data set", () => {
  const point = { mode: "live", format: "event", status: 200, isTaken: true, age: 1, duration: 2 } as const;

  it("breaks nothing where it is missing, or fails", () => {
    createMetrics(undefined, consoleLog).webhook(point);
    expect(lines).toEqual([]);
    const failing = {
      writeDataPoint: () => {
        throw new Error("too many");
      },
    } as unknown as AnalyticsEngineDataset;
    createMetrics(failing, consoleLog).webhook(point);
    expect(lines).toMatchObject([{ level: "error", measurement: "webhook" }]);
  });

  it("has its columns as they are documented", () => {
    const metrics = servicesOf(env).metrics;
    metrics.publish({
      mode: "live",
      platform: "instagram",
      part: "post",
      status: "failed",
      code: "x",
      count: 1,
      lateness: null,
    });
    metrics.webhook(point);
    expect(points.map(({ indexes, blobs, doubles }) => [indexes, blobs, doubles])).toEqual([
      [["publish"], ["live", "instagram", "post", "failed", "x"], [1, -1]],
      [["webhook"], ["live", "event", "200", "taken"], [1, 2]],
    ]);
  });
});
