import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, deliverTask, documentOf, drive, holdTime, wake } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * A platform's limits hold back what they are about, and nothing else; and everything has an end.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let workspace: TestWorkspace;
let graph: StandIn;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
});
afterEach(async () => {
  vi.restoreAllMocks();
  // The app is one for all tests: what this one held it back for is nobody else's.
  await env.DB.prepare("DELETE FROM pauses").run();
});

const taskOf = async (ref: PostRef, from = workspace) => (await readLive(from, ref)).body.tasks[0];

async function accept(account: Connected, into = workspace, fields: Record<string, unknown> = {}): Promise<PostRef> {
  return publishLive(into, { content: `Post ${crypto.randomUUID()}`, accounts: [account.id], ...fields });
}

async function begin(ref: PostRef, account: Connected): Promise<void> {
  await wake(ref);
  await deliverTask(ref, account.id);
}

const callsTo = (edge: string) => graph.calls.filter(({ call: path }) => path.endsWith(edge)).length;

describe("a throttled account", () => {
  it("is left alone until the time that Meta gives, also by another workspace, and no other account is", async () => {
    const page = graph.open("facebook");
    const other = await newWorkspace();
    const [mine, theirs] = [
      await connect(graph, workspace, "facebook", page),
      await connect(graph, other, "facebook", page),
    ];
    const elsewhere = await connect(graph, workspace, "facebook");
    const refs = [await accept(mine), await accept(mine), await accept(theirs, other)] as const;
    graph.refuse(/feed$/, { code: 32, message: "(#32) Page request limit reached" });
    await begin(refs[0], mine);
    expect(await taskOf(refs[0])).toMatchObject({
      status: "publishing",
      error: { code: "quota_exhausted", retryable: true, platform: { code: "32" } },
      next_attempt_at: expect.any(String),
    });
    graph.calls.length = 0;
    await begin(refs[1], mine);
    await begin(refs[2], theirs);
    expect(graph.calls).toEqual([]);
    expect((await taskOf(refs[2], other)).error).toMatchObject({ code: "quota_exhausted", platform: { code: "32" } });
    const free = await accept(elsewhere);
    await drive(free);
    expect(await taskOf(free)).toMatchObject({ status: "published" });
    for (const ref of refs) await drive(ref);
    expect(graph.posts(page.externalId)).toHaveLength(3);
  });

  it("whose app is throttled holds back every account of the app", async () => {
    const [one, two] = [await connect(graph, workspace, "facebook"), await connect(graph, workspace, "instagram")];
    const first = await accept(one);
    const second = await accept(two, workspace, { media: [await newPicture(workspace, "live")] });
    graph.refuse(/feed$/, { code: 4, message: "Application request limit reached" });
    await begin(first, one);
    graph.calls.length = 0;
    await begin(second, two);
    expect(graph.calls).toEqual([]);
    advance(HOUR);
    await drive(first);
    await drive(second);
    expect([(await taskOf(first)).status, (await taskOf(second)).status]).toEqual(["published", "published"]);
  });

  it("is read again while a commit is in doubt: a limit on posts is none on reading", async () => {
    const account = await connect(graph, workspace, "instagram");
    const ref = await accept(account, workspace, { media: [await newPicture(workspace, "live")] });
    const started = Date.now();
    graph.spoil(/media_publish$/, "spam after");
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
    expect(Date.now() - started).toBeLessThan(5 * MINUTE);
  });
});

