import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, deliverTask, documentOf, drive, holdTime, ringAlarm, taskOf, wake } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * Rounds: what failed is tried again, what nobody can tell is settled by a person. Nothing of the round before is
 * forgotten that may be public.
 */

const HOUR = 3_600_000;
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

const publish = (content = "Hello") => publishLive(workspace, { content, accounts: [page.id] });
const read = async (ref: PostRef) => (await readLive(workspace, ref)).body;
const posts = () => graph.posts(page.externalId);
const retry = (ref: PostRef, key = workspace.live) => call("POST", `/v1/posts/${ref.postId}/retry`, { key });
const resolve = (ref: PostRef, body: unknown, key = workspace.live) =>
  call("POST", `/v1/posts/${ref.postId}/tasks/${page.id}/resolve`, { key, body });

async function eventsOf(ref: PostRef): Promise<[string, string][]> {
  const { results } = await env.DB.prepare("SELECT type, body FROM events WHERE post_id = ? ORDER BY created_at, id")
    .bind(ref.postId)
    .all<{ type: string; body: string }>();
  return results.map(({ type, body }) => [type, JSON.parse(body).data.task?.error?.code ?? ""]);
}

async function failed(): Promise<PostRef> {
  const ref = await publish();
  graph.refuse(/feed$/, REFUSED);
  await drive(ref);
  expect((await read(ref)).status).toBe("failed");
  return ref;
}

/** A post whose commit got no answer, and whose Page lists something that could be it: nobody can tell. */
async function unconfirmed(isPublic: boolean): Promise<PostRef> {
  const ref = await publish("Sale! Everything must go, today only, in our shop");
  graph.spoil(/feed$/, isPublic ? "cut after" : "cut before");
  // The listing shows a text that is almost ours.
  const real = graph.fetch.bind(graph);
  vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    if (!request.url.includes("published_posts")) return real(request);
    const created_time = new Date(Date.now()).toISOString();
    const message = "Sale! Everything must go, today only, and more";
    return Response.json({
      data: [{ id: "77_88", message, created_time, permalink_url: "https://social.example/77" }],
    });
  });
  await drive(ref);
  vi.restoreAllMocks();
  graph = standInReplaced(graph);
  expect((await read(ref)).status).toBe("unconfirmed");
  return ref;
}

/** Puts the same stand-in back where the network is. */
function standInReplaced(same: StandIn): StandIn {
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => same.fetch(new Request(input, init)));
  return same;
}

