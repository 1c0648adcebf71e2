import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { PUBLISH_MESSAGE } from "../../src/post/messages.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { deliver, drive, getPost, holdTime } from "./helpers/drive.ts";

const DAY = 86_400_000;

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

type Fields = Record<string, unknown>;
const tomorrow = () => new Date(Date.now() + DAY).toISOString();
const request = (content: string, fields: Fields = {}): Fields => ({
  content,
  accounts: [account],
  schedule: tomorrow(),
  ...fields,
});

const NDJSON = { "Content-Type": "application/x-ndjson" };
const send = (body: string, query = "", headers: Record<string, string> = NDJSON, key = workspace.test) =>
  call("POST", `/v1/publish/bulk${query}`, { key, body, headers });
const bulk = (lines: Fields[], query = "", key = workspace.test) =>
  send(lines.map((line) => JSON.stringify(line)).join("\n"), query, NDJSON, key);
const statuses = (answer: Answer): number[] => answer.body.results.map(({ status }: { status: number }) => status);

async function countPosts(in_: TestWorkspace = workspace): Promise<number> {
  const { body } = await call("GET", "/v1/posts?limit=1", { key: in_.test });
  return body.total;
}

let counter = 0;
const newName = () => `bulk-${counter++}`;

describe("POST /v1/publish/bulk", () => {
  it("answers each line as POST /v1/publish would, in order", async () => {
    const lines = [
      request("One"),
      request("Two", { accounts: [] }),
      request("Three", { accounts: ["acc_missing"] }),
      request("Four", { unheard: 1 }),
      request("Five", { external_id: "five", metadata: { line: "5" }, schedule: "2020-01-01T00:00:00Z" }),
      request("Six", { external_id: "six", metadata: { line: "6" } }),
    ];
    const before = await countPosts();
    const answer = await bulk(lines);
    expect([answer.status, statuses(answer)]).toEqual([200, [202, 400, 400, 400, 400, 202]]);
    expect(answer.body.results.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const index of [1, 2, 3, 4]) {
      const alone = await publish(workspace, lines[index] as Fields);
      const { request_id: _line, ...error } = answer.body.results[index].error;
      const { request_id: _alone, ...expected } = alone.body.error;
      expect([answer.body.results[index].status, error]).toEqual([alone.status, expected]);
    }
    expect(await countPosts()).toBe(before + 2);
    const { id, post } = answer.body.results[5];
    expect(post).toMatchObject({ id, status: "queued", platforms: ["facebook"] });
    expect((await call("GET", `/v1/posts/${id}`, { key: workspace.test })).body).toMatchObject({
      content: "Six",
      external_id: "six",
      metadata: { line: "6" },
    });
  });

  it("takes lines however they end, and counts those that say something", async () => {
    const [a, b] = [request("Ends"), request("Begins")].map((line) => JSON.stringify(line));
    const answer = await send(`\r\n${a}\r\n\n{"content": \n${b}\n\n`, "", {
      "Content-Type": "application/jsonl; charset=utf-8",
    });
    expect(statuses(answer)).toEqual([202, 400, 202]);
    expect(answer.body.results[1]).toMatchObject({
      index: 1,
      status: 400,
      error: { code: "validation_error", message: "The line is not JSON.", field: "body" },
    });
  });

  it.each(['"text"', "[]", "null", "1"])("refuses a line that is no object: %s", async (line) => {
    const answer = await send(`${line}\n${JSON.stringify(request("Beside"))}`);
    expect(statuses(answer)).toEqual([400, 202]);
    expect(answer.body.results[0].error.field).toBe("body");
  });

  it.each([
    ["without lines", "body", "", NDJSON, 400],
    ["of empty lines", "body", "\n \n", NDJSON, 400],
    ["of too many lines", "body", "{}\n".repeat(101), NDJSON, 400],
    ["of another type", "Content-Type", "{}", { "Content-Type": "application/json" }, 415],
    ["with a key of its own", "Idempotency-Key", "{}", { ...NDJSON, "Idempotency-Key": "k" }, 400],
    ["that is too large", "body", `"${"x".repeat(1024 * 1024)}"`, NDJSON, 413],
  ])("refuses a body %s", async (_name, field, body, headers, status) => {
    const answer = await send(body, "", headers as unknown as Record<string, string>);
    expect([answer.status, answer.body.error.field]).toEqual([status, field]);
  });

  it("takes a body that is larger than that of one post", async () => {
    const answer = await bulk([
      request("x".repeat(60_000)),
      ...Array.from({ length: 8 }, (_, i) => request(`${i}`.repeat(50_000))),
    ]);
    expect(answer.status).toBe(200);
    expect(new Set(statuses(answer))).toEqual(new Set([202]));
  });

  it("tells a restricted key nothing of accounts that it does not reach", async () => {
    const other = await newAccount(workspace, "facebook");
    const { key } = await newKey(workspace, { accounts: [other] });
    const name = newName();
    await publish(workspace, request("Theirs"), { "Idempotency-Key": name });
    const lines = [
      request("Theirs", { idempotency_key: name }),
      request("Mine", { accounts: [other] }),
      request("Both", { accounts: [other, account] }),
    ];
    const answer = await bulk(lines, "", key);
    expect(statuses(answer)).toEqual([400, 202, 400]);
    expect(answer.body.results[0].error.field).toBe("accounts.0");
    expect(answer.body.results[2].error.field).toBe("accounts.1");
  });

  it("wakes what it accepted through the queue, with one call, and all of it goes out once", async () => {
    const sent: unknown[] = [];
    vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
      sent.push([...messages].map(({ body }) => body));
      return undefined as never;
    });
    const answer = await bulk([
      request("Now 1", { schedule: "now" }),
      request("", {}),
      request("Now 2", { schedule: "now" }),
    ]);
    const ids = answer.body.results.flatMap(({ id }: { id?: string }) => id ?? []);
    expect(ids).toHaveLength(2);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    vi.restoreAllMocks();
    const messages = (sent[0] as unknown[]).map((body) => PUBLISH_MESSAGE.parse(body));
    expect(messages.map((message) => "post_id" in message && message.post_id)).toEqual(ids);
    await deliver(...messages);
    for (const postId of ids) {
      const ref = { workspaceId: workspace.id, mode: "test" as const, postId };
      await drive(ref);
      expect((await getPost(workspace, ref)).body.status).toBe("published");
    }
  });
});

