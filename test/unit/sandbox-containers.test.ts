import { describe, expect, it } from "vitest";
import { videoFailure } from "../../src/platforms/sandbox/instagram/media-checks.ts";
import { movie } from "../helpers/movies.ts";
import { jpeg, png } from "../helpers/pictures.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const HOUR = 3_600_000;

function setUp(login: "facebook" | "instagram" = "facebook") {
  const sandbox = new TestSandbox();
  const account = sandbox.open("instagram", "ok", login);
  const create = (params: Record<string, string>) => account.post(`${account.id}/media`, params);
  const status = async (id: string) => (await account.get(id, { fields: "status_code,status" })).body;
  return { sandbox, account, create, status };
}

const IMAGE = { image_url: `${MEDIA}/picture.jpg` };
const REEL = { media_type: "REELS", video_url: `${MEDIA}/video.mp4` };
const IMAGE_STORY = { media_type: "STORIES", ...IMAGE };
const VIDEO_STORY = { media_type: "STORIES", video_url: `${MEDIA}/video.mp4` };
const IMAGE_CHILD = { is_carousel_item: "true", ...IMAGE };
const VIDEO_CHILD = { is_carousel_item: "true", media_type: "VIDEO", video_url: `${MEDIA}/video.mp4` };

const tags = (...entries: object[]) => ({ user_tags: JSON.stringify(entries) });

describe("a container", () => {
  it.each(Object.entries({ IMAGE, REEL, IMAGE_STORY, VIDEO_STORY, IMAGE_CHILD, VIDEO_CHILD }))(
    "for %s is made, and answered by its id alone",
    async (_, params) => {
      const { body } = await setUp().create(params);
      expect(body).toEqual({ id: expect.stringMatching(/^\d{17}$/) });
    },
  );

  it("tolerates media_type=IMAGE", async () => {
    expect((await setUp().create({ ...IMAGE, media_type: "IMAGE" })).status).toBe(200);
  });

  it.each<[string, Record<string, string>, number[]]>([
    ["a media_type that there is not", { ...IMAGE, media_type: "PHOTO" }, [100, 2207023]],
    ["a video by itself that is no reel", { media_type: "VIDEO", video_url: `${MEDIA}/video.mp4` }, [100, 2207023]],
    ["no media", {}, [100]],
    ["a reel without its video", { media_type: "REELS" }, [100]],
    ["a story of a picture and a video", { ...VIDEO_STORY, ...IMAGE }, [100]],
    ["a story of neither", { media_type: "STORIES" }, [100]],
    ["a reel in a carousel", { ...REEL, is_carousel_item: "true" }, [100]],
    ["a caption of 2,201 characters", { ...IMAGE, caption: "😀".repeat(2_201) }, [36004, 2207010]],
    ["31 hashtags", { ...IMAGE, caption: "#a ".repeat(31) }, [36004, 2207010]],
    ["21 mentions", { ...IMAGE, caption: "@a ".repeat(21) }, [100, 2207040]],
    ["a caption on a part of a carousel", { ...IMAGE_CHILD, caption: "x" }, [100]],
    ["an alternative text of 1,001 characters", { ...IMAGE, alt_text: "x".repeat(1_001) }, [100]],
    ["an alternative text on a reel", { ...REEL, alt_text: "x" }, [100]],
    ["an alternative text on a story", { ...IMAGE_STORY, alt_text: "x" }, [100]],
    ["an alternative text on a video of a carousel", { ...VIDEO_CHILD, alt_text: "x" }, [100]],
    ["four collaborators", { ...IMAGE, collaborators: '["a","b","c","d"]' }, [100]],
    ["collaborators on a story", { ...IMAGE_STORY, collaborators: '["a"]' }, [100]],
    ["a tag without its place on a picture", { ...IMAGE, ...tags({ username: "a" }) }, [100]],
    ["a tag outside of the picture", { ...IMAGE, ...tags({ username: "a", x: 1.01, y: 0 }) }, [100]],
    ["a tag with half a place", { ...IMAGE_STORY, ...tags({ username: "a", x: 0.5 }) }, [100]],
    ["a tag with a place on a reel", { ...REEL, ...tags({ username: "a", x: 0.5, y: 0.5 }) }, [100]],
    ["a tag without a name", { ...REEL, ...tags({ x: 0.5 }) }, [100]],
    ["tags on a video of a carousel", { ...VIDEO_CHILD, ...tags({ username: "a" }) }, [100]],
    ["a location that there is not", { ...IMAGE, location_id: "1" }, [100]],
    ["a location without coordinates", { ...IMAGE, location_id: "340225389487562" }, [100]],
    ["a location on a part of a carousel", { ...IMAGE_CHILD, location_id: "110843418940484" }, [100]],
    ["a thumb offset at the video's end", { ...REEL, thumb_offset: "10000" }, [1, 2207057]],
    ["a thumb offset before its beginning", { ...REEL, thumb_offset: "-1" }, [1, 2207057]],
    ["a cover that cannot be fetched", { ...REEL, cover_url: `${MEDIA}/none.jpg` }, [9004, 2207052]],
    ["a cover that is no JPEG", { ...REEL, cover_url: `${MEDIA}/video.mp4` }, [36001, 2207005]],
    ["a trial without its strategy", { ...REEL, trial_params: "{}" }, [100]],
    ["the mark of AI on a part of a carousel", { ...IMAGE_CHILD, is_ai_generated: "true" }, [100]],
  ])("with %s is refused", async (_, params, fault) => {
    const answer = await setUp().create(params);
    expect([answer.status, ...faultOf(answer)]).toEqual([400, ...fault]);
  });

  it("says of collaborators on a part of a carousel that they are not allowed", async () => {
    const { body } = await setUp().create({ ...IMAGE_CHILD, collaborators: '["a"]' });
    expect(body.error.message).toContain("param collaborators is not allowed");
  });

  it("says of a location that it is none", async () => {
    const { body } = await setUp().create({ ...IMAGE, location_id: "1" });
    expect(body.error.message).toBe("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID");
  });

  it.each<[string, Record<string, string>]>([
    ["a picture", { ...IMAGE, alt_text: "x", location_id: "110843418940484", collaborators: "a,b,c" }],
    ["a picture with tags", { ...IMAGE, ...tags({ username: "a", x: 0, y: 1 }) }],
    ["a reel", { ...REEL, share_to_feed: "true", thumb_offset: "9999", audio_name: "x", ...tags({ username: "a" }) }],
    ["a reel with a cover", { ...REEL, cover_url: `${MEDIA}/picture.jpg`, location_id: "213971352021" }],
    ["a trial reel", { ...REEL, trial_params: '{"graduation_strategy":"MANUAL"}' }],
    ["a story", { ...IMAGE_STORY, ...tags({ username: "a" }, { username: "b", x: 0.1, y: 0.2 }) }],
    ["a part of a carousel", { ...IMAGE_CHILD, alt_text: "x", ...tags({ username: "a", x: 0.5, y: 0.5 }) }],
    ["an image, of what is for reels", { ...IMAGE, thumb_offset: "-1", cover_url: "nowhere", share_to_feed: "true" }],
  ])("takes or ignores what belongs to %s", async (_, params) => {
    expect((await setUp().create(params)).status).toBe(200);
  });

  it("is one of at most 400 in 24 hours", async () => {
    const { sandbox, create } = setUp();
    for (let i = 0; i < 400; i++) expect((await create(IMAGE)).status).toBe(200);
    expect(faultOf(await create(IMAGE))).toEqual([9, 2207042]);
    sandbox.now += 24 * HOUR + 1;
    expect((await create(IMAGE)).status).toBe(200);
  });
});

