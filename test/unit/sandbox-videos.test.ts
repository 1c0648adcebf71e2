import { describe, expect, it } from "vitest";
import { movie } from "../helpers/movies.ts";
import { jpeg } from "../helpers/pictures.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const HOUR = 3_600_000;
const MEBIBYTE = 1024 * 1024;
const VIDEO = `${MEDIA}/video.mp4`;

function setUp() {
  const sandbox = new TestSandbox();
  const page = sandbox.open("facebook");
  const videos = (params: Record<string, string>) => page.post(`${page.id}/videos`, params);
  const transfer = (upload_session_id: string, start_offset: string, bytes: Uint8Array<ArrayBuffer>) => {
    const form = new FormData();
    form.set("upload_phase", "transfer");
    form.set("upload_session_id", upload_session_id);
    form.set("start_offset", start_offset);
    form.set("video_file_chunk", new Blob([bytes]), "chunk");
    return page.post(`${page.id}/videos`, form);
  };
  const read = async (id: string, fields = "status,published,post_id,permalink_url") =>
    (await page.get(id, { fields })).body;
  const listed = async (edge: string, fields = "id") => (await page.get(`${page.id}/${edge}`, { fields })).body.data;
  const reel = (edge: string, params: Record<string, string>) => page.post(`${page.id}/${edge}`, params);
  const uploaded = async (edge: string, file_url = VIDEO): Promise<string> => {
    const { body } = await reel(edge, { upload_phase: "start" });
    await page.upload(body.upload_url, { file_url });
    return body.video_id;
  };
  const finish = (edge: string, video_id: string, more = {}) =>
    reel(edge, { upload_phase: "finish", video_id, video_state: "PUBLISHED", ...more });
  return { sandbox, page, videos, transfer, read, listed, reel, uploaded, finish };
}

describe("a video in one call", () => {
  it("is answered by its id, and becomes a post of the Page when it is processed", async () => {
    const { sandbox, page, videos, read, listed } = setUp();
    const { body } = await videos({ file_url: VIDEO, description: "Watch this", title: "A title" });
    expect(body).toEqual({ id: expect.stringMatching(/^\d{16}$/) });
    const processing = await read(body.id);
    expect(processing).toEqual({ id: body.id, published: false, status: expect.any(Object) });
    expect(processing.status.video_status).toBe("processing");
    expect([page.posts(), await listed("feed"), await listed("videos")]).toEqual([[], [], []]);
    sandbox.now += 3_000;
    const ready = await read(body.id);
    expect(ready).toMatchObject({ published: true, post_id: expect.stringMatching(/^\d+_\d+$/) });
    expect(ready.permalink_url).toContain(ready.post_id);
    const [post] = await listed("published_posts", "message,attachments{media_type,target{id}}");
    expect(post).toEqual({
      id: ready.post_id,
      message: "Watch this",
      attachments: { data: [{ media_type: "video", target: { id: body.id } }] },
    });
    expect(await listed("videos", "title,length")).toEqual([{ id: body.id, title: "A title", length: 10 }]);
    expect(page.posts()).toMatchObject([{ kind: "video", media: [{ id: body.id, url: VIDEO, type: "video" }] }]);
  });

  it("that cannot be fetched is answered 389, and what is no video 352", async () => {
    const { videos } = setUp();
    expect(faultOf(await videos({ file_url: `${MEDIA}/none.mp4` }))).toEqual([389]);
    expect(faultOf(await videos({ file_url: `${MEDIA}/picture.jpg` }))).toEqual([352]);
    expect(faultOf(await videos({}))).toEqual([100]);
  });

  it("with published=false becomes no post", async () => {
    const { sandbox, page, videos, read } = setUp();
    const { body } = await videos({ file_url: VIDEO, published: "false" });
    sandbox.now += HOUR;
    expect(await read(body.id, "published,post_id")).toEqual({ id: body.id, published: false });
    expect(page.posts()).toEqual([]);
  });

  it("can be deleted, and its post with it", async () => {
    const { sandbox, page, videos } = setUp();
    const { body } = await videos({ file_url: VIDEO });
    sandbox.now += 3_000;
    expect((await page.call("DELETE", body.id)).body).toEqual({ success: true });
    expect(page.posts()).toEqual([]);
    expect(faultOf(await page.get(body.id))).toEqual([100, 33]);
  });
});

