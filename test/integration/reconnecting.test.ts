import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import type { LoginStandIn, StandInPage } from "../helpers/login-stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, deliver, deliverTask, drive, holdTime, taskOf, wake } from "./helpers/drive.ts";
import { BOTH_APPS, connectByConsent, standInForMeta, useApps } from "./helpers/login.ts";

/*
 * Tasks of an account that needs reconnecting are held, and go on when a person has connected it again.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EXPIRED = { code: 190, error_subcode: 463, message: "Error validating access token: Session has expired." };

let workspace: TestWorkspace;
let meta: LoginStandIn;
let page: StandInPage;
let account: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  meta = standInForMeta();
  useApps(BOTH_APPS);
  page = meta.openPage("Page");
  [account = ""] = await connectByConsent(meta, workspace, {}, "facebook");
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => useApps({}));

async function publish(content: string): Promise<PostRef> {
  const answer = await call("POST", "/v1/publish", { key: workspace.live, body: { content, accounts: [account] } });
  if (answer.status !== 202) throw new Error(answer.text);
  return { workspaceId: workspace.id, mode: "live", postId: answer.body.id };
}

/** Publishes on an account whose token has ended meanwhile. */
async function hold(content = "Held"): Promise<PostRef> {
  const ref = await publish(content);
  meta.broken.set(`POST /${page.id}/feed`, () => Response.json({ error: EXPIRED }, { status: 400 }));
  await wake(ref);
  await deliverTask(ref, account);
  meta.broken.clear();
  expect((await taskOf(ref, account)).error?.code).toBe("account_needs_reconnect");
  return ref;
}

/** Connects the account again. @returns the messages that it sent, with their delays in seconds */
async function reconnect(): Promise<[PublishMessage, number][]> {
  const sent: [PublishMessage, number][] = [];
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
    for (const { body, delaySeconds } of messages) if (body.kind === "resume") sent.push([body, delaySeconds ?? 0]);
    return undefined as never;
  });
  expect(await connectByConsent(meta, workspace, {}, "facebook")).toEqual([account]);
  spy.mockRestore();
  return sent;
}

const read = async (ref: PostRef) => (await call("GET", `/v1/posts/${ref.postId}`, { key: workspace.live })).body;
const shown = async () => (await call("GET", `/v1/accounts/${account}`, { key: workspace.live })).body;
const posts = () => meta.publishing.posts(page.id);

