import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import { KEY_SCOPES } from "../../src/lib/vocabulary.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { generateApiKey } from "../../src/workspace/api-key.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, saidBy } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

let workspace: TestWorkspace;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

const ask = (method: string, path: string, key: string, body?: unknown): Promise<Answer> =>
  call(method, `/v1/api-keys${path}`, { key, ...(body === undefined ? {} : { body }) });
const isGood = async (key: string): Promise<boolean> => (await call("GET", "/v1/health", { key })).status === 200;
const at = (time: number): string => new Date(time).toISOString();
const printed = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** The id of the first key of a workspace, which may do everything. */
async function firstKeyId(of: TestWorkspace): Promise<string> {
  const { body } = await ask("GET", "", of.test);
  return body.api_keys.find((each: { name: string }) => each.name === "First key").id;
}

/** Stands between the Worker and its writes of keys, and no others: the sweeper writes when it likes. */
function interceptWrites(intercept: (write: () => Promise<D1Result[]>, count: number) => Promise<D1Result[]>) {
  const [prepare, batch] = [env.DB.prepare.bind(env.DB), env.DB.batch.bind(env.DB)];
  const writes = { count: 0 };
  let isNext = false;
  vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
    isNext ||= /^(insert into|update) "api_keys" (?!set "last_used_at")/.test(query);
    return prepare(query);
  });
  vi.spyOn(env.DB, "batch").mockImplementation((statements) => {
    if (!isNext) return batch(statements);
    isNext = false;
    writes.count += 1;
    return intercept(() => batch(statements), writes.count) as ReturnType<typeof batch>;
  });
  return writes;
}

