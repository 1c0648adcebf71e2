import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { servicesOf } from "../../src/services.ts";
import { StandIn } from "../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import {
  advance,
  calls,
  callsOf,
  deliver,
  deliverTask,
  documentOf,
  drive,
  evict,
  getPost,
  holdTime,
  publicPosts,
  refOf,
  ringAlarm,
  storeDocument,
  taskOf,
  wake,
} from "./helpers/drive.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

let workspace: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  // To a whole second, as times are printed.
  advance(SECOND - (Date.now() % SECOND));
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const print = (at: number) => new Date(at).toISOString().replace(".000Z", "Z");
const shown = async (of = account) => (await publicPosts(workspace, of)).length;
const clockOf = async (of: TestWorkspace) =>
  Date.parse((await call("GET", "/v1/sandbox/clock", { key: of.test })).body.now);

async function accept(fields: Record<string, unknown> = {}): Promise<PostRef> {
  const accepted = await publish(workspace, { content: "A post", accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  return refOf(workspace, accepted);
}

function requestMove(span: number, of = workspace): Promise<Answer> {
  return call("POST", "/v1/sandbox/clock", { key: of.test, body: { advance_seconds: span / SECOND } });
}

/** Moves the workspace's clock and delivers what the posts are told. */
async function moveClock(span: number): Promise<PublishMessage[]> {
  const told: PublishMessage[] = [];
  const send = env.PUBLISH.sendBatch.bind(env.PUBLISH);
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation((messages) => {
    const wakes = [...messages].filter(({ body }) => body.kind === "wake");
    told.push(...wakes.map(({ body }) => body));
    return wakes.length > 0 ? (Promise.resolve() as never) : send(messages);
  });
  const answer = await requestMove(span);
  spy.mockRestore();
  if (answer.status !== 200) throw new Error(answer.text);
  await deliver(...told);
  return told;
}

const nextWeek = () => ({ schedule: print(Date.now() + WEEK) });

describe("a test workspace's clock", () => {
  it("is the real one until it is moved, and then ahead of it by so much", async () => {
    const now = Date.now();
    expect(await clockOf(workspace)).toBe(now);
    const answer = await requestMove(WEEK);
    expect([answer.status, answer.body]).toEqual([200, { now: print(now + WEEK) }]);
    advance(MINUTE);
    expect(await clockOf(workspace)).toBe(now + WEEK + MINUTE);
  });

  it("adds up moves, also those of one moment", async () => {
    const now = Date.now();
    await Promise.all([requestMove(HOUR), requestMove(2 * HOUR), requestMove(4 * HOUR)]);
    expect(await clockOf(workspace)).toBe(now + 7 * HOUR);
  });

  it("is the workspace's own", async () => {
    const other = await newWorkspace();
    await requestMove(WEEK, other);
    expect(await clockOf(workspace)).toBe(Date.now());
  });

  it.each([
    ["nothing", {}, "advance_seconds"],
    ["no time", { advance_seconds: 0 }, "advance_seconds"],
    ["time backwards", { advance_seconds: -1 }, "advance_seconds"],
    ["part of a second", { advance_seconds: 0.5 }, "advance_seconds"],
    ["more than 366 days", { advance_seconds: 366 * 86_400 + 1 }, "advance_seconds"],
    ["text", { advance_seconds: "60" }, "advance_seconds"],
    ["an unknown field", { advance_seconds: 60, now: "later" }, "now"],
  ])("is not moved by %s", async (_name, body, field) => {
    const answer = await call("POST", "/v1/sandbox/clock", { key: workspace.test, body });
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
    expect(await clockOf(workspace)).toBe(Date.now());
  });

  it("stays within the years that can be printed", async () => {
    const ref = await accept(nextWeek());
    await documentOf(ref);
    const almost = Date.UTC(9997, 11, 31) - Date.now();
    await env.DB.prepare("UPDATE workspaces SET test_clock_offset = ? WHERE id = ?").bind(almost, workspace.id).run();
    const wakeBy = () => env.DB.prepare("SELECT wake_by FROM posts WHERE id = ?").bind(ref.postId).first();
    const before = await wakeBy();
    const answer = await requestMove(2 * DAY);
    expect([answer.status, answer.body.error.field]).toEqual([400, "advance_seconds"]);
    expect(await wakeBy()).toEqual(before);
    expect((await requestMove(HOUR)).body.now).toMatch(/^9997-12-31T01/);
  });

  it("is not there for a live key", async () => {
    for (const [method, body] of [["GET"], ["POST", { advance_seconds: 1 }]] as const) {
      const answer = await call(method, "/v1/sandbox/clock", { key: workspace.live, ...(body && { body }) });
      expect([answer.status, answer.body.error.message]).toEqual([403, "This endpoint needs a test API key."]);
    }
  });
});

describe("a post that is due next week", () => {
  it("goes out now when the clock is moved by a week, and all of its times are that clock's", async () => {
    const now = Date.now();
    const ref = await accept(nextWeek());
    await moveClock(WEEK);
    await deliverTask(ref, account);
    await documentOf(ref);
    expect(Date.now()).toBe(now);
    const [post] = await publicPosts(workspace, account);
    expect(post?.createdAt).toBe(now + WEEK);
    const { body } = await getPost(workspace, ref);
    expect(body).toMatchObject({
      status: "published",
      created_at: print(now),
      scheduled_at: print(now + WEEK),
      tasks: [{ published_at: print(now + WEEK), platform_post_id: post?.id }],
    });
    const { results } = await env.DB.prepare("SELECT body FROM events WHERE post_id = ?").bind(ref.postId).all();
    expect(results.map((row) => JSON.parse(String(row.body)).timestamp)).toEqual([
      print(now + WEEK),
      print(now + WEEK),
    ]);
  });

  it("does not go out a second early, and its alarm is set for that second", async () => {
    const now = Date.now();
    const ref = await accept(nextWeek());
    await moveClock(WEEK - SECOND);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body.status).toBe("queued");
    expect((await documentOf(ref)).alarmAt).toBe(now + SECOND);
    await ringAlarm(ref);
    await deliverTask(ref, account);
    expect(Date.now()).toBe(now + SECOND);
    expect(await shown()).toBe(1);
  });

  it("rings at its time also after its object was evicted", async () => {
    const now = Date.now();
    const ref = await accept(nextWeek());
    await moveClock(WEEK - DAY);
    await evict(ref);
    await ringAlarm(ref);
    expect(Date.now()).toBe(now + DAY);
    await evict(ref);
    await deliverTask(ref, account);
    expect((await getPost(workspace, ref)).body).toMatchObject({ status: "published" });
  });

  it("is found by the sweeper when nobody told it that the clock was moved", async () => {
    const ref = await accept(nextWeek());
    await documentOf(ref);
    vi.spyOn(env.PUBLISH, "sendBatch").mockRejectedValueOnce(new Error("Queue is overloaded. Please back off."));
    expect((await requestMove(WEEK)).status).toBe(200);
    vi.restoreAllMocks();
    const found: PublishMessage[] = [];
    const sweep = async () => {
      const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
        for (const { body } of messages) if ("post_id" in body && body.post_id === ref.postId) found.push(body);
        return undefined as never;
      });
      await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
      spy.mockRestore();
    };
    await sweep();
    expect(found).toHaveLength(0);
    advance(30 * SECOND);
    await sweep();
    expect(found).toHaveLength(1);
    await deliver(...found);
    await deliverTask(ref, account);
    expect(await shown()).toBe(1);
    // It is cared for again, in real time.
    found.length = 0;
    await sweep();
    expect(found).toHaveLength(0);
  });

  it("of another workspace, or of live mode, stays where it is", async () => {
    const graph = new StandIn((address, headers) => exports.default.fetch(address, { headers }));
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => graph.fetch(new Request(input, init)));
    const page = graph.open("facebook");
    const connected = await call("POST", "/v1/accounts", {
      key: workspace.live,
      body: { platform: "facebook", external_id: page.externalId, access_token: page.token },
    });
    const body = { content: "Live", accounts: [connected.body.id], ...nextWeek() };
    const live = await call("POST", "/v1/publish", { key: workspace.live, body });
    const liveRef: PostRef = { workspaceId: workspace.id, mode: "live", postId: live.body.id };
    const other = await newWorkspace();
    const theirs = await publish(other, {
      content: "x",
      accounts: [await newAccount(other, "facebook")],
      ...nextWeek(),
    });
    const refs = [liveRef, refOf(other, theirs)];
    const look = () =>
      Promise.all(
        refs.map(async (ref) => [
          await documentOf(ref),
          await env.DB.prepare("SELECT * FROM posts WHERE id = ?").bind(ref.postId).first(),
        ]),
      );
    const before = await look();
    const mine = await accept(nextWeek());
    const told = await moveClock(WEEK);
    expect(told.map((message) => "post_id" in message && message.post_id)).toEqual([mine.postId]);
    await wake(liveRef);
    await wake(refOf(other, theirs));
    expect(await look()).toEqual(before);
    expect(graph.posts(page.externalId)).toHaveLength(0);
  });

  it("may be canceled while the clock is moved: it goes out or it does not, and never says otherwise", async () => {
    const ref = await accept(nextWeek());
    await documentOf(ref);
    const [canceled] = await Promise.all([
      call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.test }),
      moveClock(WEEK),
    ]);
    const { body } = await getPost(workspace, ref);
    expect([canceled.status, body.status]).toEqual([200, "canceled"]);
    expect(await shown()).toBe(0);
  });
});

