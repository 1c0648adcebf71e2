import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { taskMessage, wakeMessage } from "../../src/post/messages.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, calls, deliver, documentOf, drive, holdTime, postObject, storedDocument } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * The object of a post that is over forgets it a while later: nothing is stored for it any more, and whatever comes then is
 * answered from the database.
 */

const SECOND = 1_000;
const DAY = 86_400_000;
const REFUSED = { code: 100, message: "Invalid parameter" };

let workspace: TestWorkspace;
let graph: StandIn;
let page: Connected;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
  page = await connect(graph, workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const read = async (ref: PostRef) => (await readLive(workspace, ref)).body;
const posts = () => graph.posts(page.externalId);
const ask = (method: string, ref: PostRef, path = "", body?: unknown, headers = {}) =>
  call(method, `/v1/posts/${ref.postId}${path}`, { key: workspace.live, body, headers });
const resolve = (ref: PostRef, body: unknown) => ask("POST", ref, `/tasks/${page.id}/resolve`, body);
const conflict = (message: string) => ({ code: "conflict", message });

/** Everything that the object has stored, its alarm included. */
function storedIn(ref: PostRef) {
  return runInDurableObject(postObject(ref), async (_object, { storage }) => ({
    names: [...storage.kv.list()].map(([name]) => name),
    alarm: await storage.getAlarm(),
  }));
}

const NOTHING = { names: [], alarm: null };

/** Lets time pass until the object forgets. @returns after how many days it did */
async function forget(ref: PostRef): Promise<number> {
  const { forgetAt } = await documentOf(ref);
  if (forgetAt === null) throw new Error("the object does not mean to forget");
  const days = (forgetAt - Date.now()) / DAY;
  advance(forgetAt - Date.now());
  expect(await runDurableObjectAlarm(postObject(ref))).toBe(true);
  expect(await storedIn(ref)).toEqual(NOTHING);
  return Math.ceil(days);
}

async function published(): Promise<PostRef> {
  const ref = await publishLive(workspace, { content: "Hello", accounts: [page.id] });
  await drive(ref);
  expect((await read(ref)).status).toBe("published");
  return ref;
}

/** A post that failed when its commit was refused, or before anything was sent. */
async function failed(at: "commit" | "staging"): Promise<PostRef> {
  const media = at === "commit" ? [] : [await newPicture(workspace, "live")];
  const ref = await publishLive(workspace, { content: "Hello", accounts: [page.id], media });
  graph.refuse(at === "commit" ? /feed$/ : /photos$/, REFUSED);
  await drive(ref);
  expect((await read(ref)).status).toBe("failed");
  return ref;
}

/** A post of which nobody can tell: the commit's answer is lost, and the Page cannot be read. */
async function unconfirmed(isPublic: boolean, fields = {}): Promise<PostRef> {
  const ref = await publishLive(workspace, { content: "Hello", accounts: [page.id], ...fields });
  graph.spoil(/feed$/, isPublic ? "cut after" : "cut before");
  graph.refuse(/published_posts/, { code: 2, message: "Try again later" }, 1_000);
  await drive(ref);
  expect((await read(ref)).status).toBe("unconfirmed");
  return ref;
}

describe("the object of a published post", () => {
  it("forgets it after seven days, and not a moment before", async () => {
    const ref = await published();
    const { forgetAt } = await documentOf(ref);
    advance((forgetAt ?? 0) - Date.now() - SECOND);
    await runDurableObjectAlarm(postObject(ref));
    expect(await storedDocument(ref)).toBeDefined();
    await forget(ref);
    expect(posts()).toHaveLength(1);
  });

  it("has one alarm left to ring, which costs one request and writes nothing", async () => {
    const ref = await published();
    const { alarmAt, forgetAt } = await documentOf(ref);
    expect(alarmAt).toBe(forgetAt);
    const counts = { get: 0, put: 0, deleteAll: 0 };
    await runInDurableObject(postObject(ref), (_object, { storage }) => {
      for (const [of, name] of [
        [storage.kv, "get"],
        [storage.kv, "put"],
        [storage, "deleteAll"],
      ] as const) {
        const real: (...args: unknown[]) => unknown = Reflect.get(of, name).bind(of);
        const counted = (...args: unknown[]) => {
          counts[name] += 1;
          return real(...args);
        };
        Object.assign(of, { [name]: counted });
      }
    });
    advance((forgetAt ?? 0) - Date.now());
    const prepare = vi.spyOn(env.DB, "prepare");
    await runDurableObjectAlarm(postObject(ref));
    const statements = prepare.mock.calls.length;
    expect({ ...counts, statements }).toEqual({ get: 0, put: 0, deleteAll: 1, statements: 0 });
  });

  it("is left with nothing by whatever comes late, and the answers stay what they were", async () => {
    const ref = await published();
    const before = await read(ref);
    const { epoch } = (await documentOf(ref)).tasks[0] ?? { epoch: 0 };
    await forget(ref);
    const task = { accountId: page.id, part: "post", epoch } as const;
    for (const late of [epoch, epoch - 1, 1]) await deliver(taskMessage(ref, { ...task, epoch: late }));
    await deliver(wakeMessage(ref));
    const holder = { ...task, lease: 1 };
    const post = { id: "77_88", permalink: null };
    expect(await calls(ref).report(holder, { is: "live", attempt: 1, post })).toEqual({ is: "stale" });
    expect(await calls(ref).report(holder, { is: "did_not", progress: {}, fault: null })).toEqual({ is: "stale" });
    expect(await calls(ref).arm(holder, { version: 1, progress: {} })).toEqual({ is: "refused" });
    await calls(ref).attachPermalink(page.id, "https://example.com/other");
    await calls(ref).resume(page.id);
    expect(await calls(ref).recall("claim_1")).toBeNull();
    expect((await ask("DELETE", ref)).body.error).toMatchObject(
      conflict("This post is already published and cannot be canceled."),
    );
    expect((await ask("POST", ref, "/retry")).body.error).toMatchObject(
      conflict("Everything of this post is published; nothing is left to retry."),
    );
    expect((await ask("PATCH", ref, "", { content: "Other words" })).status).toBe(409);
    expect((await resolve(ref, { outcome: "not_published" })).body.error).toMatchObject(
      conflict("This task is published already."),
    );
    expect(await storedIn(ref)).toEqual(NOTHING);
    expect(await read(ref)).toEqual(before);
    expect(posts()).toHaveLength(1);
  });

  it("that was asked something with a key remembers its answer as long as the key lives", async () => {
    const ref = await published();
    const key = { "Idempotency-Key": "cancel too late" };
    advance(6 * DAY);
    const first = await ask("DELETE", ref, "", undefined, key);
    expect(first.status).toBe(409);
    advance(29 * DAY);
    await runDurableObjectAlarm(postObject(ref));
    expect((await ask("DELETE", ref, "", undefined, key)).text).toBe(first.text);
    expect(await forget(ref)).toBe(1);
  });

  it("forgets nothing that the database has not acknowledged, however long that takes", async () => {
    const ref = await publishLive(workspace, { content: "Hello", accounts: [page.id] });
    const prepare = env.DB.prepare.bind(env.DB);
    const spy = vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
      if (query.includes("UPDATE post_counts")) throw new Error("D1_ERROR: away");
      return prepare(query);
    });
    await deliver(wakeMessage(ref));
    const stored = async () => (await storedDocument(ref)) ?? { seq: 0, projectedSeq: 0, tasks: [], forgetAt: 0 };
    const [task] = (await stored()).tasks;
    if (task) await deliver(taskMessage(ref, task));
    expect(posts()).toHaveLength(1);
    for (let days = 0; days < 40; days += 10) {
      advance(10 * DAY);
      await runDurableObjectAlarm(postObject(ref));
      const document = await stored();
      expect([document.projectedSeq < document.seq, document.forgetAt]).toEqual([true, null]);
    }
    spy.mockRestore();
    advance(60 * SECOND);
    await runDurableObjectAlarm(postObject(ref));
    await documentOf(ref);
    expect((await read(ref)).status).toBe("published");
    expect(await forget(ref)).toBe(7);
  });
});