describe("the key of a line", () => {
  it("is one with the header of POST /v1/publish, both ways, byte for byte", async () => {
    const [first, second] = [newName(), newName()];
    const [a, b] = [request("Line first"), request("Header first", { metadata: { b: "1", a: "2" } })];
    const header = await publish(workspace, b, { "Idempotency-Key": second });
    const answer = await bulk([
      { idempotency_key: first, ...a },
      { ...b, idempotency_key: `"${second}"`, metadata: { a: "2", b: "1" }, media: [] },
    ]);
    expect(statuses(answer)).toEqual([202, 202]);
    expect(JSON.stringify(answer.body.results[1].post)).toBe(header.text);
    expect([answer.body.results[0].replayed, answer.body.results[1].replayed]).toEqual([undefined, true]);
    const again = await publish(workspace, a, { "Idempotency-Key": first });
    expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([202, "true"]);
    expect(again.text).toBe(JSON.stringify(answer.body.results[0].post));
    expect((await publish(workspace, request("Other"), { "Idempotency-Key": first })).status).toBe(409);
    const found = await call("GET", `/v1/posts?idempotency_key=${first}`, { key: workspace.test });
    expect(found.body.posts.map(({ id }: { id: string }) => id)).toEqual([answer.body.results[0].id]);
  });

  it("is done once where lines share it: the second replays the first, or conflicts", async () => {
    const name = newName();
    const before = await countPosts();
    const same = request("Shared", { idempotency_key: name });
    const answer = await bulk([
      request("Bad", { idempotency_key: name, accounts: [] }),
      same,
      same,
      { ...same, content: "Other" },
      same,
    ]);
    expect(statuses(answer)).toEqual([400, 202, 202, 409, 202]);
    const [, first, second, third, last] = answer.body.results;
    expect(third.error.code).toBe("idempotency_conflict");
    expect([second.post, last.post, second.replayed]).toEqual([first.post, first.post, true]);
    expect(await countPosts()).toBe(before + 1);
  });

  it.each(["", "schlüssel", "x".repeat(256), "a\nb", 7])("is refused where it is none: %j", async (key) => {
    const answer = await bulk([request("Malformed", { idempotency_key: key }), request("Beside")]);
    expect(statuses(answer)).toEqual([400, 202]);
    expect(answer.body.results[0].error.field).toBe("idempotency_key");
  });

  it("of a line that was refused is free", async () => {
    const name = newName();
    await bulk([request("Refused", { idempotency_key: name, accounts: ["acc_missing"] })]);
    expect(statuses(await bulk([request("Refused", { idempotency_key: name })]))).toEqual([202]);
  });
});