describe("a new key", () => {
  it("is shown once, with its secret, and described from then on without", async () => {
    const account = await newAccount(workspace, "facebook");
    advance(SECOND);
    const ends = Date.now() + DAY;
    const body = { name: "Newsroom", scopes: ["posts:read", "posts:write"], accounts: [account], expires_at: at(ends) };
    const answer = await ask("POST", "", workspace.test, body);
    expect(answer.status).toBe(201);
    const { key, ...described } = answer.body;
    expect(key).toMatch(/^apionics_test_[0-9A-Za-z]{36}$/);
    expect(described).toEqual({
      id: expect.stringMatching(/^key_/),
      name: "Newsroom",
      scopes: ["posts:read", "posts:write"],
      accounts: [account],
      groups: null,
      needs_approval: false,
      mode: "test",
      last_four: key.slice(-4),
      created_at: printed(Date.now()),
      expires_at: printed(Math.ceil(ends / SECOND) * SECOND),
      last_used_at: null,
      revoked_at: null,
    });
    expect((await ask("GET", `/${described.id}`, workspace.test)).body).toEqual(described);
    expect((await ask("GET", "", workspace.test)).body.api_keys[0]).toEqual(described);
    expect((await call("GET", "/v1/posts", { key })).status).toBe(200);
  });

  it("reaches all accounts and does not end, unless it is said", async () => {
    const { body } = await ask("POST", "", workspace.live, { name: "Live", scopes: ["posts:read"] });
    expect(body).toMatchObject({ mode: "live", accounts: null, groups: null, expires_at: null });
    expect(body.key).toMatch(/^apionics_live_/);
  });

  it.each([
    [{ scopes: ["posts:read"] }, "name"],
    [{ name: " ", scopes: ["posts:read"] }, "name"],
    [{ name: "x" }, "scopes"],
    [{ name: "x", scopes: [] }, "scopes"],
    [{ name: "x", scopes: ["posts:all"] }, "scopes.0"],
    [{ name: "x", scopes: ["posts:read", "posts:read"] }, "scopes.1"],
    [{ name: "x", scopes: ["posts:read"], accounts: [] }, "accounts"],
    [{ name: "x", scopes: ["posts:read"], accounts: ["acc_missing"] }, "accounts.0"],
    [{ name: "x", scopes: ["posts:read"], expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    [{ name: "x", scopes: ["posts:read"], expires_at: "tomorrow" }, "expires_at"],
    [{ name: "x", scopes: ["posts:read"], mode: "live" }, "mode"],
    [{ name: "x", scopes: ["posts:read"], key: "apionics_test_x" }, "key"],
  ])("is refused as %j", async (body, field) => {
    const answer = await ask("POST", "", workspace.test, body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
  });

  it("is not stored, and no secret is, other than by its digest", async () => {
    const { key, id } = await newKey(workspace);
    const rotated = await ask("POST", `/${id}/rotate`, workspace.test, {});
    const { results } = await env.DB.prepare("SELECT * FROM api_keys").all();
    const { results: replaced } = await env.DB.prepare("SELECT * FROM replaced_secrets").all();
    const { text } = await ask("GET", "?limit=100", workspace.test);
    for (const secret of [key, rotated.body.key, workspace.test]) {
      expect(JSON.stringify([results, replaced]) + text).not.toContain(secret.slice(14, 44));
    }
    const digests = [...results, ...replaced].map(({ digest }) => String(digest));
    for (const digest of digests) expect(text).not.toContain(digest);
  });

  it("makes no more than a hundred in one mode", async () => {
    const full = await newWorkspace();
    const made: Answer[] = [];
    for (let i = 0; i < 99; i++) made.push(await ask("POST", "", full.test, { name: "x", scopes: ["posts:read"] }));
    expect(made.every(({ status }) => status === 201)).toBe(true);
    const body = { name: "x", scopes: ["posts:read"] };
    expect((await ask("POST", "", full.test, body)).body.error.code).toBe("conflict");
    expect((await ask("POST", "", full.live, body)).status).toBe(201);
    await ask("DELETE", `/${made[0]?.body.id}`, full.test);
    expect((await ask("POST", "", full.test, body)).status).toBe(201);
  });
});

describe("the list of keys", () => {
  it("goes on page by page, newest first, in the mode and the workspace of the key that asks", async () => {
    const own = await newWorkspace();
    advance(1);
    const ids = [(await newKey(own)).id, (await newKey(own)).id, (await newKey(own)).id];
    await newKey(own, {}, "live");
    const first = (await ask("GET", "?limit=2", own.test)).body;
    const second = (await ask("GET", `?limit=2&cursor=${first.next_cursor}`, own.test)).body;
    const listed = [...first.api_keys, ...second.api_keys];
    expect(listed.map(({ name }) => name)).toEqual(["A key", "A key", "A key", "First key"]);
    expect(new Set(listed.slice(0, 3).map(({ id }) => id))).toEqual(new Set(ids));
    expect(second.next_cursor).toBeNull();
  });

  it("does not tell of another workspace or mode, and what is theirs is not there", async () => {
    const other = await newWorkspace();
    const { id } = await newKey(workspace);
    for (const key of [other.test, workspace.live]) {
      for (const [method, path, body] of [
        ["GET", "", undefined],
        ["PATCH", "", { name: "Mine" }],
        ["DELETE", "", undefined],
        ["POST", "/rotate", {}],
      ] as const) {
        const answer = await ask(method, `/${id}${path}`, key, body);
        expect(answer.status).toBe(404);
        expect(saidBy(answer)).toBe(saidBy(await ask(method, `/key_missing${path}`, key, body)));
      }
    }
  });
});

describe("a key that is not good", () => {
  it("is answered alike when it is missing, unknown, revoked, expired and replaced", async () => {
    const revoked = await newKey(workspace);
    await ask("DELETE", `/${revoked.id}`, workspace.test);
    const replaced = await newKey(workspace);
    await ask("POST", `/${replaced.id}/rotate`, workspace.test, { overlap_hours: 0 });
    const expired = await newKey(workspace, { expires_at: at(Date.now() + MINUTE) });
    advance(2 * MINUTE);
    const answers = await Promise.all([
      call("GET", "/v1/posts"),
      ...[generateApiKey("test"), revoked.key, replaced.key, expired.key].map((key) =>
        call("GET", "/v1/posts", { key }),
      ),
    ]);
    const seen = answers.map((answer) => {
      const shown = [...answer.headers].filter(([header]) => header !== "x-request-id");
      return JSON.stringify([answer.status, saidBy(answer), shown]);
    });
    expect(answers[0]?.body).toMatchObject({
      error: { code: "unauthorized", message: "API key missing, invalid, or expired." },
    });
    expect(new Set(seen).size).toBe(1);
  });

  it("is refused from its end on, and not a moment before", async () => {
    const ends = Math.ceil(Date.now() / SECOND) * SECOND + MINUTE;
    const { key } = await newKey(workspace, { expires_at: at(ends) });
    advance(ends - Date.now() - 1);
    expect(await isGood(key)).toBe(true);
    advance(1);
    expect(await isGood(key)).toBe(false);
  });

  it("is good again once its end was moved", async () => {
    const { id, key } = await newKey(workspace, { expires_at: at(Date.now() + MINUTE) });
    advance(2 * MINUTE);
    expect((await ask("POST", `/${id}/rotate`, workspace.test, {})).body.error.code).toBe("conflict");
    expect((await ask("PATCH", `/${id}`, workspace.test, { expires_at: null })).status).toBe(200);
    expect(await isGood(key)).toBe(true);
  });
});

describe("a revoked key", () => {
  it("is refused at once, with all of its secrets, and again is as good", async () => {
    const { id, key } = await newKey(workspace);
    const rotated = await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 168 });
    expect(await Promise.all([isGood(key), isGood(rotated.body.key)])).toEqual([true, true]);
    expect((await ask("DELETE", `/${id}`, workspace.test)).body).toEqual({ success: true });
    expect(await Promise.all([isGood(key), isGood(rotated.body.key)])).toEqual([false, false]);
    expect((await ask("DELETE", `/${id}`, workspace.test)).body).toEqual({ success: true });
  });

  it("is revoked for good", async () => {
    const { id } = await newKey(workspace);
    await ask("DELETE", `/${id}`, workspace.test);
    expect((await ask("PATCH", `/${id}`, workspace.test, { name: "Back" })).status).toBe(409);
    expect((await ask("POST", `/${id}/rotate`, workspace.test, {})).status).toBe(409);
  });

  it("is shown for 30 days, and then forgotten", async () => {
    const { id } = await newKey(workspace);
    await ask("DELETE", `/${id}`, workspace.test);
    const revokedAt = printed(Date.now());
    const sweep = () => env.SWEEPER.getByName(SWEEPER_NAME).sweep();
    advance(30 * DAY - 1);
    await sweep();
    expect((await ask("GET", `/${id}`, workspace.test)).body.revoked_at).toBe(revokedAt);
    advance(1);
    await sweep();
    expect((await ask("GET", `/${id}`, workspace.test)).status).toBe(404);
  });

  it("may revoke itself", async () => {
    const { id, key } = await newKey(workspace, { scopes: ["keys:admin"] });
    expect((await ask("DELETE", `/${id}`, key)).status).toBe(200);
    expect(await isGood(key)).toBe(false);
  });
});

describe("rotating a key", () => {
  it("gives it another secret and leaves it the same key", async () => {
    const { id, key } = await newKey(workspace, { name: "Before", scopes: ["posts:read"] });
    const before = (await ask("GET", `/${id}`, workspace.test)).body;
    const answer = await ask("POST", `/${id}/rotate`, workspace.test);
    expect(answer.status).toBe(200);
    expect(answer.body.key).not.toBe(key);
    expect(answer.body).toEqual({ ...before, last_four: answer.body.key.slice(-4), key: answer.body.key });
    expect((await ask("GET", `/${id}`, workspace.test)).body.last_four).toBe(answer.body.key.slice(-4));
  });

  it.each([
    [undefined, 24],
    [{ overlap_hours: 1 }, 1],
    [{ overlap_hours: 168 }, 168],
  ])("with %j, the secret before is good for %d hours and not a moment longer", async (body, hours) => {
    const { id, key } = await newKey(workspace);
    const rotated = await ask("POST", `/${id}/rotate`, workspace.test, body);
    advance(hours * HOUR - 1);
    expect(await isGood(key)).toBe(true);
    advance(1);
    expect(await Promise.all([isGood(key), isGood(rotated.body.key)])).toEqual([false, true]);
  });

  it("with no overlap ends every secret before at once", async () => {
    const { id, key } = await newKey(workspace);
    const second = (await ask("POST", `/${id}/rotate`, workspace.test, {})).body.key;
    expect(await Promise.all([isGood(key), isGood(second)])).toEqual([true, true]);
    const third = (await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 0 })).body.key;
    expect(await Promise.all([key, second, third].map(isGood))).toEqual([false, false, true]);
  });

  it("leaves no earlier secret good for longer than it says", async () => {
    const { id, key } = await newKey(workspace);
    await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 100 });
    await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 1 });
    advance(HOUR);
    expect(await isGood(key)).toBe(false);
  });

  it("does not make a secret good for longer that was to end sooner", async () => {
    const { id, key } = await newKey(workspace);
    await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 1 });
    await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 100 });
    advance(HOUR);
    expect(await isGood(key)).toBe(false);
  });

  it("can be done again with the secret before, when the answer was lost", async () => {
    const own = await newWorkspace();
    const id = await firstKeyId(own);
    await ask("POST", `/${id}/rotate`, own.test, {});
    const again = await ask("POST", `/${id}/rotate`, own.test, { overlap_hours: 0 });
    expect(again.status).toBe(200);
    expect(await Promise.all([isGood(own.test), isGood(again.body.key)])).toEqual([false, true]);
  });

  it("keeps five secrets at most, and ends them all when asked", async () => {
    const { id } = await newKey(workspace);
    for (let i = 0; i < 4; i++) expect((await ask("POST", `/${id}/rotate`, workspace.test, {})).status).toBe(200);
    expect((await ask("POST", `/${id}/rotate`, workspace.test, {})).status).toBe(409);
    expect((await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 0 })).status).toBe(200);
    const left = await env.DB.prepare("SELECT count(*) AS n FROM replaced_secrets WHERE key_id = ?").bind(id).first();
    expect(left).toEqual({ n: 0 });
  });

  it.each([-1, 169, 1.5, "24", null])("is refused for %j hours", async (hours) => {
    const { id, key } = await newKey(workspace);
    const answer = await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: hours });
    expect([answer.status, answer.body.error.field]).toEqual([400, "overlap_hours"]);
    expect(await isGood(key)).toBe(true);
  });

  it("at the same time leaves one new secret", async () => {
    const { id } = await newKey(workspace);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 0 })),
    );
    const rotated = answers.filter(({ status }) => status === 200).map(({ body }) => body.key);
    expect(rotated.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect((await Promise.all(rotated.map(isGood))).filter(Boolean)).toHaveLength(1);
  });

  it("is answered when the database has carried it out and lost the answer", async () => {
    const { id, key } = await newKey(workspace);
    const writes = interceptWrites(async (write, count) => {
      const results = await write();
      if (count === 1) throw new Error("D1_ERROR: the answer was lost");
      return results;
    });
    const rotated = await ask("POST", `/${id}/rotate`, workspace.test, { overlap_hours: 0 });
    expect(writes.count).toBe(2);
    expect(rotated.status).toBe(200);
    expect(await Promise.all([isGood(key), isGood(rotated.body.key)])).toEqual([false, true]);
  });
});