describe("the state of a container", () => {
  it("is FINISHED at once for a picture, and after some seconds for a video", async () => {
    const { sandbox, create, status } = setUp();
    const image = (await create(IMAGE)).body.id;
    expect(await status(image)).toEqual({
      id: image,
      status_code: "FINISHED",
      status: expect.stringMatching(/^Finished/),
    });
    const reel = (await create(REEL)).body.id;
    expect(await status(reel)).toMatchObject({
      status_code: "IN_PROGRESS",
      status: expect.stringMatching(/^In Progress/),
    });
    sandbox.now += 3_000;
    expect((await status(reel)).status_code).toBe("FINISHED");
  });

  it("is EXPIRED after 24 hours, but not for what was published", async () => {
    const { sandbox, account, create, status } = setUp();
    const [kept, published] = [(await create(IMAGE)).body.id, (await create(IMAGE)).body.id];
    await account.post(`${account.id}/media_publish`, { creation_id: published });
    sandbox.now += 24 * HOUR - 1;
    expect((await status(kept)).status_code).toBe("FINISHED");
    sandbox.now += 1;
    expect((await status(kept)).status_code).toBe("EXPIRED");
    expect((await status(published)).status_code).toBe("PUBLISHED");
  });

  it("never tells the media that it became", async () => {
    const { account, create } = setUp();
    const { id } = (await create(IMAGE)).body;
    const media = (await account.post(`${account.id}/media_publish`, { creation_id: id })).body.id;
    expect(media).not.toBe(id);
    const { body } = await account.get(id, { fields: "id,status_code,status,copyright_check_status,video_status" });
    expect(JSON.stringify(body)).not.toContain(media);
    expect(faultOf(await account.get(id, { fields: "media_id" }))).toEqual([100]);
  });

  it("is asked for by field, and another's is not there", async () => {
    const { sandbox, account, create } = setUp();
    const { id } = (await create(IMAGE)).body;
    expect((await account.get(id)).body).toEqual({ id });
    expect(faultOf(await sandbox.open("instagram").get(id))).toEqual([100, 33]);
  });
});