describe("a hundred lines", () => {
  const hundred = () => {
    const run = newName();
    return Array.from({ length: 100 }, (_, i) => request(`${run} ${i}`, { idempotency_key: `${run}-${i}` }));
  };

  it("cost a handful of calls, and no more statements than the free plan lets a request make", async () => {
    const lines = hundred();
    await bulk([request("Warm")]);
    let calls = 0;
    let statements = 0;
    const batch = env.DB.batch.bind(env.DB);
    vi.spyOn(env.DB, "batch").mockImplementation((asked) => {
      calls += 1;
      statements += asked.length;
      return batch(asked) as never;
    });
    const prepare = vi.spyOn(env.DB, "prepare");
    const others = [
      vi.spyOn(env.IDEMPOTENCY, "get"),
      vi.spyOn(env.IDEMPOTENCY, "put"),
      vi.spyOn(env.PUBLISH, "sendBatch"),
      vi.spyOn(env.PUBLISH, "send"),
      vi.spyOn(env.POSTS, "getByName"),
    ];
    const answer = await bulk(lines);
    expect(new Set(statuses(answer))).toEqual(new Set([202]));
    const alone = prepare.mock.calls.length - statements;
    expect(calls).toBeLessThanOrEqual(3);
    expect(prepare.mock.calls.length).toBeLessThanOrEqual(40);
    const called = others.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    expect(calls + alone + called).toBeLessThanOrEqual(10);
  });

  it("read no table whole, nor all that a workspace has: each statement finds its rows by an index", async () => {
    const mine = await newWorkspace();
    const on = await newAccount(mine, "facebook");
    await call("PATCH", "/v1/workspace", { key: mine.test, body: { duplicate_guard: true } });
    const media = [await newPicture(mine)];
    const lines = ["One", "Two"].map((content) =>
      request(content, { accounts: [on], media, metadata: { a: "b" }, idempotency_key: newName() }),
    );
    const prepare = vi.spyOn(env.DB, "prepare");
    expect(statuses(await bulk([...lines, request("One", { accounts: [on], media })], "", mine.test))).toEqual([
      202, 202, 409,
    ]);
    const queries = new Set(prepare.mock.calls.map(([sql]) => sql));
    vi.restoreAllMocks();
    expect(queries.size).toBeGreaterThan(10);
    for (const sql of queries) {
      const params = Array.from({ length: sql.split("?").length - 1 }, () => "[]");
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...params)
        .all<{ detail: string }>();
      // All accounts, or all media, that a workspace has.
      const ofWorkspace = /^SEARCH (accounts|media) .*\(workspace_id=\? AND mode=\?\)$/;
      const scans = results
        .map(({ detail }) => detail)
        .filter((detail) => detail.startsWith("SCAN") || ofWorkspace.test(detail));
      expect([sql, scans.filter((detail) => !/VIRTUAL TABLE|CONSTANT ROW|^SCAN (used|near)$/.test(detail))]).toEqual([
        sql,
        [],
      ]);
    }
  });

  it("are done exactly once, however often they are sent, at once too, and whatever the database loses", async () => {
    const lines = hundred();
    const before = await countPosts();
    const batch = env.DB.batch.bind(env.DB);
    let turn = 0;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      const results = await batch(statements);
      // Every third answer to a write is lost.
      if (statements.length > 5 && turn++ % 3 === 0) throw new Error("D1_ERROR: Network connection lost.");
      return results as never;
    });
    const answers = await Promise.all([bulk(lines), bulk(lines.toReversed()), bulk(lines.slice(0, 60))]);
    answers.push(await bulk(lines));
    vi.restoreAllMocks();
    answers.push(await bulk(lines));
    expect(await countPosts()).toBe(before + 100);
    const last = answers.at(-1);
    expect(new Set(last?.body.results.map(({ id }: { id: string }) => id)).size).toBe(100);
    const posts = new Map<number, Set<string>>();
    for (const [which, answer] of answers.entries()) {
      for (const { index, status, post } of answer.body.results) {
        // Who lost two answers in a row was told nothing, and asked again.
        if (status === 500 && answer !== last) continue;
        expect(status).toBe(202);
        const line = which === 1 ? 99 - index : index;
        posts.set(line, (posts.get(line) ?? new Set()).add(JSON.stringify(post)));
      }
    }
    expect([...posts.values()].every((each) => each.size === 1)).toBe(true);
    const stored = await env.DB.prepare("SELECT count(*) AS n FROM posts WHERE workspace_id = ?")
      .bind(workspace.id)
      .first<{ n: number }>();
    expect(await countPosts()).toBe(stored?.n);
  });

  it("fall back to one at a time where a batch is not taken, and none is lost or doubled", async () => {
    const lines = hundred();
    const before = await countPosts();
    const batch = env.DB.batch.bind(env.DB);
    let large = 0;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      // Batches of many are refused, and the first of them after it was carried out.
      const posts = JSON.stringify(statements).split('\\"createdAt\\"').length - 1;
      if (posts > 1 && large++ === 0) await batch(statements);
      if (posts > 1) throw new Error("D1_ERROR: too large.");
      return batch(statements) as never;
    });
    const answer = await bulk(lines);
    vi.restoreAllMocks();
    expect(large).toBeGreaterThan(2);
    expect(new Set(statuses(answer))).toEqual(new Set([202]));
    expect(await countPosts()).toBe(before + 100);
    expect(statuses(await bulk(lines)).filter((status) => status !== 202)).toEqual([]);
    expect(await countPosts()).toBe(before + 100);
  });

  it("are answered 500 each, and not frozen, while the database is away", async () => {
    const lines = hundred().slice(0, 3);
    const batch = env.DB.batch.bind(env.DB);
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      if (statements.length > 5) throw new Error("D1_ERROR: SECRET");
      return batch(statements) as never;
    });
    const answer = await bulk([...lines, request("Bad", { accounts: [] })]);
    vi.restoreAllMocks();
    expect([answer.status, statuses(answer)]).toEqual([200, [500, 500, 500, 400]]);
    expect(answer.text).not.toContain("SECRET");
    expect(answer.body.results[0].error.code).toBe("internal_error");
    expect(statuses(await bulk(lines))).toEqual([202, 202, 202]);
  });
});

