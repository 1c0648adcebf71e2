import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish } from "./helpers/api.ts";
import { advance, calls, documentOf, drive, holdTime, messageFor, refOf, taskOf, wake } from "./helpers/drive.ts";

const SECOND = 1_000;
const DAY = 86_400_000;
const ADMIN = env.ADMIN_TOKEN ?? "";

let workspace: TestWorkspace;
let account: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
beforeEach(holdTime);

const list = (query = "", key = workspace.test) => call("GET", `/v1/posts${query}`, { key });
const idsOf = (answer: Answer): string[] => answer.body.posts.map((post: { id: string }) => post.id);
const tomorrow = () => new Date(Date.now() + DAY).toISOString();
const queue = (fields: Record<string, unknown> = {}, into = workspace, on = account) =>
  publish(into, { content: "Listed", accounts: [on], schedule: tomorrow(), ...fields });

describe("what a client calls its posts", () => {
  it("is stored with the post, shown with it and in lists, and absent from what was accepted", async () => {
    const metadata = { campaign: "summer", "a.b-c_D9": "", odd: "a\u0000'\"\\ \u2028 😀" };
    const accepted = await queue({
      external_id: "article-42 ü\u0000x",
      metadata,
      content: "Odd \u0000'\"\\ \u2028 😀",
    });
    expect([accepted.status, Object.keys(accepted.body)]).toEqual([
      202,
      ["id", "status", "scheduled_at", "platforms", "tasks"],
    ]);
    const { body } = await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
    const shown = { external_id: "article-42 ü\u0000x", metadata, content: "Odd \u0000'\"\\ \u2028 😀" };
    expect(body).toMatchObject(shown);
    expect((await list("?limit=1")).body.posts[0]).toMatchObject(shown);
  });

  it("stays when the post is edited", async () => {
    const accepted = await queue({ external_id: "kept", metadata: { kept: "yes" } });
    const path = `/v1/posts/${accepted.body.id}`;
    const edited = await call("PATCH", path, { key: workspace.test, body: { content: "Edited" } });
    expect(edited.body).toMatchObject({ content: "Edited", external_id: "kept", metadata: { kept: "yes" } });
    expect(idsOf(await list("?metadata=kept:yes"))).toEqual([accepted.body.id]);
  });

  it.each([
    ["external_id", { external_id: "" }],
    ["external_id", { external_id: "x".repeat(256) }],
    ["external_id", { external_id: "half \ud83d" }],
    ["external_id", { external_id: 42 }],
    ["metadata", { metadata: "x" }],
    ["metadata", { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`n${i}`, "x"])) }],
    ["metadata.with space", { metadata: { "with space": "x" } }],
    ["metadata.a:b", { metadata: { "a:b": "x" } }],
    [`metadata.${"n".repeat(41)}`, { metadata: { ["n".repeat(41)]: "x" } }],
    ["metadata.", { metadata: { "": "x" } }],
    ["metadata.long", { metadata: { long: "x".repeat(501) } }],
    ["metadata.half", { metadata: { half: "\udc00" } }],
    ["metadata.number", { metadata: { number: 1 } }],
    ["metadata.__proto__", { metadata: JSON.parse('{ "__proto__": "x" }') }],
  ])("is refused on %s where it is not one", async (field, fields) => {
    const { status, body } = await queue(fields);
    expect([status, body.error.code, body.error.field]).toEqual([400, "validation_error", field]);
  });

  it("may be as long, and as many, as is said", async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`${i}`.padEnd(40, "n"), "x".repeat(500)]),
    );
    const accepted = await queue({ external_id: "x".repeat(255), metadata });
    const { body } = await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test });
    expect([body.external_id, body.metadata]).toEqual(["x".repeat(255), metadata]);
  });

  it("said as nothing is the same request as left out", async () => {
    const headers = { "Idempotency-Key": "no names" };
    const body = { content: "No names", accounts: [account], schedule: tomorrow() };
    const first = await publish(workspace, body, headers);
    const again = await publish(workspace, { ...body, metadata: {} }, headers);
    expect([again.status, again.text]).toEqual([202, first.text]);
  });
});

