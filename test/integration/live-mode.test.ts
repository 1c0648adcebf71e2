import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { servicesOf } from "../../src/services.ts";
import { jpeg } from "../helpers/pictures.ts";
import type { StandIn } from "../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, callsOf, deliverTask, documentOf, drive, holdTime, ringAlarm, wake } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect as connectTo, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * Live mode against a Graph API that knows nothing of us, and whose answers are spoilt one call at a time.
 */

let workspace: TestWorkspace;
let graph: StandIn;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
});
afterEach(() => vi.restoreAllMocks());

const connect = (
  platform: "instagram" | "facebook",
  into = workspace,
  account = graph.open(platform),
): Promise<Connected> => connectTo(graph, into, platform, account);
const publish = (fields: Record<string, unknown>, from = workspace): Promise<PostRef> => publishLive(from, fields);
const read = (ref: PostRef, from = workspace): Promise<Answer> => readLive(from, ref);

describe("equal texts on one Page", () => {
  it("do not meet: the second waits until the first is settled, and neither takes the other's post", async () => {
    const account = await connect("facebook");
    const fields = { content: "The same", accounts: [account.id] };
    const [first, second] = [await publish(fields), await publish(fields)];
    graph.spoil(/feed$/, "cut after", 2);
    await Promise.all([wake(first), wake(second)]);
    await deliverTask(first, account.id);
    await deliverTask(second, account.id);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    await drive(first);
    await drive(second);
    const posts = graph.posts(account.externalId);
    expect(posts).toHaveLength(2);
    const ids = [(await read(first)).body, (await read(second)).body].map((body) => body.tasks[0].platform_post_id);
    expect(ids).toEqual([posts[1]?.id, posts[0]?.id]);
  });

  it("also when two workspaces hold the Page", async () => {
    const page = graph.open("facebook");
    const other = await newWorkspace();
    const [mine, theirs] = [await connect("facebook", workspace, page), await connect("facebook", other, page)];
    const [first, second] = [
      await publish({ content: "The same", accounts: [mine.id] }),
      await publish({ content: "The same", accounts: [theirs.id] }, other),
    ];
    graph.spoil(/feed$/, "cut after", 2);
    for (let i = 0; i < 3; i++) {
      await Promise.all([wake(first), wake(second)]);
      await Promise.all([deliverTask(first, mine.id), deliverTask(second, theirs.id)]);
    }
    await drive(first);
    await drive(second);
    expect(graph.posts(page.externalId)).toHaveLength(2);
    const ids = [(await read(first)).body, (await read(second, other)).body].map(
      (body) => body.tasks[0].platform_post_id,
    );
    expect(new Set(ids).size).toBe(2);
  });
});

describe("the lock of a commit without a handle", () => {
  const rows = async (externalId: string) => {
    const { results } = await env.DB.prepare("SELECT platform_post_id, epoch FROM platform_posts WHERE external_id = ?")
      .bind(externalId)
      .all();
    return results;
  };

  it("is there while the commit is under way, and becomes the claim of what came of it", async () => {
    const account = await connect("facebook");
    const ref = await publish({ content: "Under way", accounts: [account.id] });
    await wake(ref);
    const services = servicesOf(env);
    const { posts } = services;
    let underWay: unknown[] = [];
    const spy = vi.spyOn(services, "posts").mockImplementation((of) => ({
      ...callsOf(posts, of),
      arm: async (...asked) => {
        underWay = await rows(account.externalId);
        return posts(of).arm(...asked);
      },
    }));
    await deliverTask(ref, account.id);
    spy.mockRestore();
    await drive(ref);
    expect(underWay).toEqual([
      { platform_post_id: expect.stringMatching(/^commit:[0-9a-f]{64}$/), epoch: expect.any(Number) },
    ]);
    const [post] = graph.posts(account.externalId);
    expect(await rows(account.externalId)).toEqual([{ platform_post_id: post?.id, epoch: null }]);
  });

  it("goes with a task that ends without anything public", async () => {
    const account = await connect("facebook");
    const ref = await publish({ content: "Refused", accounts: [account.id] });
    graph.refuse(/feed$/, { code: 100, message: "Invalid parameter" });
    await drive(ref);
    expect((await read(ref)).body.status).toBe("failed");
    expect(await rows(account.externalId)).toEqual([]);
  });

  it("is given back by a task whose commit was refused and that is changed to say something else", async () => {
    const account = await connect("facebook");
    const fields = { content: "Said twice", accounts: [account.id] };
    const first = await publish(fields);
    graph.refuse(/feed$/, { code: 4, message: "Application request limit reached" });
    await wake(first);
    await deliverTask(first, account.id);
    const schedule = new Date(Date.now() + 700 * 3_600_000).toISOString();
    const edit = { content: "Something else", schedule };
    await call("PATCH", `/v1/posts/${first.postId}`, { key: workspace.live, body: edit });
    await documentOf(first);
    await env.DB.prepare("DELETE FROM pauses").run();
    const second = await publish(fields);
    await drive(second);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    await call("DELETE", `/v1/posts/${first.postId}`, { key: workspace.live });
  });

  it("is given back by a task that ends without a commit, and does not hold up the next", async () => {
    const account = await connect("facebook");
    const fields = { content: "Locked", accounts: [account.id] };
    const first = await publish(fields);
    await wake(first);
    const services = servicesOf(env);
    const { posts } = services;
    // The post is canceled between the lock and the arming, and the consumer dies before it could clean up.
    const spy = vi.spyOn(services, "posts").mockImplementation((ref) => ({
      ...callsOf(posts, ref),
      arm: async () => {
        await call("DELETE", `/v1/posts/${ref.postId}`, { key: workspace.live });
        throw new Error("the consumer died");
      },
    }));
    await deliverTask(first, account.id);
    spy.mockRestore();
    expect((await read(first)).body.status).toBe("canceled");
    const second = await publish(fields);
    await drive(second);
    expect(graph.posts(account.externalId)).toHaveLength(1);
    expect((await read(second)).body.status).toBe("published");
  });
});

