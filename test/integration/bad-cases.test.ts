import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { ArmAnswer } from "../../src/post/machine.ts";
import { objectName } from "../../src/post/post-calls.ts";
import type { Holder } from "../../src/post/transition.ts";
import { servicesOf } from "../../src/services.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import {
  advance,
  calls,
  callsOf,
  deliver,
  deliverTask,
  documentOf,
  drive,
  evict,
  holdTime,
  messageFor,
  ringAlarm,
  storedDocument,
  taskOf,
  wake,
} from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * The situations in which posts are published twice or lost elsewhere, one by one, in workerd. (Two equal texts with
 * lost answers: `live-mode.test.ts`; an edit while a message is in flight: `editing.test.ts`.)
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

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

const publish = (fields: Record<string, unknown> = {}): Promise<PostRef> =>
  publishLive(workspace, { content: "A post", accounts: [page.id], ...fields });
const read = async (ref: PostRef) => (await readLive(workspace, ref)).body;
const shown = () => graph.posts(page.externalId);
const cancel = (ref: PostRef) => call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.live });
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

/** Begins the task as a consumer does, and arms its commit. */
async function arm(ref: PostRef): Promise<{ holder: Holder; permit: ArmAnswer }> {
  const { epoch } = await taskOf(ref, page.id);
  const message = { accountId: page.id, part: "post" as const, epoch };
  const begun = await calls(ref).begin(message);
  if (begun.is !== "begin") throw new Error("not begun");
  const holder = { ...message, lease: begun.lease };
  return { holder, permit: await calls(ref).arm(holder, { version: 1, progress: { photos: [], absentAt: [] } }) };
}

it("cancel racing fire across a crash: a cancel that was answered holds, and an armed commit is settled, not sent", async () => {
  // The cancel comes first, and everything in memory is lost before the time comes.
  const canceled = await publish({ schedule: inAnHour() });
  await wake(canceled);
  const message = await messageFor(canceled, page.id);
  expect((await cancel(canceled)).status).toBe(200);
  await evict(canceled);
  advance(HOUR + SECOND);
  await deliver(message);
  await wake(canceled);
  expect([(await read(canceled)).status, shown().length]).toEqual(["canceled", 0]);

  // The commit is armed first, and whoever would send it dies.
  const fired = await publish({ schedule: inAnHour() });
  await wake(fired);
  advance(HOUR + SECOND);
  await ringAlarm(fired);
  expect((await arm(fired)).permit.is).toBe("permit");
  await evict(fired);
  expect((await cancel(fired)).status).toBe(409);
  // For nobody knows whether it was sent: it is read, and sent once it is known that it was not.
  await drive(fired);
  expect([(await read(fired)).status, shown().length]).toEqual(["published", 1]);
});

it("a nudge and a cancel that meet an unloaded object: one document, canceled", async () => {
  for (let round = 0; round < 5; round++) {
    const ref = await publish({ schedule: inAnHour() });
    const fresh = () => env.POSTS.getByName(objectName(ref));
    const [answer] = await Promise.all([
      cancel(ref),
      (fresh() as unknown as { wake(): Promise<void> }).wake(),
      (fresh() as unknown as { wake(): Promise<void> }).wake(),
    ]);
    expect(answer.status).toBe(200);
    expect((await documentOf(ref)).tasks[0]?.status).toBe("canceled");
    expect((await read(ref)).status).toBe("canceled");
  }
});

it("a sender that stalls past its permit sends nothing, also when its own clock has not noticed", async () => {
  const ref = await publish();
  await wake(ref);
  const services = servicesOf(env);
  const { posts } = services;
  let stalls = 0;
  vi.spyOn(services, "posts").mockImplementation((of) => ({
    ...callsOf(posts, of),
    arm: async (holder, commit, seen) => {
      const permit = await posts(of).arm(holder, commit, seen);
      if (stalls++ === 0) advance(11 * SECOND);
      return permit;
    },
  }));
  await deliverTask(ref, page.id);
  expect(shown()).toHaveLength(0);
  expect(await taskOf(ref, page.id)).toMatchObject({ armed: null, attempts: 1 });
  await drive(ref);
  expect([(await read(ref)).status, shown().length, stalls]).toEqual(["published", 1, 2]);
});

it("a sender whose clock was set back while it stalled sends nothing: its clock does not say how long that was", async () => {
  const ref = await publish();
  await wake(ref);
  const services = servicesOf(env);
  const { posts, clock } = services;
  vi.spyOn(services, "posts").mockImplementation((of) => ({
    ...callsOf(posts, of),
    arm: async (holder, commit, seen) => {
      const permit = await posts(of).arm(holder, commit, seen);
      vi.spyOn(services, "clock").mockImplementation(() => clock() - HOUR);
      return permit;
    },
  }));
  await deliverTask(ref, page.id);
  vi.restoreAllMocks();
  expect(shown()).toHaveLength(0);
  expect(await taskOf(ref, page.id)).toMatchObject({ armed: null, attempts: 1 });
});