describe("filters", () => {
  it("find what a client asks for, newest first, and count it", async () => {
    const mine = await newWorkspace();
    const [one, two] = [await newAccount(mine, "facebook"), await newAccount(mine, "facebook")];
    advance(SECOND - (Date.now() % SECOND));
    const made = Date.now();
    const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
    const a = (await publish(mine, { content: "a", accounts: [one], external_id: "A", metadata: { c: "x", d: "1" } }))
      .body;
    await drive(refOf(mine, { body: a } as Answer));
    advance(SECOND);
    const b = (await queue({ external_id: "A", metadata: { c: "x:y" } }, mine, one)).body;
    advance(SECOND);
    const headers = { "Idempotency-Key": "landed" };
    const c = (await publish(mine, { content: "c", accounts: [two], metadata: { c: "x", d: "2" } }, headers)).body;
    advance(SECOND);
    const d = (await queue({}, mine, two)).body;
    await call("DELETE", `/v1/posts/${d.id}`, { key: mine.test });
    const created = (await call("GET", `/v1/posts/${b.id}`, { key: mine.test })).body.created_at;

    for (const [query, posts] of [
      ["", [d, c, b, a]],
      ["?status=queued,canceled", [d, c, b]],
      ["?status=canceled,published,queued", [d, c, b, a]],
      ["?status=canceled", [d]],
      ["?external_id=A", [b, a]],
      ["?external_id=a", []],
      ["?external_id=A&status=queued", [b]],
      ["?metadata=c:x", [c, a]],
      ["?metadata=c:x&metadata=d:1", [a]],
      ["?metadata=c:x:y", [b]],
      ["?metadata=c:", []],
      ["?metadata=c:x&status=queued,failed", [c]],
      [`?metadata=c:x&account_id=${one}`, [a]],
      [`?created_from=${created}`, [d, c, b]],
      [`?created_to=${created}`, [a]],
      [`?created_from=${at(made)}&created_to=${at(made + SECOND)}`, [a]],
      [`?created_from=${created}&status=queued`, [c, b]],
      [`?from=${at(made + DAY)}`, [d, b]],
      [`?to=${at(made + DAY)}&created_from=${created}`, [c]],
      ["?idempotency_key=landed", [c]],
      ["?idempotency_key=%22landed%22", [c]],
      ["?idempotency_key=landed&status=canceled", []],
      ["?idempotency_key=other", []],
    ] as const) {
      const answer = await list(query, mine.test);
      expect([query, idsOf(answer), answer.body.total]).toEqual([query, posts.map(({ id }) => id), posts.length]);
    }
    expect((await list("?external_id=A")).body.posts).toEqual([]);
  });

  it.each([
    ["status", "?status=queued,unheard"],
    ["status", "?status="],
    ["status", "?status=queued&status=failed"],
    ["created_from", "?created_from=yesterday"],
    ["external_id", "?external_id="],
    ["metadata", "?metadata=campaign"],
    ["metadata", "?metadata=:x"],
    ["metadata", `?${Array.from({ length: 6 }, (_, i) => `metadata=n${i}:x`).join("&")}`],
    ["idempotency_key", "?idempotency_key=schl%C3%BCssel"],
    ["idempotency_key", "?idempotency_key="],
    ["metadata[campaign]", "?metadata[campaign]=x"],
  ])("are refused on %s where they are none: %s", async (field, query) => {
    const { status, body } = await list(query);
    expect([status, body.error.code, body.error.field]).toEqual([400, "validation_error", field]);
  });

  it("show a key that is restricted to accounts what it reaches", async () => {
    const other = await newAccount(workspace, "facebook");
    const { key } = await newKey(workspace, { accounts: [other] });
    const body = { content: "Both", accounts: [account, other], external_id: "both", metadata: { both: "yes" } };
    await publish(workspace, body, { "Idempotency-Key": "both" });
    const mine = await publish(workspace, { ...body, accounts: [other] }, { "Idempotency-Key": "mine" });
    for (const query of ["", "?external_id=both", "?metadata=both:yes", "?idempotency_key=mine", "?status=queued"]) {
      const answer = await list(query, key);
      expect([query, idsOf(answer), answer.body.total]).toEqual([query, [mine.body.id], 1]);
    }
    const theirs = await list("?idempotency_key=both", key);
    expect([theirs.body.posts, theirs.body.total]).toEqual([[], 0]);
    expect((await list("?idempotency_key=both")).body.total).toBe(1);
  });

  it("know a key for as long as it is remembered", async () => {
    const accepted = await queue({}, workspace);
    await publish(workspace, { content: "Key", accounts: [account] }, { "Idempotency-Key": "ends" });
    expect((await list("?idempotency_key=ends")).body.total).toBe(1);
    advance(30 * DAY);
    expect((await list("?idempotency_key=ends")).body.total).toBe(0);
    expect(accepted.status).toBe(202);
  });
});

