import { describe, expect, it } from "vitest";
import { movie } from "../helpers/movies.ts";
import { faultOf, MEDIA } from "../helpers/sandbox.ts";
import { openPage, VIDEO } from "../helpers/sandbox-page.ts";

const HOUR = 3_600_000;
const MEBIBYTE = 1024 * 1024;

describe("a video in one call", () => {
  it("is answered by its id, and becomes a post of the Page when it is processed", async () => {
    const { sandbox, page, videos, read, listed } = openPage();
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
    const { videos } = openPage();
    expect(faultOf(await videos({ file_url: `${MEDIA}/none.mp4` }))).toEqual([389]);
    expect(faultOf(await videos({ file_url: `${MEDIA}/picture.jpg` }))).toEqual([352]);
    expect(faultOf(await videos({}))).toEqual([100]);
  });

  it("with published=false becomes no post", async () => {
    const { sandbox, page, videos, read } = openPage();
    const { body } = await videos({ file_url: VIDEO, published: "false" });
    sandbox.now += HOUR;
    expect(await read(body.id, "published,post_id")).toEqual({ id: body.id, published: false });
    expect(page.posts()).toEqual([]);
  });

  it("can be deleted, and its post with it", async () => {
    const { sandbox, page, videos } = openPage();
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
    const { sandbox, page, videos, transfer, read } = openPage();
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
    const { videos, transfer } = openPage();
    const { upload_session_id } = (await videos({ upload_phase: "start", file_size: size })).body;
    await transfer(upload_session_id, "0", bytes.slice(0, 1_000));
    const answer = await transfer(upload_session_id, "0", bytes.slice(0, 1_000));
    expect(faultOf(answer)).toEqual([6001, 1363037]);
    expect(answer.body.error.error_data).toMatchObject({ start_offset: "1000" });
  });

  it("can be canceled; then and after a day the session is gone", async () => {
    const { sandbox, videos, transfer } = openPage();
    const canceled = (await videos({ upload_phase: "start", file_size: size })).body.upload_session_id;
    const old = (await videos({ upload_phase: "start", file_size: size })).body.upload_session_id;
    expect((await videos({ upload_phase: "cancel", upload_session_id: canceled })).body).toEqual({ success: true });
    sandbox.now += 24 * HOUR;
    for (const session of [canceled, old, "1"]) {
      expect(faultOf(await transfer(session, "0", bytes.slice(0, 10)))).toEqual([6001, 1363041]);
    }
  });

  it("finished a second time makes no second post, whatever it is answered", async () => {
    const { sandbox, page, videos, transfer } = openPage();
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
    const { videos } = openPage();
    expect(faultOf(await videos({ upload_phase: "start" }))).toEqual([100]);
    const { upload_session_id } = (await videos({ upload_phase: "start", file_size: "9" })).body;
    expect(faultOf(await videos({ upload_phase: "transfer", upload_session_id, start_offset: "0" }))).toEqual([100]);
    expect(faultOf(await videos({ upload_phase: "begin" }))).toEqual([100]);
  });
});