it("a normalised text in the listing is known for ours, and not published again", async () => {
  const content = "  Café   au lait ☕️\n\n\nto go ";
  const ref = await publish({ content });
  graph.spoil(/feed$/, "cut after");
  const real = graph.fetch.bind(graph);
  vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    const response = await real(request);
    if (!request.url.includes("published_posts")) return response;
    const body = (await response.json()) as { data: { message: string }[] };
    const data = body.data.map((post) => ({ ...post, message: "Café au lait ☕\nto go" }));
    return Response.json({ ...body, data });
  });
  await drive(ref);
  expect([(await read(ref)).status, shown().length]).toEqual(["published", 1]);
});

it("a resend slower than the watchdog: the message of before arrives after the one of now, and publishes nothing", async () => {
  const ref = await publish();
  await wake(ref);
  const message = await messageFor(ref, page.id);
  // Nothing arrives for minutes; it is sent again and again for the same state, and then all of it comes at once.
  for (let resends = 0; resends < 4; resends++) {
    advance(10 * MINUTE);
    await wake(ref);
  }
  await deliver(message, message, message);
  await drive(ref);
  await deliver(message, message);
  expect([(await read(ref)).status, shown().length]).toEqual(["published", 1]);
});

it("overlapping projections: the later one stands, and the counters move once", async () => {
  const ref = await publish({ schedule: inAnHour() });
  await wake(ref);
  await documentOf(ref);
  // The first projection is held up on its way; what happens meanwhile is told by the next.
  const real = env.DB.batch.bind(env.DB);
  let isReleased = false;
  let isHeldUp = false;
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    if (!isHeldUp) {
      isHeldUp = true;
      while (!isReleased) await scheduler.wait(5);
    }
    return (await real(statements)) as never;
  });
  advance(HOUR + SECOND);
  const { epoch } = (await storedDocument(ref))?.tasks[0] ?? { epoch: 0 };
  expect((await calls(ref).begin({ accountId: page.id, part: "post", epoch })).is).toBe("begin");
  expect(isHeldUp).toBe(true);
  const answer = cancel(ref);
  await scheduler.wait(50);
  isReleased = true;
  expect((await answer).status).toBe(200);
  vi.restoreAllMocks();
  expect((await read(ref)).status).toBe("canceled");
  const counts = await env.DB.prepare("SELECT * FROM post_counts WHERE workspace_id = ? AND mode = 'live'")
    .bind(workspace.id)
    .first();
  expect(counts).toMatchObject({ canceled: 1, queued: 0, publishing: 0 });
});

it("a projection repeated after its answer was lost changes nothing: one event, counters as they are", async () => {
  const ref = await publish();
  await wake(ref);
  const message = await messageFor(ref, page.id);
  const real = env.DB.prepare.bind(env.DB);
  const batch = env.DB.batch.bind(env.DB);
  let isProjection = false;
  let lost = 0;
  vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
    if (/UPDATE posts SET seq/.test(query)) isProjection = true;
    return real(query);
  });
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const isOne = isProjection;
    isProjection = false;
    const result = await batch(statements);
    if (isOne && lost++ < 3) throw new Error("D1_ERROR: the answer was lost");
    return result as never;
  });
  await deliver(message);
  for (let tries = 0; tries < 4; tries++) {
    advance(31 * SECOND);
    await wake(ref);
  }
  vi.restoreAllMocks();
  standInForMeta();
  await wake(ref);
  await documentOf(ref);
  expect(lost).toBeGreaterThanOrEqual(3);
  expect((await read(ref)).status).toBe("published");
  const { results } = await env.DB.prepare("SELECT type FROM events WHERE post_id = ?").bind(ref.postId).all();
  expect(results.map(({ type }) => type).sort()).toEqual(["post.completed", "publish.completed"]);
  const counts = await env.DB.prepare("SELECT * FROM post_counts WHERE workspace_id = ? AND mode = 'live'")
    .bind(workspace.id)
    .first();
  expect(counts).toMatchObject({ published: 1, queued: 0, publishing: 0 });
});

