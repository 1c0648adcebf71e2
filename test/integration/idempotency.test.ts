import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { database } from "../../src/db/database.ts";
import { forgetKeysOfPosts } from "../../src/db/idempotency.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

const HOUR = 3_600_000;
const DAY = 86_400_000;
const CONFLICT = {
  error: {
    code: "idempotency_conflict",
    message: "This Idempotency-Key was already used with a different request body.",
  },
};

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

let counter = 0;
const newKey = () => `key-${counter++}-${crypto.randomUUID()}`;
const keyed = (key: string) => ({ "Idempotency-Key": key });
const request = (content: string) => ({
  content,
  accounts: [account],
  schedule: new Date(Date.now() + DAY).toISOString(),
});

async function countPosts(content: string): Promise<number> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM posts WHERE content = ?")
    .bind(content)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

/** Runs without the replay cache, in which the database alone has to decide. */
function withoutCache(): void {
  vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
}

describe.each([
  ["with the replay cache", () => {}],
  ["with a cache that never has anything", withoutCache],
  ["with a cache that fails", () => vi.spyOn(env.IDEMPOTENCY, "get").mockRejectedValue(new Error("KV is away"))],
  ["with a cache full of rubbish", () => vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue({ what: "ever" } as never)],
])("%s", (name, spoil) => {
  beforeEach(() => void spoil());

  it("the same request is answered the same, byte for byte, and done once", async () => {
    const [key, body] = [newKey(), request(`Once, ${name}`)];
    const first = await publish(workspace, body, keyed(key));
    expect([first.status, first.headers.get("Idempotent-Replayed")]).toEqual([202, null]);
    for (let i = 0; i < 3; i++) {
      const again = await publish(workspace, body, keyed(key));
      expect([again.status, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([202, first.text, "true"]);
      expect(again.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
    }
    expect(await countPosts(body.content)).toBe(1);
  });

  it("another request with the same key is a conflict", async () => {
    const key = newKey();
    await publish(workspace, request(`First, ${name}`), keyed(key));
    const other = await publish(workspace, request(`Second, ${name}`), keyed(key));
    expect([other.status, other.body]).toMatchObject([409, CONFLICT]);
    expect(await countPosts(`Second, ${name}`)).toBe(0);
  });

  it("fifty at once make one post, and all are told of it", async () => {
    const [key, body] = [newKey(), request(`Fifty, ${name}`)];
    const answers = await Promise.all(Array.from({ length: 50 }, () => publish(workspace, body, keyed(key))));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect(await countPosts(body.content)).toBe(1);
  });

  it("fifty of two kinds at once make one post, and the other kind is told of the conflict", async () => {
    const key = newKey();
    const bodies = [request(`Kind A, ${name}`), request(`Kind B, ${name}`)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => publish(workspace, bodies[i % 2] ?? {}, keyed(key))),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(25);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(25);
    expect((await countPosts(`Kind A, ${name}`)) + (await countPosts(`Kind B, ${name}`))).toBe(1);
  });
});

describe("what counts as the same request", () => {
  it("neither the order of its members nor white space nor spelled-out defaults", async () => {
    const key = newKey();
    const body = request("Meaning");
    const first = await publish(workspace, body, keyed(key));
    const shuffled = `{ "schedule":"${body.schedule}",\n "accounts":["${account}"] , "media": [], "content": "Meaning" }`;
    const headers = { ...keyed(key), "Content-Type": "application/json; charset=utf-8" };
    const again = await call("POST", "/v1/publish", { key: workspace.test, body: shuffled, headers });
    expect([again.status, again.text]).toEqual([202, first.text]);
  });

  it("the same moment in another time zone", async () => {
    const key = newKey();
    const at = Math.ceil(Date.now() / 1_000) * 1_000 + DAY;
    const utc = new Date(at).toISOString();
    const paris = new Date(at + 7_200_000).toISOString().replace("Z", "+02:00");
    const first = await publish(workspace, { ...request("Zones"), schedule: utc }, keyed(key));
    expect((await publish(workspace, { ...request("Zones"), schedule: paris }, keyed(key))).text).toBe(first.text);
  });

  it("the order of accounts does matter", async () => {
    const key = newKey();
    const other = await newAccount(workspace, "facebook");
    await publish(workspace, { ...request("Order"), accounts: [account, other] }, keyed(key));
    const swapped = await publish(workspace, { ...request("Order"), accounts: [other, account] }, keyed(key));
    expect(swapped.status).toBe(409);
  });

  it("a key belongs to its workspace and mode", async () => {
    const key = newKey();
    const other = await newWorkspace();
    const otherAccount = await newAccount(other, "facebook");
    const first = await publish(workspace, request("Mine"), keyed(key));
    const second = await publish(other, { ...request("Mine"), accounts: [otherAccount] }, keyed(key));
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.id).not.toBe(first.body.id);
  });
});

describe("the key itself", () => {
  it("may be quoted", async () => {
    const key = newKey();
    const body = request("Quoted");
    const first = await publish(workspace, body, keyed(key));
    expect((await publish(workspace, body, keyed(`"${key}"`))).text).toBe(first.text);
  });

  it.each([
    ["empty", ""],
    ["empty in quotes", '""'],
    ["256 characters long", "k".repeat(256)],
    ["not ASCII", "schlüssel"],
  ])("is refused when it is %s", async (_name, key) => {
    const answer = await publish(workspace, request("Malformed"), keyed(key));
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: "validation_error", field: "Idempotency-Key" });
    expect(await countPosts("Malformed")).toBe(0);
  });

  it("may have 255 characters", async () => {
    const key = newKey().padEnd(255, "x");
    expect((await publish(workspace, request("Long key"), keyed(key))).status).toBe(202);
  });

  it("may be missing: then nothing is deduplicated", async () => {
    const body = request("No key");
    const [first, second] = [await publish(workspace, body), await publish(workspace, body)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(await countPosts("No key")).toBe(2);
  });
});

describe("what is remembered, and how long", () => {
  it("a refused request leaves its key free", async () => {
    const key = newKey();
    const refused = await publish(workspace, { ...request("Refused"), accounts: ["acc_missing"] }, keyed(key));
    expect(refused.status).toBe(400);
    expect((await publish(workspace, request("Refused"), keyed(key))).status).toBe(202);
  });

  it("a replay is not refused for what has changed since: its time is long past", async () => {
    const key = newKey();
    const body = { ...request("Past by now"), schedule: new Date(Date.now() + 60_000).toISOString() };
    const first = await publish(workspace, body, keyed(key));
    advance(DAY);
    withoutCache();
    const again = await publish(workspace, body, keyed(key));
    expect([again.status, again.text]).toEqual([202, first.text]);
  });

  it("the cache is told with the first replay, and forgets with the key, by its own clock", async () => {
    const put = vi.spyOn(env.IDEMPOTENCY, "put");
    const [key, body] = [newKey(), request("Cached")];
    await publish(workspace, body, keyed(key));
    expect(put).not.toHaveBeenCalled();
    await publish(workspace, body, keyed(key));
    await vi.waitFor(() => expect(put).toHaveBeenCalledOnce());
    expect(put.mock.calls[0]?.[2]).toEqual({ expirationTtl: 30 * 86_400 });
  });

  it("a cache that cannot be written fails nothing", async () => {
    vi.spyOn(env.IDEMPOTENCY, "put").mockRejectedValue(new Error("KV is away"));
    const [key, body] = [newKey(), request("Not cached")];
    const first = await publish(workspace, body, keyed(key));
    expect(first.status).toBe(202);
    expect((await publish(workspace, body, keyed(key))).text).toBe(first.text);
  });

  it("the database remembers for 30 days; then the key is free again, for one of many", async () => {
    withoutCache();
    const [key, body] = [newKey(), { content: "A month", accounts: [account] }];
    const first = await publish(workspace, body, keyed(key));
    advance(30 * DAY - 1_000);
    expect((await publish(workspace, body, keyed(key))).text).toBe(first.text);
    advance(1_000);
    const answers = await Promise.all(Array.from({ length: 50 }, () => publish(workspace, body, keyed(key))));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers[0]?.text).not.toBe(first.text);
    expect(await countPosts("A month")).toBe(2);
  });

  it("the cache remembers for no longer than the database: of the same age, it knows of no request", async () => {
    const [key, body] = [newKey(), request("At the end of its month")];
    const put = vi.spyOn(env.IDEMPOTENCY, "put");
    const first = await publish(workspace, body, keyed(key));
    await publish(workspace, body, keyed(key));
    await vi.waitFor(() => expect(put).toHaveBeenCalledOnce());
    advance(30 * DAY - 1_000);
    await env.IDEMPOTENCY.delete(String(put.mock.calls[0]?.[0]));
    expect((await publish(workspace, body, keyed(key))).text).toBe(first.text);
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(2));
    advance(1_000);
    const other = await publish(workspace, request("The key is free"), keyed(key));
    expect([other.status, other.headers.get("Idempotent-Replayed")]).toEqual([202, null]);
  });
});

