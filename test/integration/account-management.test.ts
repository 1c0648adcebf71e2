import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { STATUS_OF_HEALTH } from "../../src/accounts/print-account.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish, saidBy } from "./helpers/api.ts";
import { advance, drive, getPost, holdTime, refOf } from "./helpers/drive.ts";

const DAY = 86_400_000;

let workspace: TestWorkspace;
let other: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  [workspace, other] = [await newWorkspace(), await newWorkspace()];
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const read = async (id = account, key = workspace.test) => (await call("GET", `/v1/accounts/${id}`, { key })).body;
const label = (labels: unknown, id = account, key = workspace.test) =>
  call("PATCH", `/v1/accounts/${id}`, { key, body: { labels } });
const time = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

async function setGrant(fields: Record<string, unknown>, id = account): Promise<void> {
  for (const [column, value] of Object.entries(fields)) {
    await env.DB.prepare(`UPDATE grants SET ${column} = ? WHERE id = (SELECT grant_id FROM accounts WHERE id = ?)`)
      .bind(value, id)
      .run();
  }
}

async function setAccount(fields: Record<string, unknown>, id = account): Promise<void> {
  for (const [column, value] of Object.entries(fields)) {
    await env.DB.prepare(`UPDATE accounts SET ${column} = ? WHERE id = ?`).bind(value, id).run();
  }
}

describe("one account", () => {
  it("is read as the list shows it", async () => {
    const { accounts } = (await call("GET", "/v1/accounts", { key: workspace.test })).body;
    expect(await read()).toEqual(accounts[0]);
    expect(Object.keys(accounts[0])).toEqual([
      ...["id", "platform", "username", "status", "token_expires_at"],
      ...["health", "reason", "name", "avatar_url", "profile_url", "labels", "group_id", "posts_at_risk"],
      ...["paused_at", "remaining_posts_today"],
      "behavior",
    ]);
  });

  it.each([
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["GET", "/locations?q=Berlin"],
  ])(
    "%s /v1/accounts/{id}%s: another workspace's, and the other mode's, is as if it were not there",
    async (method, tail) => {
      const body = method === "PATCH" ? { body: { labels: ["x"] } } : {};
      const path = (id: string) => `/v1/accounts/${id}${tail}`;
      const missing = await call(method, path("acc_missing"), { key: other.test, ...body });
      expect([missing.status, missing.body.error.code]).toEqual([404, "not_found"]);
      for (const key of [other.test, workspace.live]) {
        const answer = await call(method, path(account), { key, ...body });
        expect([answer.status, saidBy(answer)]).toEqual([404, saidBy(missing)]);
      }
      expect(await read()).toMatchObject({ id: account, labels: [] });
    },
  );
});

describe("labels", () => {
  it("are kept without the spaces around them, and replaced", async () => {
    const answer = await label([" summer", "Ü ber\t"]);
    expect([answer.status, answer.body.labels]).toEqual([200, ["summer", "Ü ber"]]);
    expect((await read()).labels).toEqual(["summer", "Ü ber"]);
    expect((await label([])).body.labels).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["one that is empty", [""], "labels.0"],
    ["one of spaces", ["  "], "labels.0"],
    ["half a character", ["\ud800"], "labels.0"],
    ["one that is too long", ["x".repeat(51)], "labels.0"],
    ["one twice", ["a", "b", " a"], "labels.2"],
    ["too many", Array.from({ length: 21 }, (_, i) => `${i}`), "labels"],
    ["no list", "summer", "labels"],
    ["none at all", undefined, "labels"],
  ])("are refused with %s", async (_name, labels, field) => {
    const answer = await label(labels);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });

  it("are all that can be changed", async () => {
    const body = { labels: [], username: "x" };
    const answer = await call("PATCH", `/v1/accounts/${account}`, { key: workspace.test, body });
    expect([answer.status, answer.body.error.field]).toEqual([400, "username"]);
  });
});