describe("a video in chunks", () => {
  const bytes = movie({ payload: 5 * MEBIBYTE });
  const size = String(bytes.byteLength);
  const WINDOW = String(4 * MEBIBYTE);

  it("starts with a session, is transferred from offset to offset, and is finished", async () => {
    const { sandbox, page, videos, transfer, read } = setUp();
    const { body: session } = await videos({ upload_phase: "start", file_size: size });
    expect(session).toEqual({
      upload_session_id: expect.stringMatching(/^\d+$/),
      video_id: expect.stringMatching(/^\d+$/),
      start_offset: "0",
      end_offset: WINDOW,
    });
    const { upload_session_id, video_id } = session;
    const first = await transfer(upload_session_id, "0", bytes.slice(0, 4 * MEBIBYTE));
    expect(first.body).toEqual({ start_offset: WINDOW, end_offset: size });
    expect((await read(video_id)).status).toMatchObject({
      video_status: "uploading",
      uploading_phase: { status: "in_progress", bytes_transfered: 4 * MEBIBYTE },
    });
    expect(faultOf(await videos({ upload_phase: "finish", upload_session_id }))).toEqual([6000]);
    const last = await transfer(upload_session_id, WINDOW, bytes.slice(4 * MEBIBYTE));
    expect(last.body).toEqual({ start_offset: size, end_offset: size });
    const finished = await videos({ upload_phase: "finish", upload_session_id, description: "In pieces" });
    expect(finished.body).toEqual({ success: true });
    expect(page.posts()).toEqual([]);
    sandbox.now += 3_000;
    expect(page.posts()).toMatchObject([{ kind: "video", text: "In pieces", media: [{ id: video_id, url: null }] }]);
  });

  it("sent from a wrong offset is told the right one", async () => {
    const { videos, transfer } = setUp();
    const { upload_session_id } = (await videos({ upload_phase: "start", file_size: size })).body;
    await transfer(upload_session_id, "0", bytes.slice(0, 1_000));
    const answer = await transfer(upload_session_id, "0", bytes.slice(0, 1_000));
    expect(faultOf(answer)).toEqual([6001, 1363037]);
    expect(answer.body.error.error_data).toMatchObject({ start_offset: "1000" });
  });

  it("can be canceled; then and after a day the session is gone", async () => {
    const { sandbox, videos, transfer } = setUp();
    const canceled = (await videos({ upload_phase: "start", file_size: size })).body.upload_session_id;
    const old = (await videos({ upload_phase: "start", file_size: size })).body.upload_session_id;
    expect((await videos({ upload_phase: "cancel", upload_session_id: canceled })).body).toEqual({ success: true });
    sandbox.now += 24 * HOUR;
    for (const session of [canceled, old, "1"]) {
      expect(faultOf(await transfer(session, "0", bytes.slice(0, 10)))).toEqual([6001, 1363041]);
    }
  });

  it("finished a second time makes no second post, whatever it is answered", async () => {
    const { sandbox, page, videos, transfer } = setUp();
    const small = movie();
    const { body } = await videos({ upload_phase: "start", file_size: String(small.byteLength) });
    await transfer(body.upload_session_id, "0", small);
    const finish = () => videos({ upload_phase: "finish", upload_session_id: body.upload_session_id });
    expect((await finish()).body).toEqual({ success: true });
    expect(faultOf(await finish())).toEqual([6000]);
    sandbox.switches.doublePublish = "same id";
    expect((await finish()).body).toEqual({ success: true });
    sandbox.now += HOUR;
    expect(page.posts()).toHaveLength(1);
  });

  it("needs its size and its bytes", async () => {
    const { videos } = setUp();
    expect(faultOf(await videos({ upload_phase: "start" }))).toEqual([100]);
    const { upload_session_id } = (await videos({ upload_phase: "start", file_size: "9" })).body;
    expect(faultOf(await videos({ upload_phase: "transfer", upload_session_id, start_offset: "0" }))).toEqual([100]);
    expect(faultOf(await videos({ upload_phase: "begin" }))).toEqual([100]);
  });
});