describe("a burst of a hundred posts on one account", () => {
  it("ends with every post published, as the quota lets them, and none failed", async () => {
    const account = await connect(graph, workspace, "instagram");
    const media = [await newPicture(workspace, "live")];
    graph.quotaTotal = 40;
    const refs: PostRef[] = [];
    for (let i = 0; i < 100; i++) refs.push(await accept(account, workspace, { media }));
    for (const ref of refs) await begin(ref, account);
    for (let turn = 0; turn < 6; turn++) for (const ref of refs) await step(ref, account);
    const statuses = async () => {
      const { body } = await call("GET", "/v1/posts?limit=100", { key: workspace.live });
      return body.posts.map((post: { status: string }) => post.status);
    };
    expect(graph.posts(account.externalId)).toHaveLength(40);
    const waiting = (await statuses()).filter((status: string) => status === "publishing");
    expect(waiting).toHaveLength(60);
    const [{ remaining_posts_today }] = (await call("GET", "/v1/accounts", { key: workspace.live })).body.accounts;
    expect(remaining_posts_today).toBe(0);
    // Two more days, an hour at a time.
    for (let hour = 0; hour < 50; hour++) {
      advance(HOUR);
      if (hour % 12 !== 1) continue;
      for (let turn = 0; turn < 4; turn++) for (const ref of refs) await step(ref, account);
    }
    expect(new Set(await statuses())).toEqual(new Set(["published"]));
    expect(graph.posts(account.externalId)).toHaveLength(100);
  }, 120_000);

  /** Lets a post take what is due, if anything is. */
  async function step(ref: PostRef, account: Connected): Promise<void> {
    const [task] = (await documentOf(ref)).tasks;
    if (task?.status !== "publishing") return;
    await begin(ref, account);
    advance(1);
  }
});

describe("nothing goes on for ever", () => {
  it("a container that is never ready to be published ends after eight tries", async () => {
    const account = await connect(graph, workspace, "instagram");
    const ref = await accept(account, workspace, { media: [await newPicture(workspace, "live")] });
    const error = { code: 9007, error_subcode: 2207027, message: "Media ID is not available" };
    graph.refuse(/media_publish$/, error, 100_000);
    await drive(ref);
    expect(callsTo("media_publish")).toBe(8);
    expect(await taskOf(ref)).toMatchObject({ status: "failed", error: { code: "platform_error" } });
  });

  it("a quota that never has room ends after 72 hours, however often the container was built anew", async () => {
    const account = await connect(graph, workspace, "instagram");
    const ref = await accept(account, workspace, { media: [await newPicture(workspace, "live")] });
    const started = Date.now();
    graph.refuse(/media_publish$/, { code: 9, error_subcode: 2207042, message: "Limit reached" }, 100_000);
    await drive(ref);
    expect(await taskOf(ref)).toMatchObject({ status: "failed", error: { code: "quota_exhausted" } });
    const hours = (Date.now() - started) / HOUR;
    expect(hours).toBeGreaterThanOrEqual(72);
    expect(hours).toBeLessThan(74);
    expect(callsTo("/media")).toBeGreaterThan(2);
  });

  it("a container that the platform loses is built anew, and then published", async () => {
    const account = await connect(graph, workspace, "instagram");
    const ref = await accept(account, workspace, { media: [await newPicture(workspace, "live")] });
    graph.refuse(/media_publish$/, { code: 24, error_subcode: 2207008, message: "Missing or expired" }, 3);
    await drive(ref);
    expect(callsTo("/media")).toBe(2);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
  });

  it("a container that says it is expired at once keeps its commit settled, not stuck", async () => {
    const account = await connect(graph, workspace, "instagram");
    const ref = await accept(account, workspace, { media: [await newPicture(workspace, "live")] });
    graph.spoil(/media_publish$/, "cut before");
    await begin(ref, account);
    graph.answerWith(/GET .*\{id\}$/, { id: "1", status_code: "EXPIRED" }, 2);
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
  });
});

it("what the platform says of an old token does not spoil a fresh connection", async () => {
  const page = graph.open("facebook");
  const account = await connect(graph, workspace, "facebook", page);
  const ref = await accept(account);
  const { fetch } = graph;
  const spy = vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    if (!request.url.endsWith("/feed")) return fetch.call(graph, request);
    spy.mockRestore();
    // While the old token's call is on its way, the owner connects the account again.
    await connect(graph, workspace, "facebook", page);
    return Response.json({ error: { code: 190, error_subcode: 460, message: "The password was changed" } });
  });
  await begin(ref, account);
  const { body } = await call("GET", `/v1/accounts/${account.id}`, { key: workspace.live });
  expect(body.health).toBe("ok");
  await drive(ref);
  expect(await taskOf(ref)).toMatchObject({ status: "published" });
});