describe("when the database loses its answer", () => {
  it("the batch is sent again, and the post is there once", async () => {
    const batch = env.DB.batch.bind(env.DB);
    let writes = 0;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const results = await batch(statements);
      if (statements.length > 5 && ++writes === 1) throw new Error("D1_ERROR: Network connection lost.");
      return results as never;
    });
    const answer = await publish(workspace, request("Answer lost"), keyed(newKey()));
    expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([202, null]);
    expect(writes).toBe(2);
    expect(await countPosts("Answer lost")).toBe(1);
    const total = (await call("GET", "/v1/posts", { key: workspace.test })).body.total;
    const row = await env.DB.prepare("SELECT count(*) AS n FROM posts WHERE workspace_id = ?")
      .bind(workspace.id)
      .first();
    expect(total).toBe(row?.n);
  });

  it("again and again, the answer is 500, and the same key finds what was done", async () => {
    const batch = env.DB.batch.bind(env.DB);
    const spy = vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const results = await batch(statements);
      if (statements.length > 5) throw new Error("D1_ERROR: Network connection lost. SECRET");
      return results as never;
    });
    const [key, body] = [newKey(), request("Answers lost")];
    const failed = await publish(workspace, body, keyed(key));
    expect([failed.status, failed.body.error.code]).toEqual([500, "internal_error"]);
    expect(failed.text).not.toContain("SECRET");
    spy.mockRestore();
    const again = await publish(workspace, body, keyed(key));
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([202, "true"]);
    expect(await countPosts("Answers lost")).toBe(1);
  });
});