describe("a retry", () => {
  it("opens a new round of what failed, which is published once and told of beside the failure", async () => {
    const ref = await failed();
    const answer = await retry(ref);
    expect([answer.status, answer.body.id, answer.body.status]).toEqual([200, ref.postId, "queued"]);
    expect(answer.body.tasks[0]).toMatchObject({ status: "queued", error: null });
    const document = await drive(ref);
    expect(document.tasks[0]?.round).toBe(2);
    expect(posts()).toHaveLength(1);
    expect((await read(ref)).status).toBe("published");
    expect((await eventsOf(ref)).filter(([type]) => type.startsWith("publish."))).toEqual([
      ["publish.failed", "platform_rejected"],
      ["publish.completed", ""],
    ]);
    const { results } = await env.DB.prepare("SELECT wake_by FROM posts WHERE id = ?").bind(ref.postId).all();
    expect(results).toEqual([{ wake_by: null }]);
  });

  it("reads what became of the last commit before it sends another: one that was public after all is not sent again", async () => {
    const ref = await publish();
    // The platform says no, in words that are believed, and has acted all the same.
    const real = graph.fetch.bind(graph);
    const spy = vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      const response = await real(request);
      return /\/feed$/.test(request.url) ? Response.json({ error: REFUSED }, { status: 400 }) : response;
    });
    await drive(ref);
    spy.mockRestore();
    expect([(await read(ref)).status, posts().length]).toEqual(["failed", 1]);
    advance(HOUR);
    expect((await retry(ref)).status).toBe(200);
    await drive(ref);
    expect(posts()).toHaveLength(1);
    expect((await read(ref)).tasks[0]).toMatchObject({ status: "published", platform_post_id: posts()[0]?.id });
  });

  it("does not take for absent what the platform has in hand: a published container that is listed late", async () => {
    const instagram = await connect(graph, workspace, "instagram");
    const media = [await newPicture(workspace, "live")];
    const ref = await publishLive(workspace, { content: "A caption", accounts: [instagram.id], media });
    const real = graph.fetch.bind(graph);
    const spy = vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      const response = await real(request);
      return /media_publish/.test(request.url) ? Response.json({ error: REFUSED }, { status: 400 }) : response;
    });
    await drive(ref);
    spy.mockRestore();
    expect([(await read(ref)).status, graph.posts(instagram.externalId).length]).toEqual(["failed", 1]);
    graph.listingLag = HOUR;
    await retry(ref);
    await drive(ref);
    expect(graph.posts(instagram.externalId)).toHaveLength(1);
    expect((await read(ref)).status).toBe("published");
  });

  it("does not take for absent what could be it: it ends unconfirmed, and nothing goes out twice", async () => {
    const ref = await publishLive(workspace, {
      content: "Read this",
      accounts: [page.id],
      options: { facebook: { link: "https://example.com/story" } },
    });
    const real = graph.fetch.bind(graph);
    const spy = vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      const response = await real(request);
      if (/\/feed$/.test(request.url)) return Response.json({ error: REFUSED }, { status: 400 });
      if (!request.url.includes("published_posts")) return response;
      const body = (await response.json()) as { data: object[] };
      const attachments = { data: [{ media_type: "share", unshimmed_url: "https://elsewhere.example/1" }] };
      return Response.json({ ...body, data: body.data.map((post) => ({ ...post, attachments })) });
    });
    await drive(ref);
    expect(posts()).toHaveLength(1);
    advance(HOUR);
    await retry(ref);
    await drive(ref);
    spy.mockRestore();
    expect(posts()).toHaveLength(1);
    expect((await read(ref)).tasks[0].error).toMatchObject({
      code: "outcome_unknown",
      candidates: [expect.anything()],
    });
  });

  it("that waits for its time can be canceled, and edited", async () => {
    const ref = await failed();
    const later = new Date(Math.ceil((Date.now() + HOUR) / 1_000) * 1_000).toISOString();
    const edit = (body: unknown) => call("PATCH", `/v1/posts/${ref.postId}`, { key: workspace.live, body });
    expect((await edit({ schedule: later })).status).toBe(200);
    expect((await retry(ref)).body.status).toBe("queued");
    expect((await edit({ content: "Changed" })).status).toBe(200);
    const canceled = await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.live });
    expect([canceled.status, (await read(ref)).status]).toEqual([200, "canceled"]);
    expect(posts()).toHaveLength(0);
  });

  it("of a post that was canceled is a conflict, also of the part that had failed before", async () => {
    const other = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Half", accounts: [page.id, other.id] });
    graph.refuse(/feed$/, REFUSED);
    await wake(ref);
    await deliverTask(ref, page.id);
    expect((await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.live })).status).toBe(200);
    const answer = await retry(ref);
    expect([answer.status, answer.body.error.message]).toEqual([409, expect.stringContaining("canceled")]);
  });

  it("of what missed its window is a conflict that names publish_before", async () => {
    const publish_before = new Date(Date.now() + 10_000).toISOString();
    const ref = await publishLive(workspace, { content: "Late", accounts: [page.id], publish_before });
    await wake(ref);
    advance(HOUR);
    await wake(ref);
    expect((await read(ref)).tasks[0].error.code).toBe("missed_window");
    const answer = await retry(ref);
    expect([answer.status, answer.body.error.message]).toEqual([409, expect.stringContaining("publish_before")]);
  });

  it("takes no body", async () => {
    const ref = await failed();
    const path = `/v1/posts/${ref.postId}/retry`;
    const answer = await call("POST", path, { key: workspace.live, body: { accounts: [page.id] } });
    expect([answer.status, answer.body.error.field]).toEqual([400, "accounts"]);
    expect((await call("POST", path, { key: workspace.live, body: {} })).status).toBe(200);
    await drive(ref);
  });

  it("of a post of which nothing failed is a conflict, and of a foreign one not found", async () => {
    const ref = await publish();
    await drive(ref);
    const answer = await retry(ref);
    expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
    const other = await newWorkspace();
    expect((await retry(ref, other.live)).status).toBe(404);
    expect((await retry(ref, workspace.test)).status).toBe(404);
  });

  it("twice at once is one round", async () => {
    const ref = await failed();
    const statuses = (await Promise.all([retry(ref), retry(ref)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409]);
    expect((await drive(ref)).tasks[0]?.round).toBe(2);
    expect(posts()).toHaveLength(1);
  });

  it("leaves alone what is published", async () => {
    const other = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Both", accounts: [page.id, other.id] });
    graph.refuse(/feed$/, REFUSED);
    await drive(ref);
    expect((await read(ref)).status).toBe("partially_published");
    expect((await retry(ref)).body.status).toBe("publishing");
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
    expect([posts().length, graph.posts(other.externalId).length]).toEqual([1, 1]);
  });
});