describe("health", () => {
  it.each<[string, () => Promise<void>, string, RegExp | null]>([
    ["nothing is known to end", async () => {}, "ok", null],
    [
      "the token ends in a week and a minute",
      () => setGrant({ expires_at: Date.now() + 7 * DAY + 60_000 }),
      "ok",
      null,
    ],
    ["the token ends in a week", () => setGrant({ expires_at: Date.now() + 7 * DAY }), "expiring", /token ends at/],
    [
      "the token ends in a week and is renewed before",
      () => setGrant({ expires_at: Date.now() + 7 * DAY, renew_at: Date.now() + DAY }),
      "ok",
      null,
    ],
    [
      "the token ends in a week and renewing it fails",
      () => setGrant({ expires_at: Date.now() + DAY, renew_at: Date.now(), renew_fault: "Out of order." }),
      "expiring",
      /Out of order/,
    ],
    ["the token has ended", () => setGrant({ expires_at: Date.now() }), "needs_reconnect", /token ended/],
    [
      "access to data ends",
      () => setGrant({ data_access_expires_at: Date.now() + 3 * DAY }),
      "expiring",
      /access to data ends/,
    ],
    [
      "the platform said so",
      () => setAccount({ health: "restricted", health_reason: "Confirm your identity." }),
      "restricted",
      /Confirm your identity/,
    ],
  ])("when %s", async (_name, arrange, health, reason) => {
    await arrange();
    const body = await read();
    expect(body).toMatchObject({ health, status: STATUS_OF_HEALTH[health as "ok"] });
    if (reason) expect(body.reason).toMatch(reason);
    else expect(body.reason).toBeNull();
  });

  it("counts the open tasks that are at risk, once the account is not well", async () => {
    const second = await newAccount(workspace, "instagram");
    const schedule = time(Date.now() + DAY);
    for (const content of ["One", "Two"]) await publish(workspace, { content, accounts: [account], schedule });
    const canceled = await publish(workspace, { content: "Three", accounts: [account], schedule });
    await call("DELETE", `/v1/posts/${canceled.body.id}`, { key: workspace.test });
    await drive(refOf(workspace, await publish(workspace, { content: "Now", accounts: [account] })));
    expect((await read()).posts_at_risk).toBe(0);
    await setAccount({ health: "needs_reconnect" });
    await setAccount({ health: "restricted" }, second);
    const { accounts } = (await call("GET", "/v1/accounts", { key: workspace.test })).body;
    const atRisk = accounts.map((each: { id: string; posts_at_risk: number }) => [each.id, each.posts_at_risk]);
    expect(Object.fromEntries(atRisk)).toEqual({ [account]: 2, [second]: 0 });
  });

  it("goes with what the platform still lets it publish today, while that is known", async () => {
    const quota = { used: 20, total: 25, windowMs: DAY, readAt: Date.now() };
    await setAccount({ quota: JSON.stringify(quota) });
    expect((await read()).remaining_posts_today).toBe(5);
    await setAccount({ quota: JSON.stringify({ ...quota, used: 30 }) });
    expect((await read()).remaining_posts_today).toBe(0);
    advance(DAY);
    expect((await read()).remaining_posts_today).toBeNull();
  });
});

describe("a disconnected account", () => {
  const connect = (token = "EAAone") =>
    call("POST", "/v1/accounts", {
      key: workspace.live,
      body: { platform: "facebook", external_id: "4242", access_token: token },
    });
  beforeEach(() => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ id: "4242", name: "A Page" }));
  });

  it("is hidden, its token erased, and its id comes back with it", async () => {
    const { id } = (await connect()).body;
    await label(["kept"], id, workspace.live);
    const gone = await call("DELETE", `/v1/accounts/${id}`, { key: workspace.live });
    expect([gone.status, gone.text]).toEqual([200, '{"success":true}']);
    expect((await call("GET", "/v1/accounts", { key: workspace.live })).body.accounts).toEqual([]);
    expect((await call("GET", `/v1/accounts/${id}`, { key: workspace.live })).status).toBe(404);
    expect((await call("DELETE", `/v1/accounts/${id}`, { key: workspace.live })).status).toBe(404);
    const body = { content: "x", accounts: [id] };
    expect((await call("POST", "/v1/publish", { key: workspace.live, body })).body.error.field).toBe("accounts.0");
    const grant = () =>
      env.DB.prepare("SELECT g.* FROM grants g JOIN accounts a ON a.grant_id = g.id WHERE a.id = ?").bind(id).first();
    expect(await grant()).toMatchObject({ token_envelope: null, expires_at: null, scopes: null, renew_at: null });

    const back = await connect("EAAtwo");
    expect(back.body).toMatchObject({ id, status: "active", labels: ["kept"] });
    expect((await grant())?.token_envelope).toMatch(/^v1\./);
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE account_id = ?").bind(id).all();
    expect(results).toEqual([{ type: "account.connected" }, { type: "account.connected" }]);
  });

  it("lets its open tasks fail when their time comes, unless it is back by then", async () => {
    const schedule = time(Date.now() + DAY);
    const ref = refOf(workspace, await publish(workspace, { content: "Orphan", accounts: [account], schedule }));
    await call("DELETE", `/v1/accounts/${account}`, { key: workspace.test });
    await drive(ref);
    expect((await getPost(workspace, ref)).body.tasks[0]).toMatchObject({
      status: "failed",
      error: { code: "account_disconnected" },
    });
  });
});

