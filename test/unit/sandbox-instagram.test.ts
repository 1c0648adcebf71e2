import { describe, expect, it } from "vitest";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const HOUR = 3_600_000;
const IMAGE = { image_url: `${MEDIA}/picture.jpg` };
const OTHER = { image_url: `${MEDIA}/other.jpg` };
const VIDEO = { video_url: `${MEDIA}/video.mp4` };

function setUp(login: "facebook" | "instagram" = "facebook") {
  const sandbox = new TestSandbox();
  const account = sandbox.open("instagram", "ok", login);
  const create = async (params: Record<string, string>): Promise<string> => {
    const { body } = await account.post(`${account.id}/media`, params);
    sandbox.now += 3_000;
    return body.id;
  };
  const publish = (creation_id: string) => account.post(`${account.id}/media_publish`, { creation_id });
  const show = async (params: Record<string, string>): Promise<string> => (await publish(await create(params))).body.id;
  const child = (params: Record<string, string>) => create({ ...params, is_carousel_item: "true" });
  const carousel = (children: string, more = {}) =>
    account.post(`${account.id}/media`, { media_type: "CAROUSEL", children, ...more });
  return { sandbox, account, create, publish, show, child, carousel };
}

describe("publishing a container", () => {
  it("answers the id of new media, which is public", async () => {
    const { account, create, publish } = setUp();
    const container = await create({ ...IMAGE, caption: "Hello", alt_text: "A square" });
    const { status, body } = await publish(container);
    expect([status, body]).toEqual([200, { id: expect.stringMatching(/^\d{17}$/) }]);
    expect(body.id).not.toBe(container);
    const media = [{ id: body.id, url: IMAGE.image_url, type: "image", altText: "A square" }];
    expect(account.posts()).toMatchObject([{ id: body.id, kind: "image", text: "Hello", media, comments: [] }]);
  });

  it("before it is ready is answered 9007/2207027, and nothing is public", async () => {
    const { account, publish } = setUp();
    const { body } = await account.post(`${account.id}/media`, { media_type: "REELS", ...VIDEO });
    const answer = await publish(body.id);
    expect([answer.status, ...faultOf(answer)]).toEqual([400, 9007, 2207027]);
    expect(answer.body.error.message).toBe("Media ID is not available");
    expect(account.posts()).toEqual([]);
  });

  it("that is missing, expired or another's is answered 24/2207008", async () => {
    const { sandbox, account, create, publish } = setUp();
    const container = await create(IMAGE);
    const other = sandbox.open("instagram");
    expect(faultOf(await other.post(`${other.id}/media_publish`, { creation_id: container }))).toEqual([24, 2207008]);
    expect(faultOf(await publish("1"))).toEqual([24, 2207008]);
    sandbox.now += 24 * HOUR;
    expect(faultOf(await publish(container))).toEqual([24, 2207008]);
    expect(account.posts()).toEqual([]);
  });

  it("a second time proves nothing, and publishes nothing", async () => {
    const { sandbox, account, create, publish } = setUp();
    const container = await create(IMAGE);
    const first = await publish(container);
    expect(faultOf(await publish(container))).toEqual([9007, 2207027]);
    sandbox.switches.doublePublish = "same id";
    expect((await publish(container)).body).toEqual(first.body);
    expect(account.posts()).toHaveLength(1);
  });

  it("beyond the quota is answered 9/2207042, until the oldest is 24 hours old", async () => {
    const { sandbox, account, create, publish, show } = setUp();
    sandbox.switches.quotaTotal = 2;
    const limit = async () =>
      (await account.get(`${account.id}/content_publishing_limit`, { fields: "config,quota_usage" })).body;
    const config = { quota_total: 2, quota_duration: 86_400 };
    expect(await limit()).toEqual({ data: [{ quota_usage: 0, config }] });
    await show(IMAGE);
    await show({ media_type: "STORIES", ...IMAGE });
    expect(await limit()).toEqual({ data: [{ quota_usage: 2, config }] });
    const container = await create(IMAGE);
    expect(faultOf(await publish(container))).toEqual([9, 2207042]);
    sandbox.now += 24 * HOUR - 6_000;
    expect(await limit()).toMatchObject({ data: [{ quota_usage: 1 }] });
    expect((await publish(container)).status).toBe(200);
  });

  it("counts 50 posts unless said, and tells the usage alone unless asked", async () => {
    const { account } = setUp();
    const path = `${account.id}/content_publishing_limit`;
    expect((await account.get(path)).body).toEqual({ data: [{ quota_usage: 0 }] });
    expect((await account.get(path, { fields: "config" })).body.data[0].config.quota_total).toBe(50);
  });
});