describe("a picture", () => {
  it.each<[string, Uint8Array<ArrayBuffer>, number[]]>([
    ["a PNG", png(1_080, 1_080), [36001, 2207005]],
    ["no picture", Uint8Array.from([1, 2, 3, 4]), [36001, 2207005]],
    ["more than 8 MiB", jpeg(1_080, 1_080, 8 * 1024 * 1024), [36000, 2207004]],
    ["too tall", jpeg(1_000, 1_300), [36003, 2207009]],
    ["too wide", jpeg(2_000, 1_000), [36003, 2207009]],
  ])("that is %s is refused when the container is made", async (_, bytes, fault) => {
    const { sandbox, create } = setUp();
    const answer = await create({ image_url: sandbox.put("it.jpg", bytes) });
    expect([answer.status, ...faultOf(answer)]).toEqual([400, ...fault]);
  });

  it("may have any shape in a story", async () => {
    const { sandbox, create } = setUp();
    expect((await create({ ...IMAGE_STORY, image_url: sandbox.put("tall.jpg", jpeg(540, 1_200)) })).status).toBe(200);
  });
});

describe("a video", () => {
  const verdict = async (params: Record<string, string>, bytes: Uint8Array<ArrayBuffer>) => {
    const { sandbox, create, status } = setUp();
    const { body } = await create({ ...params, video_url: sandbox.put("it.mp4", bytes) });
    expect((await status(body.id)).status_code).toBe("IN_PROGRESS");
    sandbox.now += 3_000;
    const { status_code, status: sentence } = await status(body.id);
    return status_code === "ERROR" ? Number(/error code (\d+)$/.exec(sentence)?.[1]) : status_code;
  };

  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ["no video", jpeg(1_080, 1_080)],
    ["2.9 seconds long", movie({ seconds: 2.9 })],
    ["longer than 15 minutes", movie({ seconds: 901 })],
    ["not ready to stream", movie({ startsFast: false })],
    ["neither H.264 nor HEVC", movie({ codec: "vp09" })],
    ["with sound that is not AAC", movie({ sound: "ac-3" })],
    ["wider than 1,920 pixels", movie({ width: 3_840, height: 2_160 })],
    ["cut off", movie({ payload: 5_000 }).slice(0, -100)],
  ])("that is %s ends its reel in ERROR with 2207026", async (_, bytes) => {
    expect(await verdict(REEL, bytes)).toBe(2207026);
  });

  it("that is larger than its kind may be ends in ERROR with 2207082", () => {
    const mebibyte = 1024 * 1024;
    const facts = { durationMs: 10_000, width: 1_080, height: 1_920, codecs: ["avc1"], startsFast: true };
    expect(videoFailure("story", { ...facts, bytes: 100 * mebibyte })).toBeNull();
    expect(videoFailure("story", { ...facts, bytes: 100 * mebibyte + 1 })).toBe(2207082);
    expect(videoFailure("reel", { ...facts, bytes: 300 * mebibyte })).toBeNull();
    expect(videoFailure("reel", { ...facts, bytes: 300 * mebibyte + 1 })).toBe(2207082);
  });

  it("of a story lasts at most a minute", async () => {
    expect(await verdict(VIDEO_STORY, movie({ seconds: 61 }))).toBe(2207026);
    expect(await verdict(REEL, movie({ seconds: 61 }))).toBe("FINISHED");
  });

  it("in HEVC, or filmed upright by a camera that lies, is fine", async () => {
    expect(await verdict(REEL, movie({ codec: "hvc1", isTurned: true, width: 1_080, height: 1_920 }))).toBe("FINISHED");
  });

  it("that cannot be fetched ends in ERROR with 2207052", async () => {
    const { sandbox, create, status } = setUp();
    const { body } = await create({ ...REEL, video_url: `${MEDIA}/none.mp4` });
    sandbox.now += 3_000;
    expect((await status(body.id)).status).toContain("2207052");
  });
});

describe("a resumable upload", () => {
  it("takes the bytes by rupload and goes on from where it was", async () => {
    const { sandbox, account, create, status } = setUp();
    const { body } = await create({ media_type: "REELS", upload_type: "resumable", caption: "By hand" });
    expect(body).toEqual({ id: body.id, uri: `https://rupload.facebook.com/ig-api-upload/v26.0/${body.id}` });
    const bytes = movie({ payload: 1_000 });
    const file_size = String(bytes.byteLength);
    const half = await account.upload(body.uri, { offset: "0", file_size }, bytes.slice(0, 500));
    expect(half.body.debug_info).toMatchObject({ type: "PartialRequestError" });
    const { video_status } = (await account.get(body.id, { fields: "video_status" })).body;
    expect(video_status.uploading_phase).toEqual({ status: "in_progress", bytes_transfered: 500 });
    const rest = await account.upload(body.uri, { offset: "500", file_size }, bytes.slice(500));
    expect(rest.body).toEqual({ success: true, message: expect.any(String) });
    sandbox.now += 3_000;
    expect((await status(body.id)).status_code).toBe("FINISHED");
    await account.post(`${account.id}/media_publish`, { creation_id: body.id });
    expect(account.posts()[0]).toMatchObject({ kind: "reel", text: "By hand", media: [{ url: null, type: "video" }] });
  });

  it("is not for Instagram's own login", async () => {
    const { body } = await setUp("instagram").create({ media_type: "REELS", upload_type: "resumable" });
    expect(body.error.message).toBe("The parameter video_url is required");
  });
});