describe("locations", () => {
  const search = (query: string, key = workspace.live, id = live) =>
    call("GET", `/v1/accounts/${id}/locations${query}`, { key });
  let live: string;
  let answer: () => Response;
  let asked: Request[];
  beforeEach(async () => {
    answer = () => Response.json({ id: "4242", name: "A Page" });
    asked = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      asked.push(new Request(input, init));
      return answer();
    });
    const body = { platform: "facebook", external_id: "4242", access_token: "EAAplaces" };
    live = (await call("POST", "/v1/accounts", { key: workspace.live, body })).body.id;
    asked.length = 0;
  });

  it("are searched where Meta lets us, and only those with coordinates are told", async () => {
    const place = { latitude: 52.5, longitude: 13.4, city: "Berlin", country: "Germany" };
    answer = () =>
      Response.json({
        data: [
          { id: "1", name: "Café", location: place },
          { id: "2", name: "Nowhere" },
        ],
      });
    const found = await search("?q=Caf%C3%A9");
    expect(found.status).toBe(200);
    expect(found.body).toEqual({ locations: [{ id: "1", name: "Café", street: null, ...place }] });
    const url = new URL(asked[0]?.url ?? "");
    expect([url.pathname, url.searchParams.get("q")]).toEqual(["/v26.0/pages/search", "Café"]);
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer EAAplaces");
  });

  it.each(["", "?q=", `?q=${"x".repeat(101)}`, "?q=a&limit=5"])("need a query: %s", async (query) => {
    expect((await search(query)).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it("are not searched by Instagram Login: Meta has no such thing", async () => {
    answer = () => Response.json({ user_id: "17841400000000009", username: "someone" });
    const body = { platform: "instagram", external_id: "17841400000000009", access_token: "IGAAplaces" };
    const { id } = (await call("POST", "/v1/accounts", { key: workspace.live, body })).body;
    const refused = await search("?q=x", workspace.live, id);
    expect([refused.status, refused.body.error.code]).toEqual([409, "conflict"]);
    expect(refused.body.error.message).toContain("Facebook Login");
  });

  it.each<[string, () => Response, number, string, Record<string, string> | undefined]>([
    ["is out of order", () => new Response("<html>", { status: 502 }), 500, "platform_error", undefined],
    [
      "throttles",
      () => Response.json({ error: { code: 4, message: "slow", fbtrace_id: "Atrace" } }, { status: 400 }),
      500,
      "platform_error",
      { code: "4", message: "slow", trace_id: "Atrace" },
    ],
    [
      "does not allow it",
      () => Response.json({ error: { code: 10, error_subcode: 7, message: "no" } }, { status: 400 }),
      409,
      "conflict",
      { code: "10", subcode: "7", message: "no" },
    ],
  ])("when the platform %s, with its own words where it has any", async (_name, broken, status, code, said) => {
    answer = broken;
    const refused = await search("?q=x");
    expect([refused.status, refused.body.error.code]).toEqual([status, code]);
    expect(refused.body.error.platform).toEqual(said);
    expect((await read(live, workspace.live)).health).toBe("ok");
  });

  it.each([190, 102])("find out that a token has ended, by code %i", async (code) => {
    answer = () => Response.json({ error: { code, message: "no" } }, { status: 400 });
    expect((await search("?q=x")).body.error.code).toBe("conflict");
    expect(await read(live, workspace.live)).toMatchObject({
      health: "needs_reconnect",
      reason: expect.stringMatching(/connect the account again/),
    });
  });

  it("need an account that works", async () => {
    await setAccount({ health: "needs_reconnect" }, live);
    expect((await search("?q=x")).body.error.code).toBe("conflict");
    expect(asked).toEqual([]);
  });
});
