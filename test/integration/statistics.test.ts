import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish } from "./helpers/api.ts";
import { drive, holdTime, refOf } from "./helpers/drive.ts";
import { newUrl, SECRET } from "./helpers/webhooks.ts";

/*
 * How posts and webhooks do, by day, read from what became of them.
 */

const NONE = {
  awaiting_approval: 0,
  queued: 0,
  publishing: 0,
  published: 0,
  partially_published: 0,
  failed: 0,
  unconfirmed: 0,
  canceled: 0,
};
const NOVEMBER = "from=2026-11-01T00:00:00Z&to=2026-11-04T00:00:00Z";

let workspace: TestWorkspace;
let first: string;
let second: string;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  first = await newAccount(workspace, "facebook");
  second = await newAccount(workspace, "instagram");
  await store("2026-10-31T23:59:59.999Z", "published", { [first]: 1 });
  await store("2026-11-01T00:00:00Z", "published", { [first]: 400 });
  await store("2026-11-01T12:00:00Z", "published", { [first]: 100, [second]: 200 });
  await store("2026-11-01T23:59:59.999Z", "failed", { [second]: null });
  await store("2026-11-02T12:00:00Z", "partially_published", { [first]: 9_000, [second]: null });
  await store("2026-11-02T12:00:00Z", "canceled", { [first]: null });
  await store("2026-11-03T12:00:00Z", "queued", { [second]: null });
  await store("2026-11-04T00:00:00Z", "published", { [first]: 1 });
  await store("2026-11-01T12:00:00Z", "published", { [first]: 5 }, "live");
});

let stored = 0;

/** A post as it was projected. @param tasks how late each account was; null: it is not public there */
async function store(at: string, status: string, tasks: Record<string, number | null>, mode = "test"): Promise<void> {
  const id = `post_statistics_${stored++}`;
  const state = {
    tasks: Object.entries(tasks).map(([accountId, late]) => ({
      accountId,
      platform: "facebook",
      status,
      publishedAt: late === null ? null : Date.parse(at) + late,
    })),
  };
  await env.DB.prepare(
    `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
      status, state, seq) VALUES (?, ?, ?, 0, 1, '', '[]', '{}', '[]', ?, ?, ?, 0)`,
  )
    .bind(workspace.id, mode, id, Date.parse(at), status, JSON.stringify(state))
    .run();
  for (const account of Object.keys(tasks)) {
    await env.DB.prepare("INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform) VALUES (?, ?, ?, ?, ?)")
      .bind(workspace.id, mode, account, id, "facebook")
      .run();
  }
}

const ask = (query = NOVEMBER, key = workspace.test) => call("GET", `/v1/statistics?${query}`, { key });

describe("the statistics", () => {
  it("count the posts of each day by what they are, and say how late they became public", async () => {
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      from: "2026-11-01T00:00:00Z",
      to: "2026-11-04T00:00:00Z",
      time_zone: "UTC",
      posts: { ...NONE, published: 2, failed: 1, partially_published: 1, canceled: 1, queued: 1 },
      success_rate: 0.5,
      lateness_ms: { count: 4, p50: 200, p99: 9_000 },
      webhook_latency_ms: null,
    });
    expect(body.days).toEqual([
      {
        day: "2026-11-01",
        posts: { ...NONE, published: 2, failed: 1 },
        success_rate: 2 / 3,
        lateness_ms: { count: 3, p50: 200, p99: 400 },
        webhook_latency_ms: null,
      },
      {
        day: "2026-11-02",
        posts: { ...NONE, partially_published: 1, canceled: 1 },
        success_rate: 0,
        lateness_ms: { count: 1, p50: 9_000, p99: 9_000 },
        webhook_latency_ms: null,
      },
      {
        day: "2026-11-03",
        posts: { ...NONE, queued: 1 },
        success_rate: null,
        lateness_ms: null,
        webhook_latency_ms: null,
      },
    ]);
  });

  it("are of the days that the workspace's clocks show, the first and the last cut to the span", async () => {
    await call("PATCH", "/v1/workspace", { key: workspace.test, body: { time_zone: "America/New_York" } });
    // Clocks go back on 1 November 2026: the day has 25 hours, and begins at 04:00 in UTC.
    const { body } = await ask();
    expect(body.time_zone).toBe("America/New_York");
    expect(body.days.map(({ day, posts }: { day: string; posts: object }) => [day, posts])).toEqual([
      ["2026-10-31", { ...NONE, published: 1 }],
      ["2026-11-01", { ...NONE, published: 1, failed: 1 }],
      ["2026-11-02", { ...NONE, partially_published: 1, canceled: 1 }],
      ["2026-11-03", { ...NONE, queued: 1 }],
    ]);
    await call("PATCH", "/v1/workspace", { key: workspace.test, body: { time_zone: "UTC" } });
  });

  it("are, for a key that is restricted to accounts, of posts to these alone", async () => {
    const { key } = await newKey(workspace, { scopes: ["posts:read"], accounts: [second] });
    const { body } = await ask(NOVEMBER, key);
    expect(body).toMatchObject({
      posts: { ...NONE, failed: 1, queued: 1 },
      totals: { ...NONE, failed: 1, queued: 1 },
      lateness_ms: null,
      webhook_latency_ms: null,
    });
  });

  it("are of one mode and one workspace", async () => {
    expect((await ask(NOVEMBER, workspace.live)).body).toMatchObject({
      posts: { ...NONE, published: 1 },
      lateness_ms: { count: 1, p50: 5, p99: 5 },
    });
    expect((await ask(NOVEMBER, (await newWorkspace()).test)).body.posts).toEqual(NONE);
  });

  it("tell how many posts there are in all", async () => {
    const own = await newWorkspace();
    const account = await newAccount(own, "facebook");
    const { key } = await newKey(own, { scopes: ["posts:read"], accounts: [account] });
    const accepted = await publish(own, { content: "Now", accounts: [account] });
    await publish(own, { content: "Later", accounts: [account], schedule: new Date(Date.now() + 9e6).toISOString() });
    await drive(refOf(own, accepted));
    for (const by of [own.test, key]) {
      expect((await ask(NOVEMBER, by)).body.totals).toEqual({ ...NONE, queued: 1, published: 1 });
    }
  });

  it.each([
    ["", "from"],
    ["from=2026-11-01T00:00:00Z", "to"],
    ["from=2026-11-01&to=2026-11-02", "from"],
    ["from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z", "to"],
    ["from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", "to"],
    ["from=2026-11-01T00:00:00Z&to=2027-01-02T00:00:01Z", "to"],
    [`${NOVEMBER}&by=hour`, "by"],
  ])("are refused for %j", async (query, field) => {
    const answer = await ask(query);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });
});

