import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as schema from "../../src/db/schema.ts";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import {
  call,
  newAccount,
  newKey,
  newPicture,
  newWorkspace,
  ORIGIN,
  publish,
  saidBy,
  setRateLimits,
} from "./helpers/api.ts";
import { ConsoleBrowser, newMember } from "./helpers/console.ts";
import {
  advance,
  deliver,
  deliverTask,
  drive,
  getPost,
  holdTime,
  messageFor,
  postObject,
  publicPosts,
  refOf,
  ringAlarm,
  sweepMediaAway,
  wake,
} from "./helpers/drive.ts";
import { BOTH_APPS, newLink, useApps } from "./helpers/login.ts";
import { newWebhook } from "./helpers/webhooks.ts";

/*
 * What the deployment's owner sees of workspaces, and does to them.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ADMIN = env.ADMIN_TOKEN ?? "";

let workspace: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const ask = (method: string, path = "", body?: unknown) =>
  call(method, `/v1/workspaces/${workspace.id}${path}`, { key: ADMIN, ...(body === undefined ? {} : { body }) });
const suspend = (suspended: boolean) => ask("PATCH", "", { suspended });
const remove = () => ask("DELETE", "?confirm=A%20workspace");
const sweep = () => env.SWEEPER.getByName(SWEEPER_NAME).sweep();

/** Sweeps until nothing is erased any more: other tests have deleted workspaces too, and theirs come first. */
async function sweepUntilErased(): Promise<void> {
  const erasing = () =>
    runInDurableObject(env.SWEEPER.getByName(SWEEPER_NAME), (_object, { storage }) => storage.kv.get("erasing"));
  for (let sweeps = 0; sweeps < 500; sweeps++) {
    await sweep();
    if (Number(await erasing()) > Date.now()) return;
  }
  throw new Error("there is always something left to erase");
}

