import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { KEY_SCOPES } from "../../src/lib/vocabulary.ts";
import type { Answer, TestKey, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newPicture, newWorkspace, publish, saidBy } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

/*
 * Two teams share a workspace: the key of one reaches its two accounts, and a third account is the other's.
 */

let workspace: TestWorkspace;
let own: string;
let ownToo: string;
let foreign: string;
let team: TestKey;
/** Posts, by where they go. */
let posts: { own: string; both: string; mixed: string; foreign: string };
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  [own, ownToo, foreign] = [
    await newAccount(workspace, "facebook"),
    await newAccount(workspace, "facebook"),
    await newAccount(workspace, "facebook"),
  ];
  team = await newKey(workspace, { accounts: [own, ownToo] });
  posts = {
    own: await newPost([own]),
    both: await newPost([own, ownToo]),
    mixed: await newPost([own, foreign]),
    foreign: await newPost([foreign]),
  };
});

const asTeam = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(method, path, { key: team.key, headers, ...(body === undefined ? {} : { body }) });
const nextWeek = (): string => new Date(Date.now() + 7 * 86_400_000).toISOString();

async function newPost(accounts: string[]): Promise<string> {
  const accepted = await publish(workspace, { content: `For ${accounts}`, accounts, schedule: nextWeek() });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return accepted.body.id;
}

describe("a key that is restricted to accounts sees of accounts", () => {
  it("its own in the list, and no other", async () => {
    const { body } = await asTeam("GET", "/v1/accounts");
    expect(body.accounts.map(({ id }: { id: string }) => id).sort()).toEqual([own, ownToo].sort());
    expect((await asTeam("GET", `/v1/accounts/${own}`)).status).toBe(200);
  });

  it.each([
    ["GET", "", undefined],
    ["PATCH", "", { labels: ["mine"] }],
    ["DELETE", "", undefined],
    ["GET", "/locations?q=Rome", undefined],
    ["GET", "/pause", undefined],
    ["POST", "/pause", {}],
    ["POST", "/resume", { overdue: "send" }],
  ])("another as one that is not there: %s %s", async (method, path, body) => {
    const other = await asTeam(method, `/v1/accounts/${foreign}${path}`, body);
    const missing = await asTeam(method, `/v1/accounts/acc_missing${path}`, body);
    expect(other.status).toBe(404);
    expect(saidBy(other)).toBe(saidBy(missing));
    const account = (await call("GET", `/v1/accounts/${foreign}`, { key: workspace.test })).body;
    expect(account).toMatchObject({ labels: [], paused_at: null, status: "active" });
  });

  it("its own to label, pause and resume", async () => {
    expect((await asTeam("PATCH", `/v1/accounts/${own}`, { labels: ["mine"] })).body.labels).toEqual(["mine"]);
    expect((await asTeam("POST", `/v1/accounts/${own}/pause`, {})).body.paused).toBe(true);
    expect((await asTeam("POST", `/v1/accounts/${own}/resume`, { overdue: "send" })).body.paused).toBe(false);
    expect((await asTeam("GET", `/v1/accounts/${own}/locations?q=Rome`)).status).toBe(200);
  });
});

describe("it changes accounts", () => {
  it("and is not told by an Idempotency-Key what others have changed", async () => {
    const headers = { "Idempotency-Key": "shared pause" };
    const path = `/v1/accounts/${foreign}/pause`;
    expect((await call("POST", path, { key: workspace.test, headers })).status).toBe(200);
    const answer = await asTeam("POST", path, undefined, headers);
    expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([404, null]);
    const body = { overdue: "send" };
    await call("POST", `/v1/accounts/${foreign}/resume`, { key: workspace.test, body });
  });

  it("under its own name in the audit log", async () => {
    const headers = { "Idempotency-Key": "labels" };
    const path = `/v1/accounts/${own}`;
    const answer = await asTeam("PATCH", path, { labels: ["named"] }, headers);
    expect([answer.status, answer.body.labels]).toEqual([200, ["named"]]);
    expect((await asTeam("PATCH", path, { labels: ["named"] }, headers)).text).toBe(answer.text);
    const { results } = await env.DB.prepare(
      "SELECT target, details FROM audit_log WHERE workspace_id = ? AND actor = ? AND action = 'account.updated'",
    )
      .bind(workspace.id, team.id)
      .all();
    expect(results.at(-1)).toEqual({ target: own, details: '{"changed":["labels"]}' });
    await asTeam("PATCH", path, { labels: [] });
  });
});