describe("a task that no reading can decide", () => {
  it("is told of once settling gave up, with what could be it, and with the advice not to create it again", async () => {
    const ref = await unconfirmed(false);
    expect((await read(ref)).tasks[0].error).toMatchObject({
      code: "outcome_unknown",
      retryable: false,
      message: expect.stringMatching(/may be public.*do not create the post again/),
      candidates: [{ platform_post_id: "77_88", permalink: "https://social.example/77" }],
    });
    expect(await eventsOf(ref)).toContainEqual(["publish.failed", "outcome_unknown"]);
    const refused = await retry(ref);
    expect([refused.status, refused.body.error.message]).toEqual([409, expect.stringContaining("resolve")]);
  });

  it("is published by a person's word, and told of in a round of its own", async () => {
    const ref = await unconfirmed(true);
    const [post] = posts();
    const answer = await resolve(ref, { outcome: "published", platform_post_id: post?.id });
    expect([answer.status, answer.body.status]).toEqual([200, "published"]);
    expect(answer.body.tasks[0]).toMatchObject({ status: "published", platform_post_id: post?.id, error: null });
    expect((await eventsOf(ref)).map(([type]) => type).filter((type) => type.startsWith("publish."))).toEqual([
      "publish.failed",
      "publish.completed",
    ]);
    const again = await resolve(ref, { outcome: "published", platform_post_id: post?.id });
    expect([again.status, again.body.error.code]).toEqual([409, "conflict"]);
  });

  it("is failed by a person's word, and then published by a retry that reads first", async () => {
    const ref = await unconfirmed(false);
    expect((await resolve(ref, { outcome: "not_published" })).body.tasks[0]).toMatchObject({
      status: "failed",
      error: { code: "not_published", retryable: true },
    });
    advance(HOUR);
    expect((await retry(ref)).status).toBe(200);
    await drive(ref);
    expect(posts()).toHaveLength(1);
    expect((await read(ref)).status).toBe("published");
  });

  it("which a person took for absent is found by the retry, and not published again", async () => {
    const ref = await unconfirmed(true);
    await resolve(ref, { outcome: "not_published" });
    await retry(ref);
    await drive(ref);
    expect(posts()).toHaveLength(1);
    expect((await read(ref)).tasks[0]).toMatchObject({ status: "published", platform_post_id: posts()[0]?.id });
  });

  it("is given the post that reading saw, however its id is spelled, and none of another Page", async () => {
    const ref = await unconfirmed(false);
    const foreign = await resolve(ref, { outcome: "published", platform_post_id: "999_88" });
    expect([foreign.status, foreign.body.error.field]).toEqual([400, "platform_post_id"]);
    // (The listing of the test tells of a post of another Page.)
    const bare = await resolve(ref, { outcome: "published", platform_post_id: "88" });
    expect([bare.status, bare.body.error.field]).toEqual([400, "platform_post_id"]);
  });

  it("cannot be given another task's post", async () => {
    const other = await publish("Another");
    await drive(other);
    const ref = await unconfirmed(false);
    const taken = (await read(other)).tasks[0].platform_post_id;
    const answer = await resolve(ref, { outcome: "published", platform_post_id: taken });
    expect([answer.status, answer.body.error.field]).toEqual([409, "platform_post_id"]);
    expect((await read(ref)).status).toBe("unconfirmed");
  });

  it.each<[string, unknown, string]>([
    ["an unknown outcome", { outcome: "perhaps" }, "outcome"],
    ["no outcome", {}, "outcome"],
    ["a field too many", { outcome: "not_published", platform_post_id: "1" }, "platform_post_id"],
    ["an id that is none", { outcome: "published", platform_post_id: "https://x" }, "platform_post_id"],
  ])("refuses %s", async (_name, body, field) => {
    const ref = await publish();
    const answer = await resolve(ref, body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
    await drive(ref);
  });

  it("is the only one that can be resolved", async () => {
    const ref = await failed();
    expect((await resolve(ref, { outcome: "not_published" })).status).toBe(409);
    const missing = `/v1/posts/${ref.postId}/tasks/acc_missing/resolve`;
    const body = { outcome: "not_published" };
    expect((await call("POST", missing, { key: workspace.live, body })).status).toBe(404);
  });
});

describe("a task of a half-published post", () => {
  it("is canceled alone, before its commit is armed, and not after", async () => {
    const other = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Half", accounts: [page.id, other.id] });
    await wake(ref);
    await deliverTask(ref, page.id);
    await ringAlarm(ref);
    expect((await read(ref)).tasks.map((task: { status: string }) => task.status)).toEqual(["published", "queued"]);
    const cancel = (id: string, key = workspace.live) => call("DELETE", `/v1/posts/${ref.postId}/tasks/${id}`, { key });
    const answer = await cancel(other.id);
    expect([answer.status, answer.text]).toEqual([200, '{"success":true}']);
    expect((await cancel(other.id)).status).toBe(200);
    const conflict = await cancel(page.id);
    expect([conflict.status, conflict.body.error.message]).toEqual([409, expect.stringContaining("already published")]);
    expect((await cancel("acc_missing")).status).toBe(404);
    expect((await cancel(page.id, (await newWorkspace()).live)).status).toBe(404);
    expect((await read(ref)).status).toBe("partially_published");
    expect((await eventsOf(ref)).map(([type]) => type)).toContain("post.completed");
    await drive(ref);
    expect(graph.posts(other.externalId)).toHaveLength(0);
  });

  it("tells that the post is canceled when it was the last of them", async () => {
    const ref = await publish();
    await call("DELETE", `/v1/posts/${ref.postId}/tasks/${page.id}`, { key: workspace.live });
    expect((await documentOf(ref)).tasks[0]?.status).toBe("canceled");
    expect(await eventsOf(ref)).toEqual([["post.canceled", ""]]);
    expect((await taskOf(ref, page.id)).dueAt).toBe(null);
  });
});