it("a token that expires between arming and settling: nothing is sent again, and it is settled after the reconnect", async () => {
  const ref = await publish();
  graph.spoil(/feed$/, "cut after");
  await wake(ref);
  graph.refuse(/published_posts$/, { code: 190, error_subcode: 463, message: "The session has expired." }, 50);
  await deliverTask(ref, page.id);
  for (let looks = 0; looks < 5; looks++) {
    await ringAlarm(ref);
    await deliverTask(ref, page.id);
  }
  expect(await taskOf(ref, page.id)).toMatchObject({ status: "publishing", armed: { attempt: 1 } });
  expect((await read(ref)).tasks[0].error.code).toBe("account_needs_reconnect");
  expect(shown()).toHaveLength(1);
  // The person connects the account again.
  await env.DB.prepare("UPDATE accounts SET health = 'ok', health_reason = NULL WHERE id = ?").bind(page.id).run();
  await drainRefusals();
  await drive(ref);
  expect([(await read(ref)).status, shown().length]).toEqual(["published", 1]);
});

/** Uses up the refusals that are left. */
async function drainRefusals(): Promise<void> {
  for (let asked = 0; asked < 50; asked++) {
    await graph.fetch(new Request(`https://graph.facebook.com/v26.0/${page.externalId}/published_posts`));
  }
}

it("a clock that jumps an hour forwards and back: nothing twice, nothing lost, and nothing before its time", async () => {
  // Forwards while a commit is in doubt and the platform lists late: an hour of the clock is not an hour of the platform.
  const doubtful = await publish({ content: "In doubt" });
  graph.spoil(/feed$/, "cut after");
  const realFetch = graph.fetch.bind(graph);
  let isListed = false;
  const spy = vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    const response = await realFetch(request);
    if (isListed || !request.url.includes("published_posts")) return response;
    return Response.json({ data: [] });
  });
  await wake(doubtful);
  await deliverTask(doubtful, page.id);
  advance(MINUTE);
  await wake(doubtful);
  await deliverTask(doubtful, page.id);
  advance(HOUR);
  for (let readings = 0; readings < 3; readings++) {
    await wake(doubtful);
    await deliverTask(doubtful, page.id);
  }
  expect((await taskOf(doubtful, page.id)).armed?.attempt).toBe(1);
  isListed = true;
  // Back again: leases and waits of the future hold things up for as long, and no longer.
  vi.setSystemTime(Date.now() - HOUR);
  await drive(doubtful);
  spy.mockRestore();
  expect([(await read(doubtful)).status, shown().length]).toEqual(["published", 1]);

  // A jump makes a post due by the clock, and never before that.
  const scheduled = await publish({ content: "Scheduled", schedule: inAnHour() });
  await wake(scheduled);
  const { epoch } = await taskOf(scheduled, page.id);
  const message = { accountId: page.id, part: "post" as const, epoch };
  expect(await calls(scheduled).begin(message)).toEqual({ is: "skip", because: "early" });
  advance(HOUR + SECOND);
  vi.setSystemTime(Date.now() - HOUR);
  expect(await calls(scheduled).begin(message)).toEqual({ is: "skip", because: "early" });
  expect(shown()).toHaveLength(1);
  advance(HOUR + SECOND);
  await drive(scheduled);
  expect(shown()).toHaveLength(2);
});

it("D1 refusing writes for a minute: accepted posts go out, what is told comes later, and publish answers 500, not 202", async () => {
  const ref = await publish();
  await wake(ref);
  const message = await messageFor(ref, page.id);
  const real = env.DB.prepare.bind(env.DB);
  const writes = /^\s*(insert|update|delete)/i;
  const spy = vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
    if (writes.test(query)) throw new Error("D1_ERROR: the database refuses writes");
    return real(query);
  });
  const refused = await call("POST", "/v1/publish", {
    key: workspace.live,
    body: { content: "Refused", accounts: [page.id] },
    headers: { "Idempotency-Key": "while-d1-is-away" },
  });
  expect([refused.status, refused.body.error.code]).toEqual([500, "internal_error"]);
  // The lock of its commit cannot be taken: it waits, and no try is counted.
  await deliver(message);
  expect(shown()).toHaveLength(0);
  expect((await storedDocument(ref))?.tasks[0]).toMatchObject({ faults: 0, postponements: 1, armed: null });
  advance(MINUTE);
  spy.mockRestore();
  await drive(ref);
  expect([(await read(ref)).status, shown().length]).toEqual(["published", 1]);
  // What was not accepted was not published, and its key is free.
  const again = await call("POST", "/v1/publish", {
    key: workspace.live,
    body: { content: "Refused", accounts: [page.id] },
    headers: { "Idempotency-Key": "while-d1-is-away" },
  });
  expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([202, null]);
  await drive({ workspaceId: workspace.id, mode: "live", postId: again.body.id });
  expect(shown()).toHaveLength(2);
});
