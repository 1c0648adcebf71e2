import { describe, expect, it } from "vitest";
import { movie } from "../helpers/movies.ts";
import { jpeg } from "../helpers/pictures.ts";
import { faultOf } from "../helpers/sandbox.ts";
import { openPage, VIDEO } from "../helpers/sandbox-page.ts";

const HOUR = 3_600_000;

describe("a reel", () => {
  it("starts with an address to upload to, and becomes public some time after it is finished", async () => {
    const { sandbox, page, reel, read, listed, finish } = openPage();
    const { body } = await reel("video_reels", { upload_phase: "start" });
    expect(body).toEqual({
      video_id: expect.stringMatching(/^\d+$/),
      upload_url: `https://rupload.facebook.com/video-upload/v26.0/${body.video_id}`,
    });
    const phases = async () => (await read(body.video_id, "status")).status;
    expect(await phases()).toEqual({
      video_status: "uploading",
      uploading_phase: { status: "not_started", bytes_transfered: 0 },
      processing_phase: { status: "not_started" },
      publishing_phase: { status: "not_started" },
    });
    const sent = await page.upload(body.upload_url, { file_url: VIDEO });
    expect([sent.status, sent.body]).toEqual([200, { success: true, message: expect.any(String) }]);
    expect((await phases()).video_status).toBe("upload_complete");
    const finished = await finish("video_reels", body.video_id, { description: "A reel" });
    expect(finished.body).toEqual({ success: true });
    expect([page.posts(), await listed("video_reels")]).toEqual([[], []]);
    expect(await phases()).toMatchObject({ video_status: "processing", publishing_phase: { status: "in_progress" } });
    sandbox.now += 3_000;
    expect(await phases()).toEqual({
      video_status: "ready",
      uploading_phase: { status: "complete", bytes_transfered: expect.any(Number) },
      processing_phase: { status: "complete" },
      publishing_phase: { status: "complete", publish_status: "published", publish_time: sandbox.now / 1_000 },
    });
    expect(page.posts()).toMatchObject([{ kind: "reel", text: "A reel", media: [{ id: body.video_id, url: VIDEO }] }]);
  });

  it("is listed among the reels by its video's id, and not among the posts", async () => {
    const { sandbox, page, listed, uploaded, finish } = openPage();
    const id = await uploaded("video_reels");
    await finish("video_reels", id, { description: "A reel" });
    sandbox.now += 3_000;
    expect((await page.get(`${page.id}/video_reels`)).body.data).toEqual([
      { id, description: "A reel", updated_time: "2026-11-01T12:00:03+0000" },
    ]);
    for (const edge of ["feed", "posts", "published_posts"]) expect(await listed(edge)).toEqual([]);
    const since = String(sandbox.now / 1_000 + 1);
    expect((await page.get(`${page.id}/video_reels`, { since })).body).toEqual({ data: [] });
  });

  it("finished without its upload is answered 6000", async () => {
    const { page, reel, finish } = openPage();
    const { body } = await reel("video_reels", { upload_phase: "start" });
    expect(faultOf(await finish("video_reels", body.video_id))).toEqual([6000]);
    expect(faultOf(await finish("video_reels", "1"))).toEqual([100, 33]);
    expect(page.posts()).toEqual([]);
  });

  it("finished a second time makes no second post, whatever it is answered", async () => {
    const { sandbox, page, uploaded, finish } = openPage();
    const id = await uploaded("video_reels");
    await finish("video_reels", id);
    expect(faultOf(await finish("video_reels", id))).toEqual([6000]);
    sandbox.switches.doublePublish = "same id";
    expect((await finish("video_reels", id)).body).toEqual({ success: true });
    sandbox.now += HOUR;
    expect(page.posts()).toHaveLength(1);
  });

  it("as a draft becomes no post", async () => {
    const { sandbox, page, read, uploaded, finish } = openPage();
    const id = await uploaded("video_reels");
    await finish("video_reels", id, { video_state: "DRAFT" });
    sandbox.now += HOUR;
    expect((await read(id)).status.publishing_phase.publish_status).toBe("draft");
    expect(page.posts()).toEqual([]);
    expect(faultOf(await finish("video_reels", id, { video_state: "SCHEDULED" }))).toEqual([100]);
  });

  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ["too long", movie({ seconds: 91 }), /90 seconds/],
    ["not upright", movie({ width: 1_920, height: 1_080 }), /9:16/],
    ["too small", movie({ width: 360, height: 640 }), /540/],
    ["no video", jpeg(500, 500), /format/],
  ])("that is %s is accepted, and fails while it is processed", async (_, bytes, message) => {
    const { sandbox, page, read, uploaded, finish } = openPage();
    const id = await uploaded("video_reels", sandbox.put("it.mp4", bytes));
    expect((await finish("video_reels", id)).body).toEqual({ success: true });
    sandbox.now += 3_000;
    const { status, published } = await read(id);
    expect(published).toBe(false);
    expect(status).toMatchObject({
      video_status: "error",
      processing_phase: { status: "error", error: { message: expect.stringMatching(message) } },
      publishing_phase: { status: "error", publish_status: "error" },
    });
    expect(page.posts()).toEqual([]);
  });

  it("may be told in the spelling of Meta's SDK", async () => {
    const { sandbox, read, uploaded, finish } = openPage();
    sandbox.switches.spelling = "sdk";
    const good = await uploaded("video_reels");
    const bad = await uploaded("video_reels", sandbox.put("long.mp4", movie({ seconds: 91 })));
    for (const id of [good, bad]) await finish("video_reels", id);
    sandbox.now += 3_000;
    expect((await read(good)).status).toMatchObject({
      uploading_phase: { status: "completed", bytes_transferred: expect.any(Number) },
      publishing_phase: { status: "completed" },
    });
    expect((await read(bad)).status.processing_phase).toEqual({
      status: "error",
      errors: [{ code: 1363128, message: expect.any(String) }],
    });
  });

  it("is one of at most 30 in 24 hours", async () => {
    const { sandbox, uploaded, finish } = openPage();
    for (let i = 0; i < 30; i++) expect((await finish("video_reels", await uploaded("video_reels"))).status).toBe(200);
    const id = await uploaded("video_reels");
    expect(faultOf(await finish("video_reels", id))).toEqual([368, 1390008]);
    sandbox.now += 25 * HOUR;
    expect((await finish("video_reels", id)).status).toBe(200);
  });

  it("is commented on by its video's id", async () => {
    const { sandbox, page, uploaded, finish } = openPage();
    const id = await uploaded("video_reels");
    await finish("video_reels", id);
    expect(faultOf(await page.post(`${id}/comments`, { message: "Early" }))).toEqual([100]);
    sandbox.now += 3_000;
    const { body } = await page.post(`${id}/comments`, { message: "First!" });
    expect(body.id).toMatch(new RegExp(`^${id}_\\d+$`));
    expect((await page.get(`${id}/comments`)).body.data).toMatchObject([{ id: body.id, message: "First!" }]);
  });
});

