import { describe, expect, it } from "vitest";
import { jpeg } from "../helpers/pictures.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const HOUR = 3_600_000;
const PICTURE = `${MEDIA}/picture.jpg`;

function setUp() {
  const sandbox = new TestSandbox();
  const page = sandbox.open("facebook");
  const feed = (params: Record<string, string>) => page.post(`${page.id}/feed`, params);
  const stage = async (params: Record<string, string> = {}): Promise<string> => {
    const { body } = await page.post(`${page.id}/photos`, { url: PICTURE, published: "false", ...params });
    return body.id;
  };
  const attach = (...ids: string[]) => JSON.stringify(ids.map((media_fbid) => ({ media_fbid })));
  const listed = async (fields: string, edge = "published_posts") =>
    (await page.get(`${page.id}/${edge}`, { fields })).body.data;
  return { sandbox, page, feed, stage, attach, listed };
}

describe("a post of a Page", () => {
  it("is answered by its id, which is the Page's and its own", async () => {
    const { page, feed } = setUp();
    const { status, body } = await feed({ message: "Hello" });
    expect([status, body]).toEqual([200, { id: expect.stringMatching(new RegExp(`^${page.id}_\\d{15}$`)) }]);
    expect(page.posts()).toMatchObject([{ id: body.id, kind: "text", text: "Hello", link: null, media: [] }]);
  });

  it("reads back by every field that a client may look for it by", async () => {
    const { page, feed } = setUp();
    const { body } = await feed({ message: "Read this", link: "https://example.com/story?a=1" });
    const fields =
      "id,message,created_time,permalink_url,is_published,status_type,attachments{media_type,unshimmed_url}";
    expect((await page.get(body.id, { fields })).body).toEqual({
      id: body.id,
      message: "Read this",
      created_time: "2026-11-01T12:00:00+0000",
      permalink_url: `https://social.example/${body.id}`,
      is_published: true,
      status_type: "shared_story",
      attachments: { data: [{ media_type: "link", unshimmed_url: "https://example.com/story?a=1" }] },
    });
  });

  it.each<[string, Record<string, string>, number[]]>([
    ["nothing", { message: "" }, [197]],
    ["more than 63,206 characters", { message: "x".repeat(63_207) }, [100]],
    ["a link that is none", { message: "x", link: "example" }, [1500]],
    ["a link to Facebook itself", { link: "https://www.facebook.com/someone" }, [200, 1609008]],
    ["a photo that there is not", { attached_media: '[{"media_fbid":"1"}]' }, [100]],
    ["photos in no form that is known", { attached_media: "1,2" }, [100]],
    ["a time to publish it at", { message: "x", published: "false", scheduled_publish_time: "1800000000" }, [100]],
  ])("of %s is refused", async (_, params, fault) => {
    const { page, feed } = setUp();
    expect(faultOf(await feed(params))).toEqual(fault);
    expect(page.posts()).toEqual([]);
  });

  it("may be equal to the last, unless the network is made to refuse that, and then not of photos", async () => {
    const { sandbox, feed, stage, attach } = setUp();
    await feed({ message: "Again" });
    expect((await feed({ message: "Again" })).status).toBe(200);
    sandbox.switches.refuseDuplicates = true;
    expect(faultOf(await feed({ message: "Again" }))).toEqual([506]);
    expect((await feed({ message: "Again", attached_media: attach(await stage()) })).status).toBe(200);
  });

  it("is made unseen first, and shown by a second call that may be repeated", async () => {
    const { page, feed, listed } = setUp();
    const { body } = await feed({ message: "Soon", published: "false" });
    expect([page.posts(), await listed("id")]).toEqual([[], []]);
    expect((await page.get(body.id, { fields: "is_published" })).body.is_published).toBe(false);
    for (let i = 0; i < 2; i++) {
      expect((await page.post(body.id, { is_published: "true" })).body).toEqual({ success: true });
    }
    expect(await listed("id,is_published")).toEqual([{ id: body.id, is_published: true }]);
  });

  it("can be changed and deleted", async () => {
    const { page, feed } = setUp();
    const { body } = await feed({ message: "Helo" });
    await page.post(body.id, { message: "Hello" });
    expect(page.posts()[0]?.text).toBe("Hello");
    expect((await page.call("DELETE", body.id)).body).toEqual({ success: true });
    expect(page.posts()).toEqual([]);
    expect(faultOf(await page.call("DELETE", body.id))).toEqual([100, 33]);
  });
});