async function accept(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const accepted = await publish(workspace, { content: "Held?", accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

const rowsOf = async (table: string, condition = "workspace_id = ?") => {
  const found = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${condition}`)
    .bind(workspace.id)
    .first<{ n: number }>();
  return found?.n ?? 0;
};

/** Grants that hold a token. */
const ERASABLE = "workspace_id = ? AND token_envelope IS NOT NULL";

/** What the deployment's own log says of the workspace. */
async function logged(): Promise<{ action: string; actor: string; details: unknown }[]> {
  const { results } = await env.DB.prepare(
    "SELECT action, actor, details FROM audit_log WHERE workspace_id = '' AND target = ? ORDER BY seq",
  )
    .bind(workspace.id)
    .all<{ action: string; actor: string; details: string | null }>();
  return results.map(({ action, actor, details }) => ({ action, actor, details: JSON.parse(details ?? "null") }));
}

describe("a workspace, as the owner sees it", () => {
  it("is shown with its keys and its posts by status", async () => {
    await setRateLimits(workspace.id, null);
    await drive(await accept());
    const later = await accept({ schedule: new Date(Date.now() + DAY).toISOString() });
    await call("DELETE", `/v1/posts/${later.postId}`, { key: workspace.test });
    const revoked = await newKey(workspace);
    await call("DELETE", `/v1/api-keys/${revoked.id}`, { key: workspace.test });
    const { body } = await ask("GET");
    expect(body).toMatchObject({
      id: workspace.id,
      name: "A workspace",
      logo_url: null,
      suspended_at: null,
      rate_limits: null,
      api_keys: 2,
    });
    expect(body.posts.test).toMatchObject({ published: 1, canceled: 1, queued: 0 });
    expect(Object.values(body.posts.live).every((count) => count === 0)).toBe(true);
  });

  it("is in a list of pages, newest first, which tells no secret", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      advance(1);
      ids.unshift((await newWorkspace()).id);
    }
    const page = async (query: string) => (await call("GET", `/v1/workspaces?${query}`, { key: ADMIN })).body;
    const first = await page("limit=2");
    const second = await page(`limit=1&cursor=${first.next_cursor}`);
    const listed = [...first.workspaces, ...second.workspaces].map(({ id }: { id: string }) => id);
    expect(listed).toEqual(ids);
    expect(JSON.stringify(first)).not.toContain(workspace.test.slice(14, 44));
    expect((await call("GET", "/v1/workspaces?cursor=bad", { key: ADMIN })).body.error.field).toBe("cursor");
  });

  it("is not there where there is none", async () => {
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "Mine" }],
      ["DELETE", "?confirm=x", undefined],
      ["GET", "/export", undefined],
    ] as const) {
      const answer = await call(method, `/v1/workspaces/ws_missing${path}`, {
        key: ADMIN,
        ...(body === undefined ? {} : { body }),
      });
      expect([answer.status, answer.body.error.message]).toEqual([404, "Workspace does not exist."]);
    }
  });
});

describe("changing a workspace", () => {
  it("gives it a name and limits, and the defaults again", async () => {
    const limits = { key: { burst: 5, per_minute: 60 }, workspace: { burst: 50, per_minute: 600 } };
    const changed = await ask("PATCH", "", { name: "Newsroom", rate_limits: limits });
    expect(changed.body).toMatchObject({ name: "Newsroom", rate_limits: limits });
    expect((await ask("GET")).body).toEqual(changed.body);
    expect((await call("GET", "/v1/workspace", { key: workspace.live })).body.name).toBe("Newsroom");
    const stored = await env.DB.prepare("SELECT rate_limits FROM workspaces WHERE id = ?").bind(workspace.id).first();
    expect(JSON.parse(String(stored?.rate_limits))).toEqual({
      key: { burst: 5, perMinute: 60 },
      workspace: { burst: 50, perMinute: 600 },
    });
    expect((await ask("PATCH", "", { rate_limits: null })).body.rate_limits).toBeNull();
    expect(await logged()).toContainEqual({
      action: "workspace.updated",
      actor: "admin",
      details: { fields: ["name", "rate_limits"] },
    });
  });

  it.each([
    [{}, "body"],
    [{ name: " " }, "name"],
    [{ suspended: "yes" }, "suspended"],
    [{ rate_limits: { key: { burst: 0, per_minute: 1 } } }, "rate_limits.key.burst"],
    [{ deleted: true }, "deleted"],
  ])("is refused as %j", async (body, field) => {
    const answer = await ask("PATCH", "", body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });
});

describe("a suspended workspace", () => {
  it("stays so when it is given a name by who had not seen that yet", async () => {
    const batch = env.DB.batch.bind(env.DB);
    const suspended: number[] = [];
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      vi.restoreAllMocks();
      suspended.push((await suspend(true)).status);
      return batch(statements);
    });
    await ask("PATCH", "", { name: "Renamed" });
    expect(suspended).toEqual([200]);
    const { body } = await ask("GET");
    expect([body.name, typeof body.suspended_at]).toEqual(["Renamed", "string"]);
    expect((await call("GET", "/v1/health", { key: workspace.live })).status).toBe(403);
  });

  it("is kept out with all of its keys, is told why, and is let in again", async () => {
    const before = (await suspend(true)).body.suspended_at;
    for (const key of [workspace.live, workspace.test]) {
      const answer = await call("GET", "/v1/health", { key });
      expect([answer.status, answer.body.error.code]).toEqual([403, "forbidden"]);
      expect(answer.body.error.message).toContain("suspended");
    }
    advance(HOUR);
    expect((await suspend(true)).body.suspended_at).toBe(before);
    expect((await suspend(false)).body.suspended_at).toBeNull();
    expect((await call("GET", "/v1/health", { key: workspace.live })).status).toBe(200);
    expect((await logged()).map(({ action }) => action)).toEqual([
      "workspace.created",
      "workspace.suspended",
      "workspace.updated",
      "workspace.unsuspended",
    ]);
  });

  it("publishes nothing of what it had accepted before it is let in again, and then everything", async () => {
    const ref = await accept();
    await suspend(true);
    await wake(ref);
    for (let day = 0; day < 3; day++) {
      await deliverTask(ref, account);
      advance(DAY);
      await wake(ref);
    }
    expect(await publicPosts(workspace, account)).toEqual([]);
    const told: unknown[] = [];
    vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
      for (const { body } of messages) told.push(body);
      return undefined as never;
    });
    await suspend(false);
    vi.restoreAllMocks();
    expect(told).toContainEqual(expect.objectContaining({ kind: "resume", post_id: ref.postId }));
    await drive(ref);
    expect(await publicPosts(workspace, account)).toHaveLength(1);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
  });

  it("keeps a pause of its own when it is let in again", async () => {
    await call("POST", "/v1/workspace/pause", { key: workspace.test });
    const ref = await accept();
    await suspend(true);
    await suspend(false);
    await wake(ref);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body.tasks[0].error.code).toBe("paused");
    expect((await call("GET", "/v1/workspace/pause", { key: workspace.test })).body.paused).toBe(true);
  });

  it("is no reason to hold anything of another", async () => {
    const other = workspace;
    workspace = await newWorkspace();
    await suspend(true);
    workspace = other;
    await drive(await accept());
    expect(await publicPosts(workspace, account)).toHaveLength(1);
  });
});

interface ExportedLine {
  kind: string;
  data: Record<string, unknown>;
}

async function exported(): Promise<{ text: string; lines: ExportedLine[] }> {
  const { status, text, headers } = await ask("GET", "/export");
  expect([status, headers.get("Content-Type")]).toEqual([200, "application/x-ndjson"]);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ExportedLine);
  return { text, lines };
}

describe("an export", () => {
  it("has everything of the workspace, and says where it ends", async () => {
    const picture = await newPicture(workspace);
    const webhook = await newWebhook(workspace, ["publish.completed"]);
    await newKey(workspace);
    const ref = await accept({ content: "Exported", media: [picture] });
    await drive(ref);
    const { lines } = await exported();
    const of = (kind: string) => lines.filter((line) => line.kind === kind).map(({ data }) => data);
    expect(of("workspace")).toEqual([expect.objectContaining({ id: workspace.id, name: "A workspace" })]);
    expect(of("api_key").map(({ mode }) => mode)).toEqual(["live", "test", "test"]);
    expect(of("account")).toEqual([expect.objectContaining({ id: account, platform: "facebook", labels: [] })]);
    expect(of("media")).toEqual([expect.objectContaining({ id: picture, mime_type: "image/jpeg" })]);
    const [post] = of("post");
    expect(post).toMatchObject({ id: ref.postId, content: "Exported", status: "published", media: [picture] });
    const shown = (await getPost(workspace, ref)).body;
    expect(post?.tasks).toEqual(shown.tasks);
    const timeline = await call("GET", `/v1/posts/${ref.postId}/timeline`, { key: workspace.test });
    // But for the names of who did it: keys are exported with theirs.
    const { entries } = timeline.body;
    for (const { actor } of entries) delete actor.name;
    expect(post?.timeline).toEqual(entries);
    expect(of("task")).toEqual([expect.objectContaining({ post_id: ref.postId, account_id: account })]);
    expect(of("webhook")).toEqual([expect.objectContaining({ id: webhook.id, url: webhook.url, active: true })]);
    expect(of("event").length).toBeGreaterThan(0);
    expect(of("delivery")).toContainEqual(expect.objectContaining({ webhook_id: webhook.id }));
    expect(of("audit_line")).toContainEqual(expect.objectContaining({ action: "api_key.created", mode: "test" }));
    expect(lines.at(-1)).toEqual({ kind: "end", data: { lines: lines.length - 1 } });
    expect((await logged()).at(-1)?.action).toBe("workspace.exported");
  });

  it("has nothing of another workspace, and no secret, digest or envelope", async () => {
    const stranger = await newWorkspace();
    const foreign = await newAccount(stranger, "facebook");
    await newWebhook(workspace, ["publish.completed"]);
    await newKey(workspace);
    const { text } = await exported();
    for (const id of [stranger.id, foreign]) expect(text).not.toContain(id);
    const { results } = await env.DB.prepare(
      `SELECT digest AS secret FROM api_keys WHERE workspace_id = ?1
        UNION ALL SELECT token_envelope FROM grants WHERE workspace_id = ?1
        UNION ALL SELECT secret_envelope FROM webhooks WHERE workspace_id = ?1`,
    )
      .bind(workspace.id)
      .all<{ secret: string }>();
    expect(results.length).toBeGreaterThan(4);
    for (const { secret } of results) expect(text).not.toContain(secret);
    for (const secret of [workspace.test, workspace.live]) expect(text).not.toContain(secret.slice(14, 44));
    expect(text).not.toMatch(/"v1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\./);
  });

  it("is read page by page, and has every row once", async () => {
    const insert = env.DB.prepare(
      `INSERT INTO events (id, workspace_id, mode, type, body, created_at) VALUES (?, ?, 'test', 'webhook.test', '{"data":{}}', ?)`,
    );
    const ids = Array.from({ length: 450 }, (_, i) => `evt_${workspace.id}_${i}`);
    // Many of one moment, so that a page ends within it.
    await env.DB.batch(ids.map((id, i) => insert.bind(id, workspace.id, Math.floor(i / 300))));
    const { lines } = await exported();
    const found = lines.filter(({ kind }) => kind === "event").map(({ data }) => data.id);
    expect(found.filter((id) => ids.includes(String(id))).toSorted()).toEqual(ids.toSorted());
  });
});

describe("a deleted workspace", () => {
  it("is deleted by who knows its name, and by nobody else", async () => {
    for (const [query, field] of [
      ["", "confirm"],
      ["?confirm=Another", "confirm"],
    ]) {
      const answer = await ask("DELETE", query);
      expect([answer.status, answer.body.error.field]).toEqual([400, field]);
    }
    expect((await call("GET", "/v1/health", { key: workspace.live })).status).toBe(200);
    expect((await remove()).body).toEqual({ success: true });
    expect((await remove()).status).toBe(404);
    expect((await ask("GET")).status).toBe(404);
    expect((await logged()).at(-1)).toEqual({
      action: "workspace.deleted",
      actor: "admin",
      details: { name: "A workspace" },
    });
  });

  it("has keys that are as unknown ones, and no tokens, from the moment it is answered", async () => {
    await newWebhook(workspace, ["publish.completed"]);
    useApps(BOTH_APPS);
    await newLink(workspace);
    useApps({});
    expect([await rowsOf("connect_links"), await rowsOf("grants", ERASABLE)]).toEqual([1, 1]);
    await remove();
    for (const key of [workspace.live, workspace.test]) {
      const answer = await call("GET", "/v1/posts", { key });
      expect(saidBy(answer)).toBe(saidBy(await call("GET", "/v1/posts")));
    }
    expect([await rowsOf("connect_links"), await rowsOf("grants", ERASABLE)]).toEqual([0, 0]);
    expect(await rowsOf("webhooks", "workspace_id = ? AND active")).toBe(0);
  });

  it("publishes nothing any more, whatever its posts were at", async () => {
    const due = await accept();
    await wake(due);
    const message = await messageFor(due, account);
    const later = await accept({ schedule: new Date(Date.now() + HOUR).toISOString() });
    await wake(later);
    await remove();
    await deliver(message);
    for (let turn = 0; turn < 3; turn++) {
      for (const ref of [due, later]) {
        await ringAlarm(ref);
        await deliverTask(ref, account);
      }
    }
    expect(await publicPosts(workspace, account)).toEqual([]);
  });

  it("has posts whose objects, once they forgot everything, learn nothing anew", async () => {
    const later = await accept({ schedule: new Date(Date.now() + HOUR).toISOString() });
    await wake(later);
    await remove();
    await servicesOf(env).posts(later).forget();
    // Handed over a moment before, while the database still has the post.
    await wake(later);
    const stored = await runInDurableObject(postObject(later), async (_object, state) => [
      await state.storage.getAlarm(),
      (await state.storage.list()).size,
    ]);
    expect(stored).toEqual([null, 0]);
  });

  it("sends no event any more", async () => {
    const webhook = await newWebhook(workspace, ["publish.completed"]);
    await drive(await accept());
    await remove();
    const fetched = vi.spyOn(servicesOf(env), "fetch");
    advance(DAY);
    await sweep();
    expect(fetched.mock.calls.filter(([url]) => url === webhook.url)).toEqual([]);
  });

  it("goes with all that it had: rows, files, objects, the sandbox, and in the end itself", async () => {
    const picture = await newPicture(workspace);
    await newWebhook(workspace, ["publish.completed"]);
    const { id: keyId } = await newKey(workspace);
    await call("POST", `/v1/api-keys/${keyId}/rotate`, { key: workspace.test, body: {} });
    const done = await accept({ media: [picture] });
    await drive(done);
    const waiting = await accept({ schedule: new Date(Date.now() + DAY).toISOString() });
    await wake(waiting);
    await call("PATCH", `/v1/posts/${waiting.postId}`, { key: workspace.test, body: { content: "Edited" } });
    await call("POST", `/v1/accounts/${account}/pause`, { key: workspace.test });
    await call("POST", "/v1/account-groups", { key: workspace.test, body: { name: "A client" } });
    const { personId } = await newMember(workspace, "admin");
    const back = await call("POST", `/v1/members/${personId}/sign-in-link`, { key: workspace.test });
    await new ConsoleBrowser().join(back.body.url, "The same");
    const [published] = await publicPosts(workspace, account);
    expect((await call("GET", `/sandbox/${workspace.id}/${published?.id}`)).status).toBe(200);
    const bystander = await newWorkspace();
    await env.DB.prepare(
      `INSERT INTO commit_locks (mode, platform, external_id, fingerprint, workspace_id, post_id, account_id)
       VALUES ('test', 'facebook', 'page', 'left by an earlier release', ?, ?, ?)`,
    )
      .bind(workspace.id, done.postId, account)
      .run();
    // What others have left would be deleted first.
    await sweepMediaAway();

    await remove();
    expect((await call("GET", `/sandbox/${workspace.id}/${published?.id}`)).status).toBe(404);
    await sweepUntilErased();
    const tables = Object.values(schema).flatMap((each) =>
      is(each, SQLiteTable) && "workspaceId" in each ? [getTableName(each)] : [],
    );
    expect(tables.length).toBeGreaterThan(15);
    const left: Record<string, number> = {};
    for (const name of tables) left[name] = await rowsOf(name);
    expect(Object.entries(left).filter(([, count]) => count > 0)).toEqual([]);
    const scoped = "scope LIKE '%' || ? || '%'";
    expect(await rowsOf("manual_pauses", `${scoped} AND scope <> 'workspace:' || '${workspace.id}'`)).toBe(0);
    const ofAccount = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM manual_pauses WHERE scope = 'account:' || ?1)
        + (SELECT count(*) FROM platform_posts WHERE account_id = ?1)
        + (SELECT count(*) FROM replaced_secrets WHERE key_id = ?2) AS n`,
    )
      .bind(account, keyId)
      .first<{ n: number }>();
    expect(ofAccount?.n).toBe(0);
    expect(await env.MEDIA.head(picture)).toBeNull();
    for (const ref of [done, waiting]) {
      const stored = await runInDurableObject(postObject(ref), async (_object, state) => [
        await state.storage.getAlarm(),
        (await state.storage.list()).size,
      ]);
      expect(stored).toEqual([null, 0]);
    }
    expect(await rowsOf("workspaces", "id = ?")).toBe(1);
    advance(HOUR);
    await sweep();
    expect(await rowsOf("workspaces", "id = ?")).toBe(0);
    expect(await rowsOf("manual_pauses", scoped)).toBe(0);
    expect((await logged()).at(-1)?.action).toBe("workspace.deleted");
    expect((await call("GET", "/v1/posts", { key: workspace.test })).status).toBe(401);
    expect((await call("GET", "/v1/posts", { key: bystander.test })).status).toBe(200);
  });

  it("is found again though nobody told the sweeper, and what came in that moment goes too", async () => {
    vi.spyOn(servicesOf(env), "beginErasing").mockRejectedValue(new Error("unreachable"));
    await sweep();
    await remove();
    // A request that was under way.
    await env.DB.prepare(
      "INSERT INTO events (id, workspace_id, mode, type, body, created_at) VALUES (?, ?, 'test', 'webhook.test', '{}', 0)",
    )
      .bind(`evt_late_${workspace.id}`, workspace.id)
      .run();
    advance(HOUR);
    await sweepUntilErased();
    expect(await rowsOf("events")).toBe(0);
    expect(await rowsOf("workspaces", "id = ?")).toBe(0);
  });

  it("is shown to nobody by an address of its media", async () => {
    const picture = await newPicture(workspace);
    const address = await servicesOf(env).mediaUrl(picture);
    await remove();
    await sweepUntilErased();
    const path = address.replace(/^https?:\/\/[^/]+/, "");
    const { exports } = await import("cloudflare:workers");
    expect((await exports.default.fetch(`${ORIGIN}${path}`)).status).toBe(404);
  });
});