describe("nobody gives what their own key lacks", () => {
  it("not a scope: when one is made, widened or rotated", async () => {
    const admin = await newKey(workspace, { scopes: ["posts:read", "keys:admin"] });
    const made = await ask("POST", "", admin.key, { name: "x", scopes: ["posts:read", "posts:write"] });
    expect(made.status).toBe(400);
    expect(made.body.error).toMatchObject({
      code: "validation_error",
      message: "scopes.1 is posts:write, which the key of this request does not have.",
      field: "scopes.1",
    });
    const own = await ask("PATCH", `/${admin.id}`, admin.key, { scopes: ["keys:admin", "webhooks:read"] });
    expect([own.status, own.body.error.field]).toEqual([400, "scopes.1"]);
    const other = await newKey(workspace, { scopes: ["posts:write"] });
    const rotated = await ask("POST", `/${other.id}/rotate`, admin.key, {});
    expect([rotated.status, rotated.body.error.code]).toEqual([403, "forbidden"]);
    expect((await ask("POST", "", admin.key, { name: "x", scopes: ["posts:read", "keys:admin"] })).status).toBe(201);
  });

  it("not more accounts to a key that may do on them what they may not", async () => {
    const account = await newAccount(workspace, "facebook");
    const admin = await newKey(workspace, { scopes: ["posts:read", "keys:admin"] });
    const other = await newKey(workspace, { scopes: ["posts:write"], accounts: [account] });
    const answer = await ask("PATCH", `/${other.id}`, admin.key, { accounts: null });
    expect([answer.status, answer.body.error.field]).toEqual([400, "scopes.0"]);
  });

  it("not a time: a key that ends makes, widens and rotates none that lasts longer", async () => {
    const ends = Math.ceil(Date.now() / SECOND) * SECOND + HOUR;
    const admin = await newKey(workspace, { expires_at: at(ends) });
    const fields = { name: "x", scopes: ["posts:read"] };
    for (const expires_at of [undefined, null, at(ends + SECOND)]) {
      const answer = await ask("POST", "", admin.key, { ...fields, expires_at });
      expect([answer.status, answer.body.error.field]).toEqual([400, "expires_at"]);
    }
    expect((await ask("POST", "", admin.key, { ...fields, expires_at: at(ends) })).status).toBe(201);
    expect((await ask("PATCH", `/${admin.id}`, admin.key, { expires_at: null })).body.error.field).toBe("expires_at");
    const lasting = await newKey(workspace, { scopes: ["posts:read"] });
    expect((await ask("POST", `/${lasting.id}/rotate`, admin.key, {})).status).toBe(403);
    expect((await ask("POST", `/${admin.id}/rotate`, admin.key, {})).status).toBe(200);
  });

  it("but whoever administers keys may narrow, name and revoke one that may do more", async () => {
    const admin = await newKey(workspace, { scopes: ["keys:admin"] });
    const other = await newKey(workspace, { scopes: ["posts:read", "posts:write"] });
    const narrowed = await ask("PATCH", `/${other.id}`, admin.key, { name: "Reader", scopes: ["posts:read"] });
    expect(narrowed.body).toMatchObject({ name: "Reader", scopes: ["posts:read"] });
    expect((await call("DELETE", "/v1/posts/post_missing", { key: other.key })).status).toBe(403);
    expect((await call("GET", "/v1/posts", { key: other.key })).status).toBe(200);
    expect((await ask("PATCH", `/${other.id}`, admin.key, { scopes: ["posts:read", "posts:write"] })).status).toBe(400);
    expect((await ask("DELETE", `/${other.id}`, admin.key)).status).toBe(200);
  });

  it("and a change that changes nothing is refused", async () => {
    const { id } = await newKey(workspace);
    expect((await ask("PATCH", `/${id}`, workspace.test, {})).status).toBe(400);
  });
});

