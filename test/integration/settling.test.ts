import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { servicesOf } from "../../src/services.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newWorkspace } from "./helpers/api.ts";
import { advance, deliverTask, drive, holdTime, wake } from "./helpers/drive.ts";
import type { MediaName } from "./helpers/kinds.ts";
import { addMedia } from "./helpers/kinds.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * A platform that answers what nobody expects, while what became of a commit is read: nothing goes out twice, nobody
 * else's post is taken, and everything ends.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let workspace: TestWorkspace;
let media: Record<MediaName, string>;
let graph: StandIn;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  media = await addMedia(workspace);
});
beforeEach(() => {
  holdTime();
  graph = standInForMeta();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM pauses").run();
});

const publish = (account: Connected, fields: Record<string, unknown>): Promise<PostRef> =>
  publishLive(workspace, { accounts: [account.id], ...fields });
const taskOf = async (ref: PostRef) => (await readLive(workspace, ref)).body.tasks[0];

/** Changes what the platform answers to some calls. */
function rewrite(matches: RegExp, change: (body: Record<string, unknown>, request: Request) => object): void {
  const real = graph.fetch.bind(graph);
  vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
    const name = `${request.method} ${request.url}`;
    const response = await real(request);
    if (!matches.test(name) || !response.ok) return response;
    return Response.json(change(await response.json(), request));
  });
}

describe("a text on a Page", () => {
  it.each<[string, object]>([
    ["shows its link at another address", { media_type: "share", unshimmed_url: "https://www.example.com/story?x=1" }],
    ["shows a video for its link", { media_type: "video", target: { id: "99" } }],
  ])("whose listing %s is not published again", async (_name, attachment) => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Read https://example.com/story" });
    graph.spoil(/feed$/, "cut after");
    rewrite(/published_posts/, ({ data }) => ({
      data: (data as object[]).map((post) => ({ ...post, attachments: { data: [attachment] } })),
    }));
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "unconfirmed", error: { code: "outcome_unknown" } });
  });

  it("is found on a page that follows an empty one", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "On the second page" });
    graph.spoil(/feed$/, "cut after");
    const next = "https://graph.facebook.com/v26.0/1/published_posts?after=x&limit=100";
    let first = Response.json({});
    const real = graph.fetch.bind(graph);
    vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      if (!request.url.includes("published_posts")) return real(request);
      if (request.url.includes("after=x")) return first.clone();
      first = await real(request);
      return Response.json({ data: [], paging: { next } });
    });
    await drive(ref);
    const [post, ...others] = graph.posts(account.externalId);
    expect(others).toEqual([]);
    expect(await taskOf(ref)).toMatchObject({ status: "published", platform_post_id: post?.id });
  });

  it("is settled in a day, whatever time a throttle names, and nobody else is held for longer", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Throttled for a year" });
    const started = Date.now();
    graph.spoil(/feed$/, "cut before");
    const real = graph.fetch.bind(graph);
    vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      if (request.method === "POST") return real(request);
      const body = { error: { message: "Application request limit reached", code: 4 } };
      return Response.json(body, { status: 400, headers: { "Retry-After": "31536000" } });
    });
    await drive(ref);
    expect(await taskOf(ref)).toMatchObject({ status: "unconfirmed" });
    expect(Date.now() - started).toBeLessThan(26 * HOUR);
    const pause = await env.DB.prepare("SELECT max(until) AS until FROM pauses").first<{ until: number }>();
    expect(Number(pause?.until) - Date.now()).toBeLessThanOrEqual(24 * HOUR);
  });
});

it("photos whose listing does not name them are not published again, nor told to have failed", async () => {
  const account = await connect(graph, workspace, "facebook");
  const ref = await publish(account, { content: "Photos", media: [media.square, media.portrait] });
  graph.spoil(/feed$/, "cut after");
  rewrite(/published_posts/, ({ data }) => ({
    data: (data as object[]).map((post) => ({
      ...post,
      attachments: { data: [{ media_type: "album", target: { id: "777" } }] },
    })),
  }));
  await drive(ref);
  expect(graph.posts(account.externalId)).toHaveLength(1);
  expect(graph.calls.filter(({ call }) => call.endsWith("/feed"))).toHaveLength(1);
  expect(await taskOf(ref)).toMatchObject({ status: "unconfirmed" });
});

it("what the platform refuses as posted before is never told to have failed", async () => {
  const account = await connect(graph, workspace, "facebook");
  const ref = await publish(account, { content: "Again" });
  graph.refuse(/feed$/, { code: 506, message: "Duplicate status message" }, 10);
  await drive(ref);
  expect(graph.calls.filter(({ call }) => call.endsWith("/feed"))).toHaveLength(1);
  expect(await taskOf(ref)).toMatchObject({ status: "unconfirmed", error: { code: "outcome_unknown" } });
});