describe("it publishes", () => {
  it("to its accounts alone: another is refused as one that is not there, by the dry run too", async () => {
    for (const path of ["/v1/publish", "/v1/publish/validate"]) {
      const ask = (accounts: string[]) => asTeam("POST", path, { content: "Hello", accounts, schedule: nextWeek() });
      const [other, missing] = [await ask([own, foreign]), await ask([own, "acc_missing"])];
      expect(saidBy(other).replaceAll(foreign, "acc_missing")).toBe(saidBy(missing));
      expect(other.text).toContain("accounts.1 is not a test account of this workspace.");
      expect((await ask([own, ownToo])).status).toBe(path === "/v1/publish" ? 202 : 200);
    }
    expect((await asTeam("POST", "/v1/publish", { content: "Hello", accounts: [foreign] })).status).toBe(400);
  });

  it("and is not told by an Idempotency-Key what others have published", async () => {
    const body = { content: "Said by others", accounts: [foreign], schedule: nextWeek() };
    const headers = { "Idempotency-Key": "shared" };
    const accepted = await publish(workspace, body, headers);
    expect(accepted.status).toBe(202);
    // From the cache, and from the database.
    for (let tries = 0; tries < 2; tries++) {
      const replay = await asTeam("POST", "/v1/publish", body, headers);
      expect([replay.status, replay.body.error.field]).toEqual([400, "accounts.0"]);
      expect(replay.text).not.toContain(accepted.body.id);
      vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
    }
    vi.restoreAllMocks();
  });

  it("is answered again by its own", async () => {
    const body = { content: "Said once", accounts: [own], schedule: nextWeek() };
    const headers = { "Idempotency-Key": "team" };
    const [first, second] = [
      await asTeam("POST", "/v1/publish", body, headers),
      await asTeam("POST", "/v1/publish", body, headers),
    ];
    expect([first.status, second.text]).toEqual([202, first.text]);
  });
});

describe("it sees of posts", () => {
  it("those that go to its accounts and no others, in lists, filters, pages and totals", async () => {
    const own2 = await newWorkspace();
    const [a, b, c] = [
      await newAccount(own2, "facebook"),
      await newAccount(own2, "facebook"),
      await newAccount(own2, "facebook"),
    ];
    const { key } = await newKey(own2, { scopes: ["posts:read"], accounts: [a, b] });
    const targets = [[a], [c], [b], [a, b], [a, c], [c], [b, a]];
    const ids: string[] = [];
    for (const accounts of targets) {
      const accepted = await publish(own2, { content: "x", accounts, schedule: nextWeek() });
      ids.push(accepted.body.id);
      // Ids of one moment are in no order.
      advance(1);
    }
    const visible = [0, 2, 3, 6].map((index) => ids[index]).reverse();
    const list = async (query: string) => {
      const { body } = await call("GET", `/v1/posts?${query}`, { key });
      return [body.posts.map(({ id }: { id: string }) => id), body.total, body.next_cursor];
    };
    expect(await list("")).toEqual([visible, 4, null]);
    expect(await list("status=queued")).toEqual([visible, 4, null]);
    expect(await list("platform=facebook&limit=100")).toEqual([visible, 4, null]);
    expect(await list(`account_id=${a}`)).toEqual([[ids[6], ids[3], ids[0]], 3, null]);
    expect(await list(`account_id=${c}`)).toEqual([[], 0, null]);
    expect(await list("status=published")).toEqual([[], 0, null]);
    const [first, total, cursor] = await list("limit=3");
    expect([first, total]).toEqual([visible.slice(0, 3), 4]);
    expect(await list(`limit=3&cursor=${cursor}`)).toEqual([visible.slice(3), 4, null]);
    const whole = await call("GET", "/v1/posts", { key: own2.test });
    expect(whole.body.total).toBe(7);
  });

  it.each([
    ["GET", "", undefined],
    ["GET", "/timeline", undefined],
    ["PATCH", "", { content: "Taken over" }],
    ["DELETE", "", undefined],
    ["POST", "/retry", {}],
    ["DELETE", "/tasks/OWN", undefined],
    ["POST", "/tasks/OWN/resolve", { outcome: "not_published" }],
  ])("one that goes elsewhere too as one that is not there: %s %s", async (method, path, body) => {
    const suffix = path.replace("OWN", own);
    const missing = await asTeam(method, `/v1/posts/post_missing${suffix}`, body);
    for (const id of [posts.mixed, posts.foreign]) {
      const answer = await asTeam(method, `/v1/posts/${id}${suffix}`, body);
      expect(answer.status).toBe(404);
      expect(saidBy(answer)).toBe(saidBy(missing));
      const post = (await call("GET", `/v1/posts/${id}`, { key: workspace.test })).body;
      expect(post).toMatchObject({ status: "queued", version: 1 });
    }
  });

  it("its own to read, edit and cancel", async () => {
    expect((await asTeam("GET", `/v1/posts/${posts.both}`)).body.tasks).toHaveLength(2);
    expect((await asTeam("GET", `/v1/posts/${posts.both}/timeline`)).status).toBe(200);
    expect((await asTeam("PATCH", `/v1/posts/${posts.both}`, { content: "Edited" })).body.content).toBe("Edited");
    expect((await asTeam("DELETE", `/v1/posts/${posts.both}/tasks/${own}`)).status).toBe(200);
    expect((await asTeam("DELETE", `/v1/posts/${posts.both}`)).body).toEqual({ success: true });
    expect((await asTeam("POST", `/v1/posts/${posts.own}/retry`, {})).status).toBe(409);
  });
});