describe("the latency of webhooks", () => {
  /** A delivery with what came of each attempt: after how many milliseconds, and whether it was taken. */
  async function deliver(webhookId: string, at: string, attempts: [after: number, isTaken: boolean][]): Promise<void> {
    const log = attempts.map(([after, isTaken]) => ({
      at: Date.parse(at) + after - 10,
      ms: 10,
      status: isTaken ? 200 : 500,
      error: isTaken ? null : "It answered 500.",
      response: "",
    }));
    await env.DB.prepare("INSERT INTO deliveries (webhook_id, event_at, event_id, status, log) VALUES (?, ?, ?, ?, ?)")
      .bind(webhookId, Date.parse(at), `evt_statistics_${stored++}`, "delivered", JSON.stringify(log))
      .run();
  }

  it("is from an event until an endpoint had taken it first, whatever was sent again later", async () => {
    const own = await newWorkspace();
    const hook = (
      await call("POST", "/v1/webhooks", {
        key: own.test,
        body: { url: newUrl(), secret: SECRET, events: ["post.completed"] },
      })
    ).body.id;
    await deliver(hook, "2026-11-01T10:00:00Z", [[100, true]]);
    await deliver(hook, "2026-11-01T11:00:00Z", [
      [50, false],
      [30_000, true],
      [86_400_000, true],
    ]);
    await deliver(hook, "2026-11-02T10:00:00Z", [[70, false]]);
    await deliver(hook, "2026-11-05T10:00:00Z", [[70, true]]);
    const { body } = await ask(NOVEMBER, own.test);
    expect(body.webhook_latency_ms).toEqual({ count: 2, p50: 100, p99: 30_000 });
    expect(body.days.map((day: Record<string, unknown>) => day.webhook_latency_ms)).toEqual([
      { count: 2, p50: 100, p99: 30_000 },
      null,
      null,
    ]);
    const account = await newAccount(own, "facebook");
    const { key } = await newKey(own, { scopes: ["posts:read"], accounts: [account] });
    expect((await ask(NOVEMBER, key)).body.webhook_latency_ms).toBeNull();
    // Events are of the test clock from now on, and deliveries are not.
    await call("POST", "/v1/sandbox/clock", { key: own.test, body: { advance_seconds: 60 } });
    expect((await ask(NOVEMBER, own.test)).body.webhook_latency_ms).toBeNull();
  });
});

describe("the cost of the statistics", () => {
  it("is that of the span: everything is found by an index", async () => {
    const { key } = await newKey(workspace, { scopes: ["posts:read"], accounts: [first] });
    for (const by of [workspace.test, key]) {
      const spy = vi.spyOn(env.DB, "prepare");
      await ask(NOVEMBER, by);
      const found = spy.mock.calls.map(([text]) => text).filter((text) => /posts_by_schedule|deliveries/.test(text));
      spy.mockRestore();
      expect(found).toHaveLength(by === key ? 2 : 3);
      for (const sql of found) {
        const params = Array.from({ length: sql.split("?").length - 1 }, () => "1");
        const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .bind(...params)
          .all<{ detail: string }>();
        const plan = results.map(({ detail }) => detail).join("; ");
        expect(plan).not.toMatch(/SCAN (posts|deliveries|webhooks|last)\b(?! VIRTUAL)(?=.*USING)/);
        expect(plan).toMatch(
          /posts_by_schedule \(workspace_id=\? AND mode=\? AND scheduled_at>|deliveries USING PRIMARY KEY/,
        );
      }
    }
  });
});