describe("a post that is accepted after the clock was moved", () => {
  it("is accepted, and published, by that clock", async () => {
    const now = Date.now();
    await requestMove(WEEK);
    const ref = await accept();
    await wake(ref);
    await deliverTask(ref, account);
    const { body } = await getPost(workspace, ref);
    expect(body).toMatchObject({
      status: "published",
      created_at: print(now + WEEK),
      scheduled_at: print(now + WEEK),
      tasks: [{ published_at: print(now + WEEK) }],
    });
  });

  it("has its schedule checked by that clock", async () => {
    const now = Date.now();
    await requestMove(WEEK);
    const past = await publish(workspace, { content: "x", accounts: [account], schedule: print(now + DAY) });
    expect([past.status, past.body.error.field]).toEqual([400, "schedule"]);
    const ref = await accept({ schedule: print(now + WEEK + 365 * DAY) });
    expect((await documentOf(ref)).alarmAt).toBe(now + 365 * DAY);
    const row = await env.DB.prepare("SELECT wake_by FROM posts WHERE id = ?").bind(ref.postId).first();
    expect(row?.wake_by).toBe(now + 365 * DAY + 30 * SECOND);
  });

  it("does not find its Idempotency-Key expired: keys live in real time", async () => {
    const headers = { "Idempotency-Key": "kept" };
    const body = { content: "Once", accounts: [account], ...nextWeek() };
    const first = await publish(workspace, body, headers);
    await requestMove(60 * DAY);
    vi.spyOn(servicesOf(env).replayCache, "get").mockResolvedValue(null as never);
    const again = await publish(workspace, body, headers);
    expect([again.status, again.text]).toEqual([202, first.text]);
  });
});