it("two equal pictures on Instagram, both with lost answers, end as two posts, and no id is given to both", async () => {
  const account = await connect("instagram");
  const media = [await newPicture(workspace, "live")];
  const fields = { content: "The same", accounts: [account.id], media };
  const [first, second] = [await publish(fields), await publish(fields)];
  graph.spoil(/media_publish$/, "cut after", 2);
  await Promise.all([wake(first), wake(second)]);
  await Promise.all([deliverTask(first, account.id), deliverTask(second, account.id)]);
  await drive(first);
  await drive(second);
  const posts = graph.posts(account.externalId).map((post) => post.id);
  const ids = [(await read(first)).body, (await read(second)).body].map((body) => body.tasks[0].platform_post_id);
  expect(posts).toHaveLength(2);
  // Nobody can tell which is which; what is not known is left open.
  const known = ids.filter((id) => id !== null);
  for (const id of known) expect(posts).toContain(id);
  expect(new Set(known).size).toBe(known.length);
});

describe("a Page whose listing says little", () => {
  it("a post of ours that comes back changed keeps us from posting again, until a person has looked", async () => {
    const account = await connect("facebook");
    const ref = await publish({
      content: "Shorter: https://example.com/a/long/address?with=parameters",
      accounts: [account.id],
    });
    graph.spoil(/feed$/, "cut after");
    const listed = graph.fetch.bind(graph);
    vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      const response = await listed(request);
      if (!request.url.includes("published_posts")) return response;
      const text = (await response.text())
        .replaceAll("/a/long/address?with=parameters", "/…")
        .replaceAll('"application"', '"app"');
      return new Response(text, response);
    });
    const document = await drive(ref);
    expect(document.tasks[0]).toMatchObject({ status: "unconfirmed", attempts: 1 });
    expect(graph.posts(account.externalId)).toHaveLength(1);
  });
});

it("secrets stay secret: no token is in an address, in what the object stores, in an event or in a log", async () => {
  const logged: string[] = [];
  for (const method of ["log", "error", "warn", "info"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void logged.push(parts.join(" ")));
  }
  const page = graph.open("facebook");
  const account = await connect("facebook", workspace, page);
  const addresses: string[] = [];
  vi.mocked(globalThis.fetch).mockImplementation((input, init) => {
    const request = new Request(input, init);
    addresses.push(request.url);
    return graph.fetch(request);
  });
  const ref = await publish({
    content: "Canary",
    accounts: [account.id],
    media: [await newPicture(workspace, "live")],
  });
  graph.spoil(/feed$/, "cut after");
  graph.spoil(/photos$/, "html after");
  await drive(ref);
  const dump: string[] = [...addresses, ...logged, JSON.stringify(await documentOf(ref))];
  for (const table of ["accounts", "grants", "posts", "events", "idempotency"]) {
    dump.push(JSON.stringify((await env.DB.prepare(`SELECT * FROM ${table}`).all()).results));
  }
  for (const secret of [page.token, workspace.live, workspace.test, env.ADMIN_TOKEN ?? ""]) {
    expect(dump.filter((text) => text.includes(secret))).toEqual([]);
  }
});

it("a container that ends unpublished is built anew", async () => {
  const account = await connect("instagram");
  const schedule = { content: "Late", accounts: [account.id], media: [await newPicture(workspace, "live")] };
  const ref = await publish(schedule);
  graph.spoil(/media_publish$/, "cut before");
  await wake(ref);
  await deliverTask(ref, account.id);
  // A day passes before anybody reads the container again.
  advance(24 * 3_600_000);
  await ringAlarm(ref);
  await drive(ref);
  expect(graph.posts(account.externalId)).toHaveLength(1);
  expect(graph.calls.filter(({ method, call }) => method === "POST" && call.endsWith("/media"))).toHaveLength(2);
});

it("a picture that the platform refuses fails the task, with the platform's code and words", async () => {
  const account = await connect("instagram");
  const form = new FormData();
  form.set("file", new File([jpeg(1080, 1080)], "p.jpg"));
  const media = (await call("POST", "/v1/media", { key: workspace.live, body: form })).body.id;
  const ref = await publish({ content: "x", accounts: [account.id], media: [media] });
  // The bytes in the bucket are no longer a picture.
  await env.MEDIA.put(media, new Uint8Array(jpeg(1080, 1080).byteLength));
  await drive(ref);
  const { body } = await read(ref);
  expect(body.status).toBe("failed");
  expect(body.tasks[0].error).toEqual({
    code: "platform_rejected",
    message: "Instagram does not support the picture's format: it takes JPEG.",
    retryable: false,
    platform: {
      code: "36001/2207005",
      message: "The image format is not supported.",
      trace_id: expect.any(String),
    },
  });
});