describe("a task that is held", () => {
  it("is published within a minute of the reconnect", async () => {
    const ref = await hold();
    expect(await shown()).toMatchObject({ health: "needs_reconnect", posts_at_risk: 1 });
    // Long enough for its own looks to be rare.
    for (let i = 0; i < 6; i++) {
      advance(
        (await taskOf(ref, account)).dueAt === null ? 0 : Number((await taskOf(ref, account)).dueAt) - Date.now(),
      );
      await wake(ref);
      await deliverTask(ref, account);
    }
    expect(Number((await taskOf(ref, account)).dueAt) - Date.now()).toBeGreaterThan(29 * MINUTE);
    expect(posts()).toHaveLength(0);

    const [[message, delay] = []] = await reconnect();
    expect(delay).toBe(0);
    expect(await shown()).toMatchObject({ health: "ok", posts_at_risk: 0 });
    if (message) await deliver(message, message);
    const task = await taskOf(ref, account);
    expect(Number(task.dueAt) - Date.now()).toBeLessThan(MINUTE);
    await deliverTask(ref, account);
    await drive(ref);
    expect(posts()).toHaveLength(1);
    expect(await read(ref)).toMatchObject({ status: "published" });
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE account_id = ? ORDER BY created_at")
      .bind(account)
      .all();
    const types = results.map(({ type }) => type);
    expect(types).toEqual(["account.connected", "account.needs_reconnect", "account.recovered"]);
  });

  it("goes on by itself when the message is lost", async () => {
    const ref = await hold();
    await reconnect();
    await drive(ref);
    expect(posts()).toHaveLength(1);
  });

  it("fails 24 hours after its time when nobody connects the account", async () => {
    const ref = await hold();
    const heldAt = Date.now();
    await drive(ref);
    expect(posts()).toHaveLength(0);
    expect((await read(ref)).tasks[0]).toMatchObject({ status: "failed", error: { code: "account_needs_reconnect" } });
    expect(Date.now() - heldAt).toBeGreaterThanOrEqual(24 * HOUR);
    expect(Date.now() - heldAt).toBeLessThan(24 * HOUR + MINUTE);
  });

  it("and whose commit is in doubt is read, not sent again", async () => {
    const ref = await publish("In doubt");
    meta.publishing.spoil(/feed$/, "cut after");
    await wake(ref);
    await deliverTask(ref, account);
    expect((await taskOf(ref, account)).armed).not.toBeNull();
    const list = `GET /${page.id}/published_posts`;
    meta.broken.set(list, () => Response.json({ error: EXPIRED }, { status: 400 }));
    await deliverTask(ref, account);
    meta.broken.clear();
    await wake(ref);
    await deliverTask(ref, account);
    const [[message] = []] = await reconnect();
    if (message) await deliver(message);
    await deliverTask(ref, account);
    expect(posts()).toHaveLength(1);
    await drive(ref);
    expect(await read(ref)).toMatchObject({ status: "published" });
    expect(
      meta.publishing.calls.filter(({ method, call }) => method === "POST" && call.endsWith("/feed")),
    ).toHaveLength(1);
  });

  it("is left alone by a resume that is late, doubled or for another account", async () => {
    const ref = await hold();
    const [[message] = []] = await reconnect();
    if (message?.kind !== "resume") throw new Error("nothing was resumed");
    await deliver({ ...message, account_id: "acc_other" });
    expect((await taskOf(ref, account)).error?.code).toBe("account_needs_reconnect");
    await deliver(message);
    await drive(ref);
    const { epoch } = await taskOf(ref, account);
    await deliver(message);
    expect((await taskOf(ref, account)).epoch).toBe(epoch);
    expect(posts()).toHaveLength(1);
  });
});

it("many held tasks go on a few each second, and what is only scheduled is left alone", async () => {
  const held = [await hold("First")];
  for (let i = 0; i < 11; i++) {
    const ref = await publish(`Held ${i}`);
    await wake(ref);
    await deliverTask(ref, account);
    await taskOf(ref, account);
    held.push(ref);
  }
  const schedule = new Date(Date.now() + HOUR).toISOString();
  await call("POST", "/v1/publish", { key: workspace.live, body: { content: "Later", accounts: [account], schedule } });
  const sent = await reconnect();
  expect(sent.map(([message]) => "post_id" in message && message.post_id).sort()).toEqual(
    held.map((ref) => ref.postId).sort(),
  );
  expect(sent.map(([, delay]) => delay)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]);
});

it("what the platform said of the old token does not spoil the new one", async () => {
  const ref = await publish("In flight");
  const answer = () => Response.json({ error: EXPIRED }, { status: 400 });
  const fetched = meta.fetch.bind(meta);
  let isFirst = true;
  vi.spyOn(meta, "fetch").mockImplementation(async (request) => {
    if (isFirst && request.method === "POST" && request.url.endsWith("/feed")) {
      isFirst = false;
      await reconnect();
      return answer();
    }
    return fetched(request);
  });
  await wake(ref);
  await deliverTask(ref, account);
  expect((await shown()).health).toBe("ok");
  const task = await taskOf(ref, account);
  expect(Number(task.dueAt) - Date.now()).toBeLessThanOrEqual(MINUTE);
  await drive(ref);
  expect(posts()).toHaveLength(1);
});

it("a grant that was taken back holds its tasks too, and a disconnected account does not", async () => {
  const ref = await publish("Taken back");
  await env.DB.prepare("UPDATE grants SET token_envelope = NULL WHERE workspace_id = ?").bind(workspace.id).run();
  await wake(ref);
  await deliverTask(ref, account);
  expect((await taskOf(ref, account)).error?.code).toBe("account_needs_reconnect");
  await call("DELETE", `/v1/accounts/${account}`, { key: workspace.live });
  await drive(ref);
  expect((await read(ref)).tasks[0].error.code).toBe("account_disconnected");
});