describe("a task that waits", () => {
  it("has waited long enough when the clock was moved beyond its bound", async () => {
    const expired = await newAccount(workspace, "facebook", "token_expired");
    const ref = await accept({ accounts: [expired] });
    await wake(ref);
    await deliverTask(ref, expired);
    expect(await taskOf(ref, expired)).toMatchObject({ status: "publishing", reconnectChecks: 1 });
    await moveClock(25 * HOUR);
    await deliverTask(ref, expired);
    expect((await getPost(workspace, ref)).body.tasks[0]).toMatchObject({
      status: "failed",
      error: { code: "account_needs_reconnect" },
    });
  });

  it("for its permalink in vain holds up nothing else", async () => {
    const [instagram, expired] = [
      await newAccount(workspace, "instagram"),
      await newAccount(workspace, "instagram", "token_expired"),
    ];
    const ref = await accept({ accounts: [instagram, expired], media: [await newPicture(workspace)] });
    await wake(ref);
    await deliverTask(ref, expired);
    const services = servicesOf(env);
    const { posts } = services;
    vi.spyOn(services, "posts").mockImplementation((each) => ({
      ...callsOf(posts, each),
      attachPermalink: async () => {},
    }));
    await deliverTask(ref, instagram);
    vi.restoreAllMocks();
    await moveClock(25 * HOUR);
    expect(await documentOf(ref)).toMatchObject({ clockOffset: 0, clockLag: 25 * HOUR });
    await ringAlarm(ref);
    await deliverTask(ref, expired);
    expect((await getPost(workspace, ref)).body).toMatchObject({
      status: "partially_published",
      tasks: [{ status: "published", permalink: null }, { error: { code: "account_needs_reconnect" } }],
    });
  });

  it("for its permalink has it all the same", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const ref = await accept({ accounts: [instagram], media: [await newPicture(workspace)] });
    await wake(ref);
    const services = servicesOf(env);
    const { posts } = services;
    vi.spyOn(services, "posts").mockImplementation((each) => ({
      ...callsOf(posts, each),
      attachPermalink: async (id, permalink) => {
        await requestMove(DAY);
        await calls(each).wake();
        await posts(each).attachPermalink(id, permalink);
      },
    }));
    await deliverTask(ref, instagram);
    const [post] = await publicPosts(workspace, instagram);
    expect((await getPost(workspace, ref)).body.tasks[0]).toMatchObject({ permalink: post?.permalink });
    expect(await documentOf(ref)).toMatchObject({ clockOffset: DAY, clockLag: 0 });
  });
});

