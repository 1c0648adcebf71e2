import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { insertSeals } from "../../src/db/audit-seals.ts";
import { database } from "../../src/db/database.ts";
import type { Scope } from "../../src/lib/vocabulary.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { entriesOf, exportOf, sealAll, verdictOn, writeLines } from "./helpers/audit.ts";
import { holdTime } from "./helpers/drive.ts";

const SECOND = 1_000;

let workspace: TestWorkspace;
let scope: Scope;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  scope = { workspaceId: workspace.id, mode: "test" };
});

const list = (query = "", from = workspace) => call("GET", `/v1/audit${query}`, { key: from.test });
const idsOf = ({ body }: Answer): string[] => body.lines.map(({ id }: { id: string }) => id);

describe("GET /v1/audit", () => {
  it("says who changed what, when, and by which request", async () => {
    const account = await newAccount(workspace, "facebook");
    const schedule = new Date(Date.now() + 86_400_000).toISOString();
    const { id } = (await publish(workspace, { content: "Hello", accounts: [account], schedule })).body;
    const headers = { "CF-Connecting-IP": "192.0.2.7" };
    const canceled = await call("DELETE", `/v1/posts/${id}`, { key: workspace.test, headers });
    expect(canceled.status).toBe(200);
    const { key } = await askingKey();
    const [line] = (await list(`?target=${id}&action=post.canceled`)).body.lines;
    expect(line).toEqual({
      id: expect.stringMatching(/^aud_/),
      workspace_id: workspace.id,
      mode: "test",
      at: new Date(Date.now()).toISOString(),
      action: "post.canceled",
      actor: key,
      target: id,
      request_id: canceled.headers.get("X-Request-Id"),
      ip: "192.0.2.7",
      details: null,
    });
  });

  it("says nothing of who only reads", async () => {
    const own = await newWorkspace();
    const count = async () => (await list("?limit=100", own)).body.lines.length;
    const before = await count();
    for (const path of ["posts", "accounts", "media", "webhooks", "api-keys", "audit/export"]) {
      expect((await call("GET", `/v1/${path}`, { key: own.test })).status).toBe(200);
    }
    expect(await count()).toBe(before);
  });

  it("pages through the newest first, and misses and repeats nothing while lines are added", async () => {
    const own = await newWorkspace();
    const ids = await writeLines({ workspaceId: own.id, mode: "test" }, 5);
    const seen: string[] = [];
    let next = "";
    do {
      const answer = await list(`?limit=2${next}`, own);
      seen.push(...idsOf(answer));
      await writeLines({ workspaceId: own.id, mode: "test" }, 1);
      next = answer.body.next_cursor === null ? "" : `&cursor=${answer.body.next_cursor}`;
    } while (next !== "");
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("filters by action, actor, target and time", async () => {
    const at = Date.now() + 3_600_000;
    const [first, second] = [
      ...(await writeLines(scope, 1, { action: "api_key.revoked", actor: "key_f", target: "key_x", at })),
      ...(await writeLines(scope, 1, { action: "api_key.rotated", actor: "admin", target: "key_y", at: at + SECOND })),
    ];
    const time = (moment: number) => new Date(moment).toISOString();
    expect(idsOf(await list("?action=api_key.revoked"))).toEqual([first]);
    expect(idsOf(await list("?actor=key_f"))).toEqual([first]);
    expect(idsOf(await list("?target=key_y"))).toEqual([second]);
    expect(idsOf(await list(`?from=${time(at)}`))).toEqual([second, first]);
    expect(idsOf(await list(`?from=${time(at)}&to=${time(at + SECOND)}`))).toEqual([first]);
    expect(idsOf(await list(`?action=api_key.revoked&actor=admin`))).toEqual([]);
  });

  it("gives a cursor that does not tell how much others do", async () => {
    await writeLines(scope, 2);
    const row = await env.DB.prepare("SELECT max(seq) AS seq FROM audit_log").first<{ seq: number }>();
    const cursor: string = (await list("?limit=1")).body.next_cursor;
    const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    expect(row?.seq).toBeGreaterThan(0);
    expect(text).not.toMatch(new RegExp(`"${row?.seq}"`));
    expect(text).toMatch(/^\["v1\./);
  });

  it("takes a cursor for the filters it was given for, and no other", async () => {
    await writeLines(scope, 3);
    const cursor = (await list("?limit=1&actor=key_1")).body.next_cursor;
    expect((await list(`?limit=1&actor=key_1&cursor=${cursor}`)).status).toBe(200);
    for (const query of [`?cursor=${cursor}`, `?actor=key_2&cursor=${cursor}`, "?cursor=made-up"]) {
      const answer = await list(query);
      expect([answer.status, answer.body.error.field]).toEqual([400, "cursor"]);
    }
  });

  it.each(["action=post.made", "from=yesterday", "limit=101", "limit=0", "seq=1"])("refuses %s", async (query) => {
    const answer = await list(`?${query}`);
    expect([answer.status, answer.body.error.field]).toEqual([400, query.split("=")[0]]);
  });

  it("shows nothing of another workspace, or of the other mode", async () => {
    const other = await newWorkspace();
    const mine = await writeLines({ workspaceId: other.id, mode: "test" }, 1);
    await writeLines({ workspaceId: other.id, mode: "live" }, 1);
    expect(idsOf(await list("", other))).toEqual(mine);
    expect(entriesOf(await exportOf(other)).map(({ line }) => line?.id)).toEqual([...mine, undefined]);
    expect(idsOf(await list("?limit=100"))).not.toContain(mine[0]);
  });
});

/** The id of the workspace's test key. */
async function askingKey(): Promise<{ key: string }> {
  const row = await env.DB.prepare("SELECT id AS key FROM api_keys WHERE workspace_id = ? AND mode = 'test'")
    .bind(workspace.id)
    .first<{ key: string }>();
  if (!row) throw new Error("the workspace has no test key");
  return row;
}

describe("GET /v1/audit/export", () => {
  it("gives every line, oldest first, each seal behind what it covers, and the end", async () => {
    const own = await newWorkspace();
    const world: Scope = { workspaceId: own.id, mode: "test" };
    const [a, b] = await writeLines(world, 2);
    await sealAll();
    const [c] = await writeLines(world, 1);
    await sealAll();
    const [d] = await writeLines(world, 1);
    const exported = await exportOf(own);
    expect(exported.headers.get("Content-Type")).toBe("application/x-ndjson");
    const entries = entriesOf(exported);
    expect(entries.map((entry) => entry.line?.id ?? Object.keys(entry)[0])).toEqual([
      a,
      b,
      "seal",
      c,
      "seal",
      d,
      "end",
    ]);
    const [, , first, , second, , end] = entries;
    expect(first.seal).toMatchObject({ previous: null, lines: 2 });
    expect(second.seal).toMatchObject({ previous: first.seal.hash, lines: 1 });
    expect(end.end).toEqual({ lines: 4, seals: 2 });
    expect(await verdictOn(exported)).toMatchObject({ isGood: true, lines: 4, seals: 2, unsealed: 1 });
  });

  it("shows lines as the list does", async () => {
    const lines = entriesOf(await exportOf(workspace)).flatMap(({ line }) => line ?? []);
    const listed = (await list("?limit=100")).body.lines;
    expect(listed.length).toBeGreaterThan(5);
    expect(lines.toReversed().slice(0, 100)).toEqual(listed);
  });

  it("goes on behind a seal whose hash is named, and refuses one that there is not", async () => {
    const own = await newWorkspace();
    const world: Scope = { workspaceId: own.id, mode: "test" };
    await writeLines(world, 2);
    await sealAll();
    const verdict = await verdictOn(exportOf(own));
    const hash = verdict.isGood ? (verdict.lastHash ?? "") : "";
    const later = await writeLines(world, 2);
    await sealAll();
    const rest = await exportOf(own, "test", `?after=${hash}`);
    expect(entriesOf(rest).flatMap(({ line }) => line?.id ?? [])).toEqual(later);
    expect(await verdictOn(rest, hash)).toMatchObject({ isGood: true, lines: 2, seals: 1, unsealed: 0 });
    expect(await verdictOn(rest)).toMatchObject({ isGood: false });
    for (const [where, after] of [
      [own, "0".repeat(64)],
      [own, "made-up"],
      [workspace, hash],
    ] as const) {
      const answer = await exportOf(where, "test", `?after=${after}`);
      expect([answer.status, answer.body.error.field]).toEqual([400, "after"]);
    }
  });

  it("comes through a log of thousands of lines, sealed and not", async () => {
    const own = await newWorkspace();
    const world: Scope = { workspaceId: own.id, mode: "live" };
    for (let i = 0; i < 5; i++) await writeLines(world, 500);
    await sealAll();
    for (let i = 0; i < 5; i++) await writeLines(world, 500);
    const verdict = await verdictOn(exportOf(own, "live"));
    expect(verdict).toMatchObject({ isGood: true, lines: 5_000, unsealed: 2_500 });
  });
});

it("an export comes through thousands of seals of one line each", async () => {
  const own = await newWorkspace();
  const world: Scope = { workspaceId: own.id, mode: "test" };
  await sealAll();
  for (let i = 0; i < 5; i++) await writeLines(world, 500);
  const { results } = await env.DB.prepare("SELECT * FROM audit_log WHERE workspace_id = ? ORDER BY seq")
    .bind(own.id)
    .all<{ seq: number }>();
  // What thousands of minutes would have made.
  const seal = (seq: number) => ({ ...world, throughSeq: seq, rows: 1, hash: `${seq}`.padStart(64, "0"), sealedAt: 0 });
  let sealed = 0;
  const last = await env.DB.prepare("SELECT max(through_seq) AS seq FROM audit_seals").first<{ seq: number }>();
  await insertSeals(
    database(env.DB),
    results.map(({ seq }) => seal(seq)),
    last?.seq ?? 0,
  );
  for (const [index, entry] of entriesOf(await exportOf(own)).entries()) {
    if (entry.end) expect(entry.end).toEqual({ lines: 2_500, seals: 2_500 });
    else expect(Object.keys(entry)).toEqual([index % 2 === 0 ? "line" : "seal"]);
    if (entry.seal) sealed += 1;
  }
  expect(sealed).toBe(2_500);
});

describe("the deployment's own log", () => {
  it("is listed and exported for its owner, by itself", async () => {
    const key = env.ADMIN_TOKEN ?? "";
    const [id] = await writeLines({ workspaceId: "", mode: "live" }, 1, {
      action: "deployment.paused",
      actor: "admin",
    });
    await sealAll();
    const { body } = await call("GET", "/v1/deployment/audit?limit=1", { key });
    expect(body.lines).toMatchObject([{ id, workspace_id: null, actor: "admin" }]);
    const exported = await call("GET", "/v1/deployment/audit/export", { key });
    expect(await verdictOn(exported)).toMatchObject({ isGood: true, unsealed: 0 });
    const lines = entriesOf(exported).flatMap(({ line }) => line ?? []);
    expect(lines.at(-1).id).toBe(id);
    expect(lines.every(({ workspace_id }) => workspace_id === null)).toBe(true);
  });
});