/** The plans of the statements about posts that a request makes. */
async function plansOf(query: string, key: string): Promise<string[]> {
  const spy = vi.spyOn(env.DB, "prepare");
  const answer = await list(query, key);
  const queries = spy.mock.calls.map(([sql]) => sql).filter((sql) => /from "?posts\b/.test(sql));
  spy.mockRestore();
  expect([query, answer.status]).toEqual([query, 200]);
  expect(queries.length).toBeGreaterThan(0);
  const plans = queries.map(async (sql) => {
    const params = Array.from({ length: sql.split("?").length - 1 }, () => "1");
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    return results.map(({ detail }) => detail).join("; ");
  });
  return Promise.all(plans);
}

describe("the cost of a list", () => {
  const AT = "2026-06-01T09:00:00Z";
  const KEY = "PRIMARY KEY (workspace_id=? AND mode=?";
  const BY_ID = "posts USING PRIMARY KEY (workspace_id=? AND mode=? AND id=?)";
  it.each([
    ["", KEY],
    ["?status=published", KEY],
    ["?status=queued", "unpublished_posts (workspace_id=? AND mode=? AND status=?"],
    ["?status=queued,failed", "unpublished_posts (workspace_id=? AND mode=? AND status=?"],
    ["?platform=facebook", BY_ID, "tasks USING PRIMARY KEY (workspace_id=? AND mode=? AND account_id=?)"],
    ["?account_id=acc_1", BY_ID, "tasks USING PRIMARY KEY (workspace_id=? AND mode=? AND account_id=?)"],
    [`?from=${AT}`, "posts_by_schedule (workspace_id=? AND mode=? AND scheduled_at>?"],
    [`?to=${AT}`, "posts_by_schedule (workspace_id=? AND mode=? AND scheduled_at<?"],
    [`?created_from=${AT}`, "PRIMARY KEY (workspace_id=? AND mode=? AND id>?"],
    [`?created_to=${AT}`, "PRIMARY KEY (workspace_id=? AND mode=? AND id<?"],
    ["?external_id=x", "posts_by_external_id (workspace_id=? AND mode=? AND external_id=?"],
    ["?metadata=a:b", BY_ID, "post_metadata USING PRIMARY KEY (workspace_id=? AND mode=? AND name=? AND value=?)"],
    ["?idempotency_key=x", BY_ID, "idempotency USING PRIMARY KEY (workspace_id=? AND mode=? AND key=?)"],
    [`?from=${AT}&to=${AT}&status=queued&platform=facebook&metadata=a:b&external_id=x`, "id=?"],
  ])("is that of what it lets through: %s", async (query, ...uses) => {
    const { key } = await newKey(workspace, { accounts: [account] });
    const first = await list("?limit=1");
    expect(first.body.next_cursor).not.toBeNull();
    for (const by of [workspace.test, key]) {
      for (const plan of await plansOf(query, by)) {
        expect(plan).not.toMatch(/SCAN (posts|tasks|post_metadata|idempotency|accounts)/);
        for (const use of by === key ? [BY_ID] : uses) expect(plan).toContain(use);
      }
    }
  });

  it("is one row of counters for the total of all, and of statuses with those that are being published", async () => {
    for (const query of ["", "?status=queued", "?status=failed,published", "?status=queued,publishing,failed"]) {
      const spy = vi.spyOn(env.DB, "prepare");
      await list(query);
      const counting = spy.mock.calls.map(([sql]) => sql).filter((sql) => /count\(|post_counts/.test(sql));
      spy.mockRestore();
      const others =
        query !== "?status=queued" ? "" : ", \\(SELECT count\\(\\*\\) FROM posts .* posts.status = 'publishing' .*\\)";
      expect(counting).toEqual([
        expect.stringMatching(new RegExp(`^select [a-z_", ]*${others} from "post_counts"`, "s")),
      ]);
    }
  });

  it("tells posts that are being published from those that wait, in totals and by status", async () => {
    const mine = await newWorkspace();
    const on = await newAccount(mine, "facebook");
    const begun = refOf(mine, await queue({ schedule: undefined }, mine, on));
    await queue({}, mine, on);
    await wake(begun);
    const message = await messageFor(begun, on);
    if (message.kind !== "task") throw new Error("no task waits");
    const { epoch } = await taskOf(begun, on);
    expect((await calls(begun).begin({ accountId: on, part: "post", epoch })).is).toBe("begin");
    await documentOf(begun);
    const totals = async (key: string) =>
      Promise.all(
        ["", "?status=queued", "?status=publishing", "?status=queued,publishing"].map(
          async (query) => (await list(query, key)).body.total,
        ),
      );
    expect(await totals(mine.test)).toEqual([2, 1, 1, 2]);
    const report = await call("GET", `/v1/workspaces/${mine.id}`, { key: ADMIN });
    expect(report.body.posts.test).toMatchObject({ queued: 1, publishing: 1 });
  });

  it("does not grow with a page further back: nothing is sorted that an index has in order", async () => {
    for (const query of ["?limit=1", "?limit=1&status=queued", "?limit=1&external_id=x"]) {
      for (const plan of await plansOf(query, workspace.test)) expect(plan).not.toContain("TEMP B-TREE");
    }
  });
});

describe("a cursor", () => {
  it("belongs to its filters, its workspace and its mode", async () => {
    const mine = await newWorkspace();
    const on = await newAccount(mine, "facebook");
    for (let i = 0; i < 2; i++) await queue({ metadata: { a: "1", b: "2" } }, mine, on);
    const query = "limit=1&metadata=a:1&metadata=b:2&status=queued,failed";
    const cursor = (await list(`?${query}`, mine.test)).body.next_cursor;
    const at = (path: string, key: string) => call("GET", `${path}cursor=${cursor}`, { key });
    for (const [path, key] of [
      ["/v1/posts?", mine.test],
      ["/v1/posts?metadata=a:1&status=queued,failed&", mine.test],
      ["/v1/posts?metadata=a:1&metadata=b:2&status=queued&", mine.test],
      [`/v1/posts?${query}&`, workspace.test],
      [`/v1/posts?${query}&`, mine.live],
      ["/v1/events?", mine.test],
      ["/v1/media?", mine.test],
    ] as const) {
      const answer = await at(path, key);
      expect([path, answer.status, answer.body.error.field]).toEqual([path, 400, "cursor"]);
    }
    // However the same filters are written.
    const other = await at("/v1/posts?limit=5&status=failed,queued&metadata=b:2&metadata=a:1&", mine.test);
    expect([other.status, other.body.posts.length, other.body.next_cursor]).toEqual([200, 1, null]);
  });

  it.each(["rubbish", "", "W10", "é"])("that nobody gave is refused: %s", async (cursor) => {
    const answer = await list(`?cursor=${encodeURIComponent(cursor)}`);
    expect([answer.status, answer.body.error.field]).toEqual([400, "cursor"]);
  });

  it("never skips or repeats what was there throughout, whatever is added and canceled meanwhile", async () => {
    const step = fc.constantFrom("page", "add", "cancel");
    const filter = fc.constantFrom("", "&status=queued,published", "&metadata=walk:1", "&external_id=walk");
    const run = async (steps: string[], size: number, filter: string) => {
      const mine = await newWorkspace();
      const on = await newAccount(mine, "facebook");
      const open: string[] = [];
      const add = async () => {
        // Several in one millisecond, as it happens.
        if (open.length % 2 === 0) advance(1);
        open.push((await queue({ external_id: "walk", metadata: { walk: "1" } }, mine, on)).body.id);
      };
      for (let i = 0; i < 7; i++) await add();
      const before = new Set(open);
      const canceled = new Set<string>();
      const seen: string[] = [];
      let cursor: string | null = "";
      const page = async () => {
        if (cursor === null) return;
        const { body }: Answer = await list(`?limit=${size}${filter}${cursor && `&cursor=${cursor}`}`, mine.test);
        seen.push(...body.posts.map(({ id }: { id: string }) => id));
        cursor = body.next_cursor;
      };
      for (const [index, each] of steps.entries()) {
        if (each === "page") await page();
        if (each === "add") await add();
        const victim = open[(index * 5) % open.length];
        if (each !== "cancel" || victim === undefined) continue;
        await call("DELETE", `/v1/posts/${victim}`, { key: mine.test });
        canceled.add(victim);
      }
      while (cursor !== null) await page();
      expect(new Set(seen).size).toBe(seen.length);
      expect([...seen].sort().reverse()).toEqual(seen);
      const throughout = [...before].filter((id) => !canceled.has(id) || !filter.includes("status"));
      expect(throughout.filter((id) => !seen.includes(id))).toEqual([]);
    };
    const walks = fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.integer({ min: 1, max: 4 }), filter, run);
    await fc.assert(walks, { numRuns: 15, seed: 6 });
  });
});