/** Texts leave no handle, pictures do: they are settled by different rules. */
const KINDS = [
  ["a text on Facebook", "facebook", 0],
  ["a photo on Facebook", "facebook", 1],
  ["an image on Instagram", "instagram", 1],
] as const;

describe.each(KINDS)("while %s is on its way", (_name, platform, pictures) => {
  async function acceptOn(behavior: string): Promise<PostRef> {
    account = await newAccount(workspace, platform, behavior);
    const media = pictures === 0 ? [] : [await newPicture(workspace)];
    return accept({ media });
  }

  /** Has something happen between the arming of the commit and its sending. */
  function onceArmed(happens: () => Promise<void>): void {
    const services = servicesOf(env);
    const { posts } = services;
    vi.spyOn(services, "posts").mockImplementation((each) => ({
      ...callsOf(posts, each),
      arm: async (holder, commit) => {
        const permit = await posts(each).arm(holder, commit);
        await happens();
        return permit;
      },
      // Who died reports nothing either.
      report: (holder, made) =>
        made.is === "not_sent" && made.attempt === null
          ? Promise.reject(new Error("the consumer died"))
          : posts(each).report(holder, made),
    }));
  }

  async function expectPublishedOnce(ref: PostRef): Promise<void> {
    const posts = await publicPosts(workspace, account);
    expect(posts).toHaveLength(1);
    const { body } = await getPost(workspace, ref);
    expect(body.tasks[0]).toMatchObject({ status: "published", platform_post_id: posts[0]?.id });
    // What was held back is made up for.
    expect(await documentOf(ref)).toMatchObject({ clockLag: 0 });
    expect((await documentOf(ref)).clockOffset).toBe((await clockOf(workspace)) - Date.now());
  }

  it.each(["ok", "lost_answer"])(
    "between arming and sending, the clock is moved: public once (%s)",
    async (behavior) => {
      const ref = await acceptOn(behavior);
      await wake(ref);
      onceArmed(async () => {
        await moveClock(DAY);
        expect((await taskOf(ref, account)).armed).not.toBeNull();
      });
      await deliverTask(ref, account);
      vi.restoreAllMocks();
      await drive(ref);
      await expectPublishedOnce(ref);
    },
  );

  it("the permit runs out by the real clock, however far the other was moved", async () => {
    const ref = await acceptOn("ok");
    await wake(ref);
    onceArmed(async () => {
      await moveClock(366 * DAY);
      advance(11 * SECOND);
    });
    await deliverTask(ref, account);
    vi.restoreAllMocks();
    expect(await shown()).toBe(0);
    await drive(ref);
    await expectPublishedOnce(ref);
  });

  it("between a lost answer and its settling, the clock is moved: public once, and found at once", async () => {
    const ref = await acceptOn("lost_answer");
    await wake(ref);
    await deliverTask(ref, account);
    expect((await taskOf(ref, account)).armed).not.toBeNull();
    const before = Date.now();
    await moveClock(30 * DAY);
    await drive(ref);
    await expectPublishedOnce(ref);
    expect(Date.now() - before).toBeLessThan(2 * MINUTE);
  });

  it("a consumer that dies before sending is followed by readers, for as long as if the clock stood still", async () => {
    const ref = await acceptOn("ok");
    await wake(ref);
    onceArmed(() => Promise.reject(new Error("the consumer died")));
    await deliverTask(ref, account);
    vi.restoreAllMocks();
    const armedAt = Date.now();
    await moveClock(DAY);
    // Its clock stands still, and the sweeper does not take it for stuck over that.
    expect(await documentOf(ref)).toMatchObject({ clockOffset: 0, clockLag: DAY });
    await ringAlarm(ref);
    await documentOf(ref);
    const row = await env.DB.prepare("SELECT wake_by FROM posts WHERE id = ?").bind(ref.postId).first();
    expect(row?.wake_by).toBeGreaterThan(Date.now());
    let shownAt = 0;
    await drive(ref, async () => {
      if (shownAt === 0 && (await shown()) > 0) shownAt = Date.now();
    });
    await expectPublishedOnce(ref);
    expect(Date.now() - armedAt).toBeGreaterThanOrEqual(90 * SECOND);
  });
});

