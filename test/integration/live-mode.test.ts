import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import { servicesOf } from "../../src/services.ts";
import { jpeg } from "../helpers/pictures.ts";
import type { Mishap } from "../helpers/stand-in.ts";
import { StandIn } from "../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, callsOf, deliverTask, documentOf, drive, holdTime, ringAlarm, wake } from "./helpers/drive.ts";

/*
 * Live mode against a Graph API that knows nothing of us, and whose answers are spoilt one call at a time.
 */

let workspace: TestWorkspace;
let graph: StandIn;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  // The platform fetches media as a stranger does, from the public route.
  graph = new StandIn((address, headers) => exports.default.fetch(address, { headers }));
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => graph.fetch(new Request(input, init)));
});
afterEach(() => vi.restoreAllMocks());

interface Connected {
  id: string;
  externalId: string;
}

async function connect(
  platform: "instagram" | "facebook",
  into = workspace,
  account = graph.open(platform),
): Promise<Connected> {
  const body = { platform, external_id: account.externalId, access_token: account.token };
  const answer = await call("POST", "/v1/accounts", { key: into.live, body });
  if (answer.status !== 201) throw new Error(answer.text);
  graph.calls.length = 0;
  return { id: answer.body.id, externalId: account.externalId };
}

async function publish(fields: Record<string, unknown>, from = workspace): Promise<PostRef> {
  const answer = await call("POST", "/v1/publish", { key: from.live, body: fields });
  if (answer.status !== 202) throw new Error(answer.text);
  return { workspaceId: from.id, mode: "live", postId: answer.body.id };
}

const read = (ref: PostRef, from = workspace): Promise<Answer> =>
  call("GET", `/v1/posts/${ref.postId}`, { key: from.live });

interface Kind {
  platform: "instagram" | "facebook";
  pictures: number;
  fields: Record<string, unknown>;
  /** The calls it takes, in order. */
  calls: [method: string, call: string, params: Record<string, unknown>][];
}

const VERSION = "/v26.0";
const FEED_FIELDS = { fields: "id,permalink_url" };
const MEDIA_URL = expect.stringMatching(/^http:\/\/apionics\.test\/media\/media_\w+\?expires=\d+&signature=[\w-]+$/);

const KINDS: Record<string, Kind> = {
  "an image on Instagram": {
    platform: "instagram",
    pictures: 1,
    fields: { content: "Hello from Apionics" },
    calls: [
      ["POST", `${VERSION}/{account}/media`, { image_url: MEDIA_URL, caption: "Hello from Apionics" }],
      ["GET", `${VERSION}/{id}`, { fields: "status_code,status" }],
      ["GET", `${VERSION}/{account}/content_publishing_limit`, { fields: "config,quota_usage" }],
      ["POST", `${VERSION}/{account}/media_publish`, { creation_id: expect.stringMatching(/^\d{17}$/) }],
      ["GET", `${VERSION}/{id}`, { fields: "permalink" }],
    ],
  },
  "a text on Facebook": {
    platform: "facebook",
    pictures: 0,
    fields: { content: "Hello from Apionics" },
    calls: [["POST", `${VERSION}/{account}/feed`, { ...FEED_FIELDS, message: "Hello from Apionics" }]],
  },
  "a link on Facebook": {
    platform: "facebook",
    pictures: 0,
    fields: { content: "Read this", options: { facebook: { link: "https://example.com/story" } } },
    calls: [
      [
        "POST",
        `${VERSION}/{account}/feed`,
        { ...FEED_FIELDS, message: "Read this", link: "https://example.com/story" },
      ],
    ],
  },
  "a photo on Facebook": {
    platform: "facebook",
    pictures: 1,
    fields: { content: "One photo" },
    calls: [
      ["POST", `${VERSION}/{account}/photos`, { url: MEDIA_URL, published: "false" }],
      [
        "POST",
        `${VERSION}/{account}/feed`,
        { ...FEED_FIELDS, message: "One photo", attached_media: expect.stringMatching(/^\[\{"media_fbid":"\d+"\}\]$/) },
      ],
    ],
  },
  "three photos on Facebook": {
    platform: "facebook",
    pictures: 3,
    fields: { content: "" },
    calls: [
      ["POST", `${VERSION}/{account}/photos`, { url: MEDIA_URL, published: "false" }],
      ["POST", `${VERSION}/{account}/photos`, { url: MEDIA_URL, published: "false" }],
      ["POST", `${VERSION}/{account}/photos`, { url: MEDIA_URL, published: "false" }],
      ["POST", `${VERSION}/{account}/feed`, { ...FEED_FIELDS, attached_media: expect.any(String) }],
    ],
  },
};

async function accept(kind: Kind): Promise<{ ref: PostRef; account: Connected }> {
  const account = await connect(kind.platform);
  const media: string[] = [];
  for (let i = 0; i < kind.pictures; i++) media.push(await newPicture(workspace, "live"));
  return { ref: await publish({ ...kind.fields, accounts: [account.id], media }), account };
}

describe.each(Object.entries(KINDS))("%s", (_name, kind) => {
  it("takes exactly these calls, in this order", async () => {
    const { ref, account } = await accept(kind);
    await drive(ref);
    expect(graph.calls.map(({ method, call, params }) => [method, call, params])).toEqual(kind.calls);
    const [post] = graph.posts(account.externalId);
    const { body } = await read(ref);
    expect(body.tasks[0]).toMatchObject({
      status: "published",
      platform_post_id: post?.id,
      permalink: post?.permalink,
    });
  });

  const mishaps: Mishap[] = [
    "cut before",
    "cut after",
    "500 before",
    "500 after",
    "spam after",
    "html after",
    "nonsense after",
  ];
  const spoilt = kind.calls.flatMap(([method, path], index) =>
    kind.calls.findIndex(([m, p]) => m === method && p === path) === index
      ? mishaps.map((mishap) => [mishap, method, path] as const)
      : [],
  );

  it.each(spoilt)("with %s at %s %s is public once", async (mishap, method, path) => {
    const { ref, account } = await accept(kind);
    graph.spoil(new RegExp(`^${method} ${path.replace(/[{}]/g, "\\$&")}$`), mishap);
    await drive(ref);
    const posts = graph.posts(account.externalId);
    expect(posts).toHaveLength(1);
    const { body } = await read(ref);
    // What is public is said to be, under its right id.
    expect(body.tasks[0]).toMatchObject({ status: "published", platform_post_id: posts[0]?.id });
  });

  it("to a platform that answers nothing any more fails after eight tries, or stays unconfirmed, and never twice", async () => {
    const { ref, account } = await accept(kind);
    graph.spoil(/./, "cut before", 10_000);
    const document = await drive(ref);
    const isCommitFirst = kind.calls.length === 1;
    expect(document.tasks[0]?.status).toBe(isCommitFirst ? "unconfirmed" : "failed");
    expect(graph.posts(account.externalId)).toHaveLength(0);
    const { body } = await read(ref);
    if (isCommitFirst) {
      expect(body.tasks[0].error).toMatchObject({ code: "outcome_unknown", retryable: false });
      expect(graph.calls.filter(({ method }) => method === "POST")).toHaveLength(1);
    } else {
      expect(body.tasks[0].error).toMatchObject({ code: "platform_error", retryable: true });
      expect(graph.calls).toHaveLength(8);
    }
  });
});

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