describe("photos", () => {
  it("that are staged are answered by their id alone, and seen by nobody", async () => {
    const { page, listed } = setUp();
    const { body } = await page.post(`${page.id}/photos`, { url: PICTURE, published: "false" });
    expect(body).toEqual({ id: expect.stringMatching(/^\d{17}$/) });
    expect([page.posts(), await listed("id")]).toEqual([[], []]);
  });

  it("that are published are posts of their own", async () => {
    const { page } = setUp();
    const { body } = await page.post(`${page.id}/photos`, { url: PICTURE, caption: "One", alt_text_custom: "Square" });
    expect(body).toEqual({ id: expect.any(String), post_id: expect.stringMatching(/^\d+_\d+$/) });
    const media = [{ id: body.id, url: PICTURE, type: "image", altText: "Square" }];
    expect(page.posts()).toMatchObject([{ id: body.post_id, kind: "photo", text: "One", media }]);
    expect((await page.get(body.id, { fields: "page_story_id,name" })).body).toMatchObject({
      name: "One",
      page_story_id: body.post_id,
    });
  });

  it("are attached as JSON or one by one, and the post shows them in order", async () => {
    const { page, feed, stage, attach, listed } = setUp();
    const ids = [await stage(), await stage({ url: `${MEDIA}/other.jpg`, alt_text_custom: "Tall" })];
    await feed({ message: "Two", attached_media: attach(...ids) });
    const [post] = await listed("attachments{media_type,subattachments{media_type,target{id}}}");
    const shown = ids.map((id) => ({ media_type: "photo", target: { id } }));
    expect(post.attachments.data).toEqual([{ media_type: "album", subattachments: { data: shown } }]);
    expect(page.posts()[0]).toMatchObject({ kind: "photos", media: [{ id: ids[0] }, { id: ids[1], altText: "Tall" }] });
    const single = await stage();
    const made = await feed({ "attached_media[0]": JSON.stringify({ media_fbid: single }) });
    const { body } = await page.get(made.body.id, { fields: "attachments{media_type,target{id}}" });
    expect(body.attachments.data).toEqual([{ media_type: "photo", target: { id: single } }]);
  });

  it("are shown once: not again, and not in a story", async () => {
    const { page, feed, stage, attach } = setUp();
    const id = await stage();
    await feed({ attached_media: attach(id) });
    expect(faultOf(await feed({ attached_media: attach(id) }))).toEqual([100, 1366051]);
    expect(faultOf(await page.post(`${page.id}/photo_stories`, { photo_id: id }))).toEqual([100, 1366051]);
    expect(page.posts()).toHaveLength(1);
  });

  it("vanish when they are not used for a day, and can be deleted before", async () => {
    const { sandbox, page, feed, stage, attach } = setUp();
    const [old, unwanted] = [await stage(), await stage()];
    expect((await page.call("DELETE", unwanted)).body).toEqual({ success: true });
    expect(faultOf(await feed({ attached_media: attach(unwanted) }))).toEqual([100]);
    sandbox.now += 24 * HOUR;
    expect(faultOf(await feed({ attached_media: attach(old) }))).toEqual([100]);
  });

  it("come as a file as well", async () => {
    const { page } = setUp();
    const form = new FormData();
    form.set("source", new Blob([jpeg(500, 500)]), "picture.jpg");
    form.set("published", "false");
    expect((await page.post(`${page.id}/photos`, form)).body).toEqual({ id: expect.any(String) });
  });

  it("that are none, or too large, are refused", async () => {
    const { sandbox, page } = setUp();
    const add = (params: Record<string, string>) => page.post(`${page.id}/photos`, params);
    expect(faultOf(await add({}))).toEqual([324]);
    expect(faultOf(await add({ url: `${MEDIA}/video.mp4` }))).toEqual([324]);
    const large = sandbox.put("large.jpg", jpeg(1_080, 1_080, 10 * 1024 * 1024));
    expect(faultOf(await add({ url: large }))).toEqual([100, 1366046]);
  });
});

describe("a photo story", () => {
  it("shows a staged photo, names its post as a number, and is listed with its photo's id", async () => {
    const { page, stage, listed } = setUp();
    const photo_id = await stage();
    const { body } = await page.post(`${page.id}/photo_stories`, { photo_id });
    expect(body).toEqual({ success: true, post_id: expect.any(Number) });
    expect(await listed("", "stories")).toEqual([
      {
        post_id: String(body.post_id),
        status: "PUBLISHED",
        creation_time: String(Date.parse("2026-11-01T12:00:00Z") / 1_000),
        media_type: "photo",
        media_id: photo_id,
        url: `https://social.example/${body.post_id}`,
      },
    ]);
    expect(await listed("id", "feed")).toEqual([]);
    expect(page.posts()).toMatchObject([{ kind: "story", media: [{ id: photo_id }] }]);
  });

  it("is archived after a day", async () => {
    const { sandbox, page, stage } = setUp();
    await page.post(`${page.id}/photo_stories`, { photo_id: await stage() });
    const count = async (status: string) => (await page.get(`${page.id}/stories`, { status })).body.data.length;
    expect([await count("PUBLISHED"), await count('["ARCHIVED"]')]).toEqual([1, 0]);
    sandbox.now += 24 * HOUR;
    expect([await count('["PUBLISHED"]'), await count("ARCHIVED")]).toEqual([0, 1]);
    expect(faultOf(await page.get(`${page.id}/stories`, { status: "DELETED" }))).toEqual([100]);
  });

  it("needs a photo of the Page's own", async () => {
    const { sandbox, page, stage } = setUp();
    expect(faultOf(await page.post(`${page.id}/photo_stories`))).toEqual([100]);
    const other = sandbox.open("facebook");
    expect(faultOf(await other.post(`${other.id}/photo_stories`, { photo_id: await stage() }))).toEqual([100]);
  });
});