it("a consumer that let its lease run out, and then the clock moved, may not arm any more", async () => {
  const ref = await accept();
  await wake(ref);
  const { epoch } = await taskOf(ref, account);
  const begun = await calls(ref).begin({ accountId: account, part: "post" as const, epoch });
  if (begun.is !== "begin") throw new Error("not begun");
  await moveClock(DAY);
  // As long as it has the lease, the clock waits for it.
  expect(await documentOf(ref)).toMatchObject({ clockOffset: 0, clockLag: DAY });
  advance(46 * SECOND);
  await wake(ref);
  expect(await documentOf(ref)).toMatchObject({ clockOffset: DAY, clockLag: 0 });
  const zombie = { accountId: account, part: "post" as const, epoch, lease: begun.lease };
  expect(await calls(ref).arm(zombie, { version: 1, progress: {} })).toEqual({ is: "refused" });
  await drive(ref);
  expect(await shown()).toBe(1);
});

it("a document of the first release, which had no test clock, is gone on with", async () => {
  const ref = await accept(nextWeek());
  const { clockOffset, clockLag, ...older } = await documentOf(ref);
  expect([clockOffset, clockLag]).toEqual([0, 0]);
  await storeDocument(ref, { ...older, format: 1 });
  await moveClock(WEEK);
  await drive(ref);
  expect(await shown()).toBe(1);
});
