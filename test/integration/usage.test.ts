import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace } from "./helpers/api.ts";
import { holdTime } from "./helpers/drive.ts";

/*
 * What accounts were used for, by month, counted from the posts themselves.
 */

let workspace: TestWorkspace;
let first: string;
let second: string;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  first = await newAccount(workspace, "facebook");
  second = await newAccount(workspace, "instagram");
  await store("2026-10-31T23:59:59.999Z", { [first]: "published" });
  await store("2026-11-01T00:00:00Z", { [first]: "published", [second]: "failed" });
  await store("2026-11-30T23:59:59.999Z", { [first]: "unconfirmed", [second]: "canceled" });
  for (const status of ["awaiting_approval", "queued", "publishing"]) {
    await store("2026-11-15T12:00:00Z", { [second]: status });
  }
  await store("2026-12-01T00:00:00Z", { [first]: "published" });
  await store("2026-11-15T12:00:00Z", { [first]: "published" }, "live");
  vi.restoreAllMocks();
});

let stored = 0;

/** A post as it was projected, whenever that was. */
async function store(at: string, tasks: Record<string, string>, mode = "test"): Promise<void> {
  const state = {
    tasks: Object.entries(tasks).map(([accountId, status]) => ({
      accountId,
      platform: accountId === first ? "facebook" : "instagram",
      status,
    })),
  };
  await env.DB.prepare(
    `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
      status, state, seq) VALUES (?, ?, ?, 0, 1, '', '[]', '{}', '[]', ?, 'published', ?, 0)`,
  )
    .bind(workspace.id, mode, `post_usage_${stored++}`, Date.parse(at), JSON.stringify(state))
    .run();
}

const ask = (query: string, key = workspace.test) => call("GET", `/v1/usage${query}`, { key });
const line = (month: string, account: string, counts: Record<string, number>) => ({
  month,
  account_id: account,
  platform: account === first ? "facebook" : "instagram",
  username: account === first ? "facebook_ok" : "instagram_ok",
  published: 0,
  failed: 0,
  unconfirmed: 0,
  canceled: 0,
  queued: 0,
  ...counts,
});

describe("the usage", () => {
  it("counts, by account, what became of posts that were scheduled in a month, and of no others", async () => {
    const { body } = await ask("?month=2026-11");
    expect(body).toMatchObject({ from: "2026-11", to: "2026-11" });
    expect(body.usage.toSorted((a: { account_id: string }) => (a.account_id === first ? -1 : 1))).toEqual([
      line("2026-11", first, { published: 1, unconfirmed: 1 }),
      line("2026-11", second, { failed: 1, canceled: 1, queued: 3 }),
    ]);
  });

  it("is that of the present month where none is named", async () => {
    const month = new Date(Date.now()).toISOString().slice(0, 7);
    expect((await ask("")).body).toMatchObject({ from: month, to: month });
  });

  it("goes from month to month, in order", async () => {
    const { body } = await ask("?from=2026-10&to=2026-12");
    const ofFirst = body.usage.filter((each: { account_id: string }) => each.account_id === first);
    expect(ofFirst).toEqual([
      line("2026-10", first, { published: 1 }),
      line("2026-11", first, { published: 1, unconfirmed: 1 }),
      line("2026-12", first, { published: 1 }),
    ]);
  });

  it("is that of one mode and one workspace", async () => {
    const { body } = await ask("?month=2026-11", workspace.live);
    expect(body.usage).toEqual([expect.objectContaining({ account_id: first, published: 1, unconfirmed: 0 })]);
    const stranger = await newWorkspace();
    expect((await ask("?month=2026-11", stranger.test)).body.usage).toEqual([]);
  });

  it("is, for a key that is restricted to accounts, theirs alone, with all tasks there", async () => {
    const { key } = await newKey(workspace, { scopes: ["posts:read"], accounts: [second] });
    const { body } = await ask("?month=2026-11", key);
    expect(body.usage).toEqual([line("2026-11", second, { failed: 1, canceled: 1, queued: 3 })]);
  });

  it("costs one statement for each month, and writes nothing", async () => {
    const { db } = servicesOf(env);
    const all = vi.spyOn(db, "all");
    const batch = vi.spyOn(env.DB, "batch");
    await ask("?from=2026-10&to=2026-12");
    expect([all.mock.calls.length, batch.mock.calls.length]).toEqual([3, 0]);
    vi.restoreAllMocks();
  });

  it("is that of the present month where nothing is said", async () => {
    const present = new Date(Date.now()).toISOString().slice(0, 7);
    expect((await ask("")).body).toMatchObject({ from: present, to: present });
  });

  it.each([
    ["?from=2026-01", "to"],
    ["?to=2026-01", "from"],
    ["?month=2026-11&from=2026-11&to=2026-11", "month"],
    ["?month=2026-13", "month"],
    ["?month=november", "month"],
    ["?from=2026-11&to=2026-10", "to"],
    ["?from=2025-11&to=2026-11", "to"],
    ["?month=2026-11&format=xml", "format"],
  ])("is refused for %j", async (query, field) => {
    const answer = await ask(query);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });
});

describe("the usage as CSV", () => {
  it("has the same, names of columns first, and is to be saved", async () => {
    const answer = await ask("?month=2026-12&format=csv");
    expect(answer.headers.get("Content-Type")).toBe("text/csv; charset=utf-8; header=present");
    expect(answer.headers.get("Content-Disposition")).toBe('attachment; filename="usage-2026-12.csv"');
    expect(answer.text).toBe(
      `month,account_id,platform,username,published,failed,unconfirmed,canceled,queued\r\n2026-12,${first},facebook,facebook_ok,1,0,0,0,0\r\n`,
    );
  });

  it("gives a spreadsheet nothing to work out", async () => {
    const rename = env.DB.prepare("UPDATE accounts SET username = ? WHERE id = ?");
    await rename.bind('=HYPERLINK("https://evil.example","x")', first).run();
    const { text } = await ask("?month=2026-12&format=csv");
    expect(text).toContain(`facebook,"'=HYPERLINK(""https://evil.example"",""x"")",1,`);
    await rename.bind("facebook_ok", first).run();
  });
});