describe("the last key that administers a workspace", () => {
  it("is not revoked, narrowed, restricted or ended", async () => {
    const own = await newWorkspace();
    const id = await firstKeyId(own);
    const account = await newAccount(own, "facebook");
    // None of these is another: it lacks the scope, the accounts, or time.
    await newKey(own, { scopes: KEY_SCOPES.filter((scope) => scope !== "keys:admin") });
    await newKey(own, { accounts: [account] });
    await newKey(own, { expires_at: at(Date.now() + DAY) });
    await newKey(own, {}, "live");
    const answers = [
      await ask("DELETE", `/${id}`, own.test),
      await ask("PATCH", `/${id}`, own.test, { scopes: ["posts:read"] }),
      await ask("PATCH", `/${id}`, own.test, { accounts: [account] }),
      await ask("PATCH", `/${id}`, own.test, { expires_at: at(Date.now() + 300 * DAY) }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual(Array(4).fill([409, "conflict"]));
    expect((await ask("PATCH", `/${id}`, own.test, { name: "Last", scopes: ["keys:admin"] })).status).toBe(200);
    expect((await ask("GET", `/${id}`, own.test)).body).toMatchObject({ name: "Last", expires_at: null });
  });

  it("is one like the others once there is another that lasts as long", async () => {
    const own = await newWorkspace();
    const id = await firstKeyId(own);
    const next = await newKey(own, { scopes: ["keys:admin"] });
    expect((await ask("DELETE", `/${id}`, own.test)).status).toBe(200);
    expect((await ask("DELETE", `/${next.id}`, next.key)).status).toBe(409);
  });

  it("stays where two revoke each other at once", async () => {
    for (let round = 0; round < 5; round++) {
      const own = await newWorkspace();
      const id = await firstKeyId(own);
      const second = await newKey(own);
      const answers = await Promise.all([
        ask("DELETE", `/${second.id}`, own.test),
        ask("DELETE", `/${id}`, second.key),
      ]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect((await Promise.all([isGood(own.test), isGood(second.key)])).filter(Boolean)).toHaveLength(1);
    }
  });
});

const NARROWED = [
  ["revoked", "revoked_at = 1"],
  ["restricted to groups", `group_ids = '["group_x"]'`],
] as const;

describe.each(NARROWED)("a key that is %s while its request is under way", (_how, narrowing) => {
  it.each([
    ["makes no other", (id: string) => ["POST", "", { name: "x", scopes: ["keys:admin"] }, id] as const],
    ["changes none", (id: string) => ["PATCH", `/${id}`, { name: "Changed" }, id] as const],
    ["rotates none", (id: string) => ["POST", `/${id}/rotate`, { overlap_hours: 0 }, id] as const],
    ["revokes none", (id: string) => ["DELETE", `/${id}`, undefined, id] as const],
  ])("%s", async (_name, request) => {
    const asking = await newKey(workspace);
    const target = await newKey(workspace);
    const before = (await ask("GET", "?limit=100", workspace.test)).body.api_keys.length;
    interceptWrites(async (write) => {
      await env.DB.prepare(`UPDATE api_keys SET ${narrowing} WHERE id = ?`).bind(asking.id).run();
      return write();
    });
    const [method, path, body] = request(target.id);
    const answer = await ask(method, path, asking.key, body);
    expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
    expect(await isGood(target.key)).toBe(true);
    expect((await ask("GET", `/${target.id}`, workspace.test)).body.name).toBe("A key");
    expect((await ask("GET", "?limit=100", workspace.test)).body.api_keys).toHaveLength(before);
  });
});

describe("the last use of a key", () => {
  const lastUse = async (id: string) => (await ask("GET", `/${id}`, workspace.test)).body.last_used_at;

  it("is written down once a minute at most, whatever came of the request", async () => {
    const { id, key } = await newKey(workspace, { scopes: ["audit:read"] });
    expect(await lastUse(id)).toBeNull();
    const used = printed(Date.now());
    expect((await call("GET", "/v1/posts", { key })).status).toBe(403);
    await scheduler.wait(50);
    expect(await lastUse(id)).toBe(used);
    advance(MINUTE - 1);
    await isGood(key);
    await scheduler.wait(50);
    expect(await lastUse(id)).toBe(used);
    advance(1);
    await isGood(key);
    await scheduler.wait(50);
    expect(await lastUse(id)).toBe(printed(Date.now()));
  });

  it("is nothing that a request waits for or fails by", async () => {
    const { key } = await newKey(workspace);
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
      if (/^update "api_keys"/i.test(query)) throw new Error("D1_ERROR: away");
      return prepare(query);
    });
    expect(await isGood(key)).toBe(true);
  });
});

it("a request costs one query to find its key, also by a secret that was replaced", async () => {
  const { id, key } = await newKey(workspace);
  const rotated = await ask("POST", `/${id}/rotate`, workspace.test, {});
  await Promise.all([isGood(key), isGood(rotated.body.key)]);
  await scheduler.wait(50);
  for (const secret of [key, rotated.body.key]) {
    const prepared = vi.spyOn(env.DB, "prepare");
    await call("GET", "/v1/nowhere", { key: secret });
    expect(prepared).toHaveBeenCalledTimes(1);
    prepared.mockRestore();
  }
});

it("keys from before there were scopes may do everything", async () => {
  const own = await newWorkspace();
  const id = await firstKeyId(own);
  const row = await env.DB.prepare("SELECT workspace_id, mode, digest FROM api_keys WHERE id = ?").bind(id).first();
  await env.DB.prepare("DELETE FROM api_keys WHERE id = ?").bind(id).run();
  await env.DB.prepare(
    "INSERT INTO api_keys (id, workspace_id, mode, digest, last_four, created_at) VALUES (?, ?, ?, ?, 'abcd', 1)",
  )
    .bind(id, row?.workspace_id, row?.mode, row?.digest)
    .run();
  expect((await ask("GET", `/${id}`, own.test)).body).toMatchObject({
    name: "First key",
    scopes: KEY_SCOPES,
    accounts: null,
    expires_at: null,
  });
  const change = await ask("PATCH", `/${id}`, own.test, { name: "Renamed" });
  expect(change.body.name).toBe("Renamed");
});

describe("a request for a key that comes again", () => {
  const request = { name: "Newsroom", scopes: ["posts:read"] };
  const create = (key: string, idempotencyKey: string) =>
    call("POST", "/v1/api-keys", { key, body: request, headers: { "Idempotency-Key": idempotencyKey } });

  it("gets the same secret, which is stored sealed and in no cache", async () => {
    const cached = vi.spyOn(env.IDEMPOTENCY, "put");
    const first = await create(workspace.test, "same-secret");
    const again = await create(workspace.test, "same-secret");
    expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
    const { results } = await env.DB.prepare("SELECT response_body FROM idempotency WHERE is_sealed").all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify([results, cached.mock.calls])).not.toContain(first.body.key);
    expect(cached).not.toHaveBeenCalled();
  });

  it("gets no secret that another key asked for", async () => {
    const first = await create(workspace.test, "of-another");
    const other = await newKey(workspace, { scopes: ["keys:admin", "posts:read"] });
    const second = await create(other.key, "of-another");
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).not.toBe(first.body.id);
    const rotation = { body: {}, headers: { "Idempotency-Key": "rotate" } };
    const path = `/v1/api-keys/${(await newKey(workspace)).id}/rotate`;
    expect((await call("POST", path, { key: workspace.test, ...rotation })).status).toBe(200);
    expect((await call("POST", path, { key: other.key, ...rotation })).status).toBe(403);
  });

  it("is refused where the key has revoked itself with it", async () => {
    const { id, key } = await newKey(workspace, { scopes: ["keys:admin"] });
    const revoke = () => call("DELETE", `/v1/api-keys/${id}`, { key, headers: { "Idempotency-Key": "myself" } });
    expect((await revoke()).status).toBe(200);
    expect((await revoke()).status).toBe(401);
  });
});

it("tells the audit log who was given what, and no secret", async () => {
  const own = await newWorkspace();
  const { id, key } = await newKey(own, { scopes: ["posts:read"] });
  await ask("PATCH", `/${id}`, own.test, { name: "Renamed" });
  const rotated = (await ask("POST", `/${id}/rotate`, own.test, {})).body.key;
  await ask("DELETE", `/${id}`, own.test);
  const { results } = await env.DB.prepare(
    "SELECT action, actor, target, details FROM audit_log WHERE workspace_id = ? AND mode = 'test' ORDER BY seq",
  )
    .bind(own.id)
    .all();
  const actor = await firstKeyId(own);
  const actions = ["api_key.created", "api_key.updated", "api_key.rotated", "api_key.revoked"];
  expect(results.map(({ details, ...line }) => line)).toEqual(actions.map((action) => ({ action, actor, target: id })));
  expect(JSON.parse(String(results[0]?.details))).toEqual({
    scopes: ["posts:read"],
    accounts: null,
    groups: null,
    needs_approval: false,
    expires_at: null,
  });
  for (const secret of [key, rotated]) expect(JSON.stringify(results)).not.toContain(secret);
});