describe("a reel on Facebook", () => {
  const REEL = { options: { facebook: { type: "reel" } } };

  it("that reads as failed for a while is not uploaded again", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Reel", media: [media.film], ...REEL });
    let finishedAt = 0;
    rewrite(/fields=status|finish|video_reels/, (body, { method }) => {
      if (method === "POST" && body.success === true) finishedAt = Date.now();
      const isEarly = finishedAt > 0 && Date.now() < finishedAt + 95_000;
      if (method === "POST" || !isEarly) return body;
      const problem = { code: 1363047, message: "Try again" };
      return {
        id: body.id,
        status: { video_status: "error", processing_phase: { status: "error", errors: [problem] } },
      };
    });
    await drive(ref);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
  });

  it("that fails for good fails once, with the platform's reason", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Reel", media: [media.film], ...REEL });
    let isFinished = false;
    rewrite(/fields=status|video_reels/, (body, { method }) => {
      isFinished ||= method === "POST" && body.success === true;
      if (method === "POST" || !isFinished) return body;
      const problem = { code: 1363128, message: "Too long" };
      return {
        id: body.id,
        status: { video_status: "error", processing_phase: { status: "error", errors: [problem] } },
      };
    });
    await drive(ref);
    expect(graph.calls.filter(({ params }) => params.upload_phase === "finish")).toHaveLength(1);
    const error = { code: "platform_rejected", platform: { code: "1363128", message: "Too long" } };
    expect(await taskOf(ref)).toMatchObject({ status: "failed", error });
  });

  it("whose upload takes longer than a lease is uploaded once", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Reel", media: [media.film], ...REEL });
    const real = graph.fetch.bind(graph);
    vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      const response = await real(request);
      // Everybody's clock goes on meanwhile, and the object's alarm rings.
      if (request.url.includes("video-upload")) {
        advance(50_000);
        await wake(ref);
      }
      return response;
    });
    await drive(ref);
    expect(graph.calls.filter(({ call }) => call.startsWith("/video-upload"))).toHaveLength(1);
    expect(await taskOf(ref)).toMatchObject({ status: "published" });
  });
});

it("a story of the owner's is not taken for ours when our container cannot be read", async () => {
  const account = await connect(graph, workspace, "instagram");
  const story = { content: "", media: [media.cover], options: { instagram: { type: "story" } } };
  const ref = await publish(account, story);
  graph.spoil(/media_publish$/, "cut before");
  await wake(ref);
  await deliverTask(ref, account.id);
  graph.refuse(/GET .*\{id\}$/, { code: 100, error_subcode: 33, message: "Unsupported get request" }, 100_000);
  rewrite(/\/stories/, () => ({ data: [{ id: "9999", timestamp: "2026-06-01T09:00:00+0000", media_type: "IMAGE" }] }));
  await drive(ref);
  expect(await taskOf(ref)).toMatchObject({ status: "unconfirmed", platform_post_id: null });
});

describe("a first comment", () => {
  const fields = () => ({ content: "Post", options: { facebook: { first_comment: "See https://example.com" } } });
  const commentOf = async (ref: PostRef) => (await taskOf(ref)).first_comment;

  it("that is listed with other words is not written again", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, fields());
    graph.spoil(/comments$/, "cut after");
    rewrite(/comments/, ({ data, ...rest }) =>
      data ? { data: (data as object[]).map((each) => ({ ...each, message: "See example.com" })) } : rest,
    );
    await drive(ref);
    expect(graph.posts(account.externalId).flatMap((post) => post.comments)).toHaveLength(1);
    expect(await commentOf(ref)).toMatchObject({ status: "unconfirmed" });
  });

  it("whose right to be read is missing leaves the account connected", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, fields());
    graph.spoil(/^POST .*comments$/, "cut after");
    graph.refuse(/^GET .*comments$/, { code: 10, message: "Permission denied" }, 100_000);
    await drive(ref);
    const row = await env.DB.prepare("SELECT health FROM accounts WHERE id = ?").bind(account.id).first();
    expect(row).toEqual({ health: "ok" });
    expect(await commentOf(ref)).toMatchObject({ status: "unconfirmed" });
  });

  it("that is too fast holds back no post", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, fields());
    graph.refuse(/^POST .*comments$/, { code: 368, error_subcode: 1390008, message: "Too fast" });
    await wake(ref);
    await deliverTask(ref, account.id);
    const started = Date.now();
    const next = await publish(account, { content: "The next one" });
    await drive(next);
    expect(await taskOf(next)).toMatchObject({ status: "published" });
    expect(Date.now() - started).toBeLessThan(MINUTE);
    await drive(ref);
    expect(await commentOf(ref)).toMatchObject({ status: "published" });
  });
});

describe("trouble of our own", () => {
  it("that does not pass ends after eight tries, and says so", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Trouble" });
    vi.spyOn(servicesOf(env).platforms.facebook.post, "next").mockImplementation(() => {
      throw new TypeError("a mistake");
    });
    await drive(ref);
    const error = { code: "platform_error", message: "Something went wrong on our side." };
    expect(await taskOf(ref)).toMatchObject({ status: "failed", error });
    expect(graph.calls).toEqual([]);
  });

  it("a video whose bytes are gone is told so", async () => {
    const account = await connect(graph, workspace, "facebook");
    const ref = await publish(account, { content: "Gone", media: [media.short] });
    const bytes = await (await env.MEDIA.get(media.short))?.arrayBuffer();
    await env.MEDIA.delete(media.short);
    await drive(ref);
    expect(await taskOf(ref)).toMatchObject({ status: "failed", error: { code: "media_missing" } });
    await env.MEDIA.put(media.short, bytes ?? new ArrayBuffer());
  });
});