describe("a post that failed and was forgotten", () => {
  it("is retried where nothing of it was ever sent", async () => {
    const ref = await failed("staging");
    expect(await forget(ref)).toBe(30);
    expect((await ask("PATCH", ref, "", { content: "Better words" })).status).toBe(200);
    expect((await ask("POST", ref, "/retry")).body.status).toBe("queued");
    const document = await drive(ref);
    expect(document.tasks[0]).toMatchObject({ round: 2, attempts: 1 });
    expect(posts().map(({ text }) => text)).toEqual(["Better words"]);
    expect((await read(ref)).status).toBe("published");
  });

  it("is not retried where a commit of it was sent, and says why", async () => {
    const ref = await failed("commit");
    await forget(ref);
    const answer = await ask("POST", ref, "/retry");
    expect([answer.status, answer.body.error]).toMatchObject([
      409,
      conflict("What was sent of this post is not known any more. Look at its accounts before you create it anew."),
    ]);
    expect(await storedIn(ref)).toEqual(NOTHING);
    expect(posts()).toHaveLength(0);
  });
});

describe("a post of which nobody could tell, and that was forgotten", { timeout: 90_000 }, () => {
  it("is resolved as public, with an event of its own", async () => {
    const ref = await unconfirmed(true);
    expect(await forget(ref)).toBe(30);
    const answer = await resolve(ref, { outcome: "published", platform_post_id: posts()[0]?.id });
    expect([answer.status, answer.body.status]).toEqual([200, "published"]);
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ? ORDER BY created_at, id")
      .bind(ref.postId)
      .all<{ type: string }>();
    expect(results.map(({ type }) => type)).toContain("publish.completed");
    expect(posts()).toHaveLength(1);
  });

  it("is resolved as not public, and not sent again: nothing is left by which that could be read", async () => {
    const ref = await unconfirmed(false);
    await forget(ref);
    expect((await resolve(ref, { outcome: "not_published" })).body.status).toBe("failed");
    expect((await ask("POST", ref, "/retry")).body.error.message).toMatch(/is not known any more/);
    await drive(ref);
    expect(posts()).toHaveLength(0);
  });

  it("has its first comment written once a person has said that it is public", async () => {
    const comment = { options: { facebook: { first_comment: "The first comment" } } };
    const ref = await unconfirmed(true, comment);
    await forget(ref);
    await resolve(ref, { outcome: "published", platform_post_id: posts()[0]?.id });
    await drive(ref);
    expect(posts()[0]?.comments.map(({ text }) => text)).toEqual(["The first comment"]);
    expect((await read(ref)).tasks[0].first_comment.status).toBe("published");
  });
});

it("a test clock that is moved makes nothing be forgotten", async () => {
  const account = await call("POST", "/v1/accounts/sandbox", {
    key: workspace.test,
    body: { platform: "facebook", username: "clock" },
  });
  const accepted = await call("POST", "/v1/publish", {
    key: workspace.test,
    body: { content: "Test", accounts: [account.body.id] },
  });
  const ref: PostRef = { workspaceId: workspace.id, mode: "test", postId: accepted.body.id };
  await drive(ref);
  const { forgetAt } = await documentOf(ref);
  const moved = await call("POST", "/v1/sandbox/clock", {
    key: workspace.test,
    body: { advance_seconds: (60 * DAY) / SECOND },
  });
  expect(moved.status).toBe(200);
  await deliver(wakeMessage(ref));
  await runDurableObjectAlarm(postObject(ref));
  expect((await documentOf(ref)).forgetAt).toBeGreaterThanOrEqual(forgetAt ?? 0);
  await forget(ref);
});