describe("a carousel", () => {
  it("shows its parts in order, under ids of their own and without permalinks", async () => {
    const { account, child, carousel, publish } = setUp();
    const parts = [
      await child({ ...OTHER, alt_text: "First" }),
      await child({ media_type: "VIDEO", ...VIDEO }),
      await child(IMAGE),
    ];
    const { body: container } = await carousel(parts.join(","), { caption: "Three" });
    expect((await account.get(container.id, { fields: "status_code" })).body.status_code).toBe("IN_PROGRESS");
    await child(IMAGE);
    const { body } = await publish(container.id);
    const fields = "media_type,media_product_type,caption,permalink,children{id}";
    const node = (await account.get(body.id, { fields })).body;
    expect(node).toMatchObject({ media_type: "CAROUSEL_ALBUM", media_product_type: "FEED", caption: "Three" });
    const children = (await account.get(`${body.id}/children`, { fields: "media_type,media_url,permalink" })).body.data;
    expect(children).toEqual([
      { id: node.children.data[0].id, media_type: "IMAGE", media_url: OTHER.image_url },
      { id: node.children.data[1].id, media_type: "VIDEO", media_url: VIDEO.video_url },
      { id: node.children.data[2].id, media_type: "IMAGE", media_url: IMAGE.image_url },
    ]);
    expect((await account.get(children[0].id, { fields: "alt_text,permalink" })).body).toEqual({
      id: children[0].id,
      alt_text: "First",
    });
    expect(account.posts()).toMatchObject([{ kind: "carousel", text: "Three", media: [{}, { type: "video" }, {}] }]);
  });

  it("takes its parts as JSON as well", async () => {
    const { child, carousel, publish } = setUp();
    const parts = [await child(IMAGE), await child(OTHER)];
    const { body } = await carousel(JSON.stringify(parts));
    expect((await publish(body.id)).status).toBe(200);
  });

  it("has 2 to 10 parts", async () => {
    const { child, carousel } = setUp();
    const part = await child(IMAGE);
    for (const count of [1, 11]) {
      expect(faultOf(await carousel(Array(count).fill(part).join(",")))).toEqual([100, 2207028]);
    }
    expect(faultOf(await carousel(""))).toEqual([100, 2207028]);
  });

  it("is not made of parts that are missing, another's, whole, unfinished, expired or published", async () => {
    const { sandbox, account, create, child, carousel, publish } = setUp();
    const good = await child(IMAGE);
    expect(faultOf(await carousel(`${good},1`))).toEqual([24, 2207006]);
    const other = sandbox.open("instagram");
    const theirs = (await other.post(`${other.id}/media`, { ...IMAGE, is_carousel_item: "true" })).body.id;
    expect(faultOf(await carousel(`${good},${theirs}`))).toEqual([24, 2207006]);
    expect(faultOf(await carousel(`${good},${await create(IMAGE)}`))).toEqual([100]);
    const video = { media_type: "VIDEO", is_carousel_item: "true", ...VIDEO };
    const unfinished = (await account.post(`${account.id}/media`, video)).body.id;
    expect(faultOf(await carousel(`${good},${unfinished}`))).toEqual([9007, 2207027]);
    const { body } = await carousel(`${good},${await child(OTHER)}`);
    await publish(body.id);
    expect(faultOf(await carousel(`${good},${await child(OTHER)}`))).toEqual([24, 2207006]);
    const old = await child(IMAGE);
    sandbox.now += 24 * HOUR;
    expect(faultOf(await carousel(`${old},${await child(OTHER)}`))).toEqual([24, 2207008]);
  });

  it("does not let its parts be published by themselves", async () => {
    const { account, child, publish } = setUp();
    expect(faultOf(await publish(await child(IMAGE)))).toEqual([100]);
    expect(account.posts()).toEqual([]);
  });

  it("counts as one post", async () => {
    const { account, child, carousel, publish } = setUp();
    await publish((await carousel(`${await child(IMAGE)},${await child(OTHER)}`)).body.id);
    const { body } = await account.get(`${account.id}/content_publishing_limit`);
    expect(body.data[0].quota_usage).toBe(1);
  });
});

describe("media", () => {
  const FIELDS = { fields: "id,caption,permalink,shortcode,timestamp,media_type,media_product_type" };

  it.each<[string, Record<string, string>, string, string]>([
    ["an image", IMAGE, "IMAGE", "FEED"],
    ["a reel", { media_type: "REELS", ...VIDEO }, "VIDEO", "REELS"],
    ["an image story", { media_type: "STORIES", ...IMAGE }, "IMAGE", "STORY"],
    ["a video story", { media_type: "STORIES", ...VIDEO }, "VIDEO", "STORY"],
  ])("of %s reads back by its type and its product", async (_, params, media_type, media_product_type) => {
    const { account, show } = setUp();
    const id = await show(params);
    expect((await account.get(id, FIELDS)).body).toEqual({
      id,
      permalink: `https://social.example/${id}`,
      shortcode: expect.stringMatching(/^[\w-]{8,12}$/),
      timestamp: expect.stringMatching(/^2026-11-01T12:00:\d\d\+0000$/),
      media_type,
      media_product_type,
    });
  });

  it("is listed newest first, and stories apart, for a day", async () => {
    const { sandbox, account, show } = setUp();
    const [image, story, reel] = [
      await show({ ...IMAGE, caption: "Image" }),
      await show({ media_type: "STORIES", ...IMAGE, caption: "ignored" }),
      await show({ media_type: "REELS", ...VIDEO, caption: "Reel" }),
    ];
    const list = async (edge: string) =>
      (await account.get(`${account.id}/${edge}`, { fields: "id,caption" })).body.data;
    expect(await list("media")).toEqual([
      { id: reel, caption: "Reel" },
      { id: image, caption: "Image" },
    ]);
    expect(await list("stories")).toEqual([{ id: story }]);
    sandbox.now += 24 * HOUR;
    expect(await list("stories")).toEqual([]);
    expect(await list("media")).toHaveLength(2);
  });

  it("may be answered without its caption", async () => {
    const { sandbox, account, show } = setUp("instagram");
    const id = await show({ ...IMAGE, caption: "Hidden" });
    sandbox.switches.hideCaptions = true;
    expect((await account.get(id, { fields: "caption,media_type" })).body).toEqual({ id, media_type: "IMAGE" });
  });

  it("is deleted with Facebook Login, and not with Instagram's", async () => {
    const { account, show } = setUp();
    const id = await show(IMAGE);
    expect((await account.call("DELETE", id)).body).toEqual({ success: true });
    expect(account.posts()).toEqual([]);
    const other = setUp("instagram");
    expect(faultOf(await other.account.call("DELETE", await other.show(IMAGE)))).toEqual([100, 33]);
  });
});