describe("a dry run", () => {
  it("validates all and writes nothing", async () => {
    const before = await countPosts();
    const answer = await bulk(
      [request("Fine", { idempotency_key: newName() }), request("Bad", { accounts: [] }), request("", {})],
      "?dry_run=true",
    );
    expect([answer.status, statuses(answer)]).toEqual([200, [202, 400, 400]]);
    const [fine, bad, empty] = answer.body.results;
    expect(fine).toEqual({ index: 0, status: 202, validation: { valid: true, violations: [], warnings: [] } });
    expect(bad.error.field).toBe("accounts");
    const alone = await call("POST", "/v1/publish/validate", { key: workspace.test, body: request("") });
    expect(empty.validation).toEqual(alone.body);
    expect(await countPosts()).toBe(before);
  });

  it.each(["yes", "", "1"])("is asked for by true, and not by %j", async (value) => {
    const answer = await bulk([request("x")], `?dry_run=${value}`);
    expect([answer.status, answer.body.error.field]).toEqual([400, "dry_run"]);
  });
});

describe("where a workspace guards against duplicates", () => {
  it("a line that says what another has said is refused, and named", async () => {
    const mine = await newWorkspace();
    const on = await newAccount(mine, "facebook");
    const settings = { duplicate_guard: true };
    await call("PATCH", "/v1/workspace", { key: mine.test, body: settings });
    const old = await publish(mine, request("Old", { accounts: [on] }));
    const say = (content: string, fields: Fields = {}) => request(content, { accounts: [on], ...fields });
    const keyed = say("Keyed", { idempotency_key: newName() });
    const answer = await bulk(
      [say("New"), say("Old"), say("New"), say("New", { allow_duplicate: true }), keyed, keyed, say("New")],
      "",
      mine.test,
    );
    expect(statuses(answer)).toEqual([202, 409, 409, 202, 202, 202, 409]);
    const { results } = answer.body;
    expect(results[1].error).toMatchObject({
      code: "duplicate_content",
      message: expect.stringContaining(old.body.id),
    });
    for (const index of [2, 6]) expect(results[index].error.message).toContain(results[0].id);
    expect(results[5].post).toEqual(results[4].post);
    expect(await countPosts(mine)).toBe(4);
    const repeated = Array.from({ length: 20 }, () => say("Again", { allow_duplicate: true }));
    const spy = vi.spyOn(env.DB, "batch");
    const again = await bulk([say("Again"), ...repeated, say("Again")], "", mine.test);
    expect(spy.mock.calls.length).toBeLessThanOrEqual(3);
    expect(statuses(again)).toEqual([202, ...repeated.map(() => 202), 409]);
    expect(again.body.results.at(-1).error.message).toContain(again.body.results[0].id);
    const dry = await bulk([say("New"), say("Newer")], "?dry_run=true", mine.test);
    expect(statuses(dry)).toEqual([409, 202]);
  });
});