describe("it adds media and uses it, and cannot list or delete what others have added", () => {
  it("reaches media by its id", async () => {
    const picture = await newPicture(workspace);
    expect((await asTeam("GET", `/v1/media/${picture}`)).status).toBe(200);
    const body = { content: "x", accounts: [own], media: [picture], schedule: nextWeek() };
    expect((await asTeam("POST", "/v1/publish", body)).status).toBe(202);
    expect((await asTeam("GET", "/v1/media")).status).toBe(403);
    expect((await asTeam("DELETE", `/v1/media/${picture}`)).status).toBe(403);
    expect((await asTeam("POST", "/v1/media/uploads", { bytes: 10 })).status).toBe(201);
  });
});

describe("it administers keys", () => {
  const fields = { name: "Sub-team", scopes: ["posts:read"] };

  it("makes those that are restricted to some of its accounts, and no others", async () => {
    const all = await asTeam("POST", "/v1/api-keys", fields);
    expect([all.status, all.body.error.field]).toEqual([400, "accounts"]);
    const ask = (accounts: string[]) => asTeam("POST", "/v1/api-keys", { ...fields, accounts });
    const [other, missing] = [await ask([own, foreign]), await ask([own, "acc_missing"])];
    expect([other.status, other.body.error.field]).toEqual([400, "accounts.1"]);
    expect(saidBy(other)).toBe(saidBy(missing));
    expect((await ask([ownToo])).body.accounts).toEqual([ownToo]);
  });

  it("does not widen itself, nor a key that it made", async () => {
    const made = (await asTeam("POST", "/v1/api-keys", { ...fields, accounts: [own] })).body;
    for (const id of [team.id, made.id]) {
      const all = await asTeam("PATCH", `/v1/api-keys/${id}`, { accounts: null });
      expect([all.status, all.body.error.field]).toEqual([400, "accounts"]);
      const other = await asTeam("PATCH", `/v1/api-keys/${id}`, { accounts: [own, foreign] });
      expect([other.status, other.body.error.field]).toEqual([400, "accounts.1"]);
    }
    const wider = await asTeam("PATCH", `/v1/api-keys/${made.id}`, { accounts: [own, ownToo] });
    expect(wider.body.accounts).toEqual([own, ownToo]);
    expect((await asTeam("GET", `/v1/accounts/${foreign}`)).status).toBe(404);
  });

  it("sees no key that reaches further than it does", async () => {
    const mixed = await newKey(workspace, { accounts: [own, foreign] });
    const whole = await newKey(workspace);
    const listed = (await asTeam("GET", "/v1/api-keys?limit=100")).body.api_keys;
    expect(listed.length).toBeGreaterThan(0);
    for (const { accounts } of listed) {
      expect([own, ownToo]).toEqual(expect.arrayContaining(accounts));
    }
    for (const { id } of [mixed, whole]) {
      for (const [method, path, body] of [
        ["GET", "", undefined],
        ["PATCH", "", { name: "Mine" }],
        ["DELETE", "", undefined],
        ["POST", "/rotate", {}],
      ] as const) {
        expect((await asTeam(method, `/v1/api-keys/${id}${path}`, body)).status).toBe(404);
      }
    }
  });

  it("and keeps an account that was disconnected", async () => {
    const account = await newAccount(workspace, "facebook");
    const { id } = await newKey(workspace, { accounts: [account, own] });
    await call("DELETE", `/v1/accounts/${account}`, { key: workspace.test });
    const change = (accounts: string[]) =>
      call("PATCH", `/v1/api-keys/${id}`, { key: workspace.test, body: { accounts } });
    expect((await change([account])).body.accounts).toEqual([account]);
    expect((await change([own])).body.accounts).toEqual([own]);
    expect((await change([account])).body.error.field).toBe("accounts.0");
  });
});

it("whatever a key without restriction asks, it costs no query more than the request itself", async () => {
  const { key } = await newKey(workspace, { scopes: KEY_SCOPES });
  await call("GET", "/v1/health", { key });
  await scheduler.wait(50);
  // The least of several: the sweeper may ask something in between.
  const cost = async (path: string) => {
    const costs: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      const prepared = vi.spyOn(env.DB, "prepare");
      await call("GET", path, { key });
      costs.push(prepared.mock.calls.length);
      prepared.mockRestore();
    }
    return Math.min(...costs);
  };
  expect(await cost(`/v1/posts/${posts.own}`)).toBe(2);
  expect(await cost("/v1/posts")).toBe(3);
  expect(await cost("/v1/accounts")).toBe(2);
});