describe("a video story", () => {
  it("names its post when it is finished, shows it later, and is listed with its video's id", async () => {
    const { sandbox, page, listed, uploaded, finish } = openPage();
    const id = await uploaded("video_stories");
    const { body } = await finish("video_stories", id);
    expect(body).toEqual({ success: true, post_id: expect.any(Number) });
    expect((await page.get(`${page.id}/stories`)).body.data).toEqual([]);
    sandbox.now += 3_000;
    expect((await page.get(`${page.id}/stories`)).body.data).toMatchObject([
      { post_id: String(body.post_id), media_type: "video", media_id: id },
    ]);
    expect(await listed("published_posts")).toEqual([]);
    expect(page.posts()).toMatchObject([{ id: String(body.post_id), kind: "story" }]);
  });

  it("of more than a minute fails while it is processed", async () => {
    const { sandbox, page, uploaded, finish } = openPage();
    const id = await uploaded("video_stories", sandbox.put("long.mp4", movie({ seconds: 61 })));
    await finish("video_stories", id);
    sandbox.now += 3_000;
    expect(page.posts()).toEqual([]);
  });

  it("is not finished as a reel", async () => {
    const { uploaded, finish } = openPage();
    expect(faultOf(await finish("video_reels", await uploaded("video_stories")))).toEqual([100, 33]);
  });
});