it("each post has one line in the audit log, also where more is accepted when a batch is sent again", async () => {
  const mine = await newWorkspace();
  const on = await newAccount(mine, "facebook");
  await call("PATCH", "/v1/workspace", { key: mine.test, body: { duplicate_guard: true } });
  const say = (content: string) => request(content, { accounts: [on] });
  const old = await publish(mine, say("Old"));
  const batch = env.DB.batch.bind(env.DB);
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const results = await batch(statements);
    if (statements.length <= 5) return results as never;
    vi.restoreAllMocks();
    expect((await call("DELETE", `/v1/posts/${old.body.id}`, { key: mine.test })).status).toBe(200);
    throw new Error("D1_ERROR: Network connection lost.");
  });
  const answer = await bulk([say("Old"), say("New")], "", mine.test);
  expect(statuses(answer)).toEqual([202, 202]);
  for (const { id } of answer.body.results) {
    const { body } = await call("GET", `/v1/audit?target=${id}`, { key: mine.test });
    expect(body.lines).toHaveLength(1);
  }
});

it("answers 405 to other methods", async () => {
  const response = await exports.default.fetch("http://apionics.test/v1/publish/bulk", {
    headers: { Authorization: `Bearer ${workspace.test}` },
  });
  expect(response.status).toBe(405);
});