describe("a reel", () => {
  it("starts with an address to upload to, and becomes public some time after it is finished", async () => {
    const { sandbox, page, reel, read, listed, finish } = setUp();
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
    const { sandbox, page, listed, uploaded, finish } = setUp();
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
    const { page, reel, finish } = setUp();
    const { body } = await reel("video_reels", { upload_phase: "start" });
    expect(faultOf(await finish("video_reels", body.video_id))).toEqual([6000]);
    expect(faultOf(await finish("video_reels", "1"))).toEqual([100, 33]);
    expect(page.posts()).toEqual([]);
  });

  it("finished a second time makes no second post, whatever it is answered", async () => {
    const { sandbox, page, uploaded, finish } = setUp();
    const id = await uploaded("video_reels");
    await finish("video_reels", id);
    expect(faultOf(await finish("video_reels", id))).toEqual([6000]);
    sandbox.switches.doublePublish = "same id";
    expect((await finish("video_reels", id)).body).toEqual({ success: true });
    sandbox.now += HOUR;
    expect(page.posts()).toHaveLength(1);
  });

  it("as a draft becomes no post", async () => {
    const { sandbox, page, read, uploaded, finish } = setUp();
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
    const { sandbox, page, read, uploaded, finish } = setUp();
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
    const { sandbox, read, uploaded, finish } = setUp();
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
    const { sandbox, uploaded, finish } = setUp();
    for (let i = 0; i < 30; i++) expect((await finish("video_reels", await uploaded("video_reels"))).status).toBe(200);
    const id = await uploaded("video_reels");
    expect(faultOf(await finish("video_reels", id))).toEqual([368, 1390008]);
    sandbox.now += 25 * HOUR;
    expect((await finish("video_reels", id)).status).toBe(200);
  });

  it("is commented on by its video's id", async () => {
    const { sandbox, page, uploaded, finish } = setUp();
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
    const { sandbox, page, listed, uploaded, finish } = setUp();
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
    const { sandbox, page, uploaded, finish } = setUp();
    const id = await uploaded("video_stories", sandbox.put("long.mp4", movie({ seconds: 61 })));
    await finish("video_stories", id);
    sandbox.now += 3_000;
    expect(page.posts()).toEqual([]);
  });

  it("is not finished as a reel", async () => {
    const { uploaded, finish } = setUp();
    expect(faultOf(await finish("video_reels", await uploaded("video_stories")))).toEqual([100, 33]);
  });
});

describe("the host for uploads", () => {
  const bytes = movie({ payload: 1_000 });
  const file_size = String(bytes.byteLength);

  async function start() {
    const { page, reel, ...rest } = setUp();
    const { body } = await reel("video_reels", { upload_phase: "start" });
    const send = (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) =>
      page.upload(address, headers, body);
    const address: string = body.upload_url;
    return { ...rest, page, address, id: body.video_id as string, send };
  }

  it("takes the bytes, and tells a wrong offset from a body that ended early", async () => {
    const { sandbox, id, send, finish, page } = await start();
    const early = await send({ offset: "0", file_size }, bytes.slice(0, 600));
    expect([early.status, early.body]).toEqual([
      400,
      { debug_info: { retriable: true, type: "PartialRequestError", message: expect.any(String) } },
    ]);
    const wrong = await send({ offset: "0", file_size }, bytes);
    expect(wrong.status).toBe(412);
    expect(wrong.body.debug_info).toMatchObject({ type: "OffsetInvalidError", retriable: true });
    expect((await send({ offset: "600", file_size }, bytes.slice(600))).body.success).toBe(true);
    await finish("video_reels", id);
    sandbox.now += 3_000;
    expect(page.posts()).toMatchObject([{ kind: "reel", media: [{ id, url: null }] }]);
  });

  it.each<[string, Record<string, string>, Uint8Array<ArrayBuffer> | undefined]>([
    ["no header", {}, bytes],
    ["no size", { offset: "0" }, bytes],
    ["no bytes", { offset: "0", file_size }, undefined],
    ["more bytes than were announced", { offset: "0", file_size: "10" }, bytes],
    ["an address and bytes", { file_url: VIDEO }, bytes],
  ])("refuses %s", async (_, headers, body) => {
    const { send } = await start();
    const answer = await send(headers, body);
    expect([answer.status, answer.body.debug_info.type]).toEqual([400, "ParameterValidationError"]);
  });

  it("says of an address that it cannot be fetched", async () => {
    const { send } = await start();
    const answer = await send({ file_url: `${MEDIA}/none.mp4` });
    expect([answer.status, answer.body]).toEqual([
      422,
      { debug_info: { retriable: false, type: "FileUrlProcessingError", message: expect.any(String) } },
    ]);
  });

  it("takes the same address twice, and once", async () => {
    const { send } = await start();
    for (let i = 0; i < 2; i++) expect((await send({ file_url: VIDEO })).body.success).toBe(true);
  });

  it("wants the token in its header, of the account that the upload is for", async () => {
    const { sandbox, address, page } = await start();
    const init = { method: "POST", headers: { file_url: VIDEO } };
    const none = await sandbox.send(new Request(`${address}?access_token=${page.token}`, init));
    expect([none.status, none.body.debug_info.type]).toEqual([400, "NotAuthorizedError"]);
    const other = await sandbox.open("facebook").upload(address, { file_url: VIDEO });
    expect(other.body.debug_info.type).toBe("ParameterValidationError");
  });
});