describe("keys of posts whose time is over", () => {
  const kept = async (of: TestWorkspace) => {
    const { results } = await env.DB.prepare("SELECT key FROM idempotency WHERE workspace_id = ? ORDER BY key")
      .bind(of.id)
      .all<{ key: string }>();
    return results.map(({ key }) => key);
  };
  /** Keys as posts have them, among the first in the order of digests. @param over whether their time is */
  const store = (of: TestWorkspace, names: string[], over: boolean, postId: string | null = "post_1") =>
    env.DB.batch(
      names.map((name) =>
        env.DB.prepare(
          `INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, post_id, expires_at)
           VALUES (?, 'test', ?, '', '', ?, ?)`,
        ).bind(of.id, name, postId, Date.now() + (over ? 0 : DAY)),
      ),
    );

  it("are forgotten by the hourly round where nobody publishes any more, and those that still hold are not", async () => {
    const idle = await newWorkspace();
    const busy = await newWorkspace();
    await publish(busy, { ...request("Still here"), accounts: [await newAccount(busy, "facebook")] });
    for (const of of [idle, busy]) {
      await store(of, ["z1", "z2"], true);
      await store(of, ["z3"], false);
    }
    advance(HOUR);
    const left = async (of: TestWorkspace) => (await kept(of)).filter((key) => key.startsWith("z"));
    const prepare = vi.spyOn(env.DB, "prepare");
    for (let sweeps = 0; sweeps < 50 && (await left(idle)).length > 1; sweeps++) {
      await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
    }
    const [query = ""] = prepare.mock.calls.flat().filter((sql) => sql.includes("idempotency AS k"));
    prepare.mockRestore();
    // Where somebody publishes the keys are not even looked at, however many there are.
    const params = Array.from({ length: query.split("?").length - 1 }, () => "1");
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`)
      .bind(...params)
      .all<{ detail: string }>();
    const order = ["SEARCH posts", "SEARCH k"].map((step) =>
      results.findIndex(({ detail }) => detail.startsWith(step)),
    );
    expect(order[0]).toBeGreaterThan(0);
    expect(order[1]).toBeGreaterThan(order[0] ?? 0);
    expect([await left(idle), await left(busy)]).toEqual([["z3"], ["z1", "z2", "z3"]]);
  });

  it("are forgotten by requests whose keys come before them, some by each, and nobody else's", async () => {
    const mine = await newWorkspace();
    const into = await newAccount(mine, "facebook");
    // Digests are hexadecimal: these come behind all of them.
    const names = Array.from({ length: 12 }, (_, i) => `x${String(i).padStart(2, "0")}`);
    await store(mine, names, true);
    const ask = () => publish(mine, { ...request("Forgetting"), accounts: [into] }, keyed(newKey()));
    const left = async () => (await kept(mine)).filter((key) => key.startsWith("x"));
    expect((await ask()).status).toBe(202);
    expect(await left()).toEqual(names.slice(8));
    expect((await ask()).status).toBe(202);
    expect((await left()).length).toBeLessThan(5);
    await store(mine, ["y0"], false);
    await store(mine, ["y1"], true, null);
    await store(workspace, ["y2"], true);
    for (let i = 0; i < 12; i++) await ask();
    expect((await kept(mine)).filter((key) => !/^[0-9a-f]{64}$/.test(key))).toEqual(["y0", "y1"]);
    expect(await kept(workspace)).toContain("y2");
  });

  it("are forgotten by bulks too, wherever they stand among those that are kept", async () => {
    const mine = await newWorkspace();
    const digest = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
    await store(mine, Array.from({ length: 1_500 }, digest), false);
    await store(mine, Array.from({ length: 300 }, digest), true);
    const db = database(env.DB);
    for (let i = 0; i < 30; i++) {
      const claimed = Array.from({ length: 50 }, () => ({ key: digest() }));
      await db.batch([forgetKeysOfPosts(db, { workspaceId: mine.id, mode: "test" }, claimed, Date.now())]);
    }
    // Behind the least of their keys all of them would come to the first part alone.
    expect((await kept(mine)).length).toBeLessThan(1_600);
  });
});
