import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { PlatformId, SandboxBehavior } from "../../src/lib/vocabulary.ts";
import { SANDBOX_BEHAVIORS } from "../../src/lib/vocabulary.ts";
import type { GraphAnswer } from "../helpers/sandbox.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const PICTURE = `${MEDIA}/picture.jpg`;
const VIDEO = `${MEDIA}/video.mp4`;
const HOUR = 3_600_000;

function setUp(platform: PlatformId, behavior: SandboxBehavior) {
  const sandbox = new TestSandbox();
  const owner = sandbox.open(platform, behavior);
  const post = (edge: string, params: Record<string, string>) => owner.post(`${owner.id}/${edge}`, params);
  return { sandbox, owner, post, get: (edge: string) => owner.get(`${owner.id}/${edge}`) };
}

/** What a call comes to: `ok`, or the code it fails with. */
const outcome = ({ status, body }: GraphAnswer) => (status === 200 ? "ok" : (body.error ?? body.debug_info).code);

describe("slow_processing", () => {
  it("takes ten seconds for every container and every video", async () => {
    const { sandbox, owner, post } = setUp("instagram", "slow_processing");
    const { id } = (await post("media", { image_url: PICTURE })).body;
    sandbox.now += 9_999;
    expect((await owner.get(id, { fields: "status_code" })).body.status_code).toBe("IN_PROGRESS");
    sandbox.now += 1;
    expect((await owner.get(id, { fields: "status_code" })).body.status_code).toBe("FINISHED");

    const page = setUp("facebook", "slow_processing");
    await page.post("videos", { file_url: VIDEO });
    page.sandbox.now += 9_999;
    expect(page.owner.posts()).toHaveLength(0);
    page.sandbox.now += 1;
    expect(page.owner.posts()).toHaveLength(1);
  });
});

describe("transient_errors", () => {
  it("fails every other call of a kind with HTTP 500 and code 2, carries nothing out, and spares commits", async () => {
    const { owner, post, get } = setUp("facebook", "transient_errors");
    const answers = [await get("feed"), await get("feed"), await get("feed"), await get("videos")];
    expect(answers.map(outcome)).toEqual([2, "ok", 2, 2]);
    expect(answers[0]?.status).toBe(500);
    expect(answers[0]?.body.error.is_transient).toBe(true);
    expect((await post("feed", { message: "Hi" })).status).toBe(200);
    expect(owner.posts()).toHaveLength(1);
  });
});

describe("token_expired", () => {
  it("answers every call 190/463, at the host for uploads too", async () => {
    const { owner, get } = setUp("facebook", "token_expired");
    const answer = await get("feed");
    expect(faultOf(answer)).toEqual([190, 463]);
    expect(answer.body.error.message).toContain("Session has expired");
    const upload = await owner.upload("https://rupload.facebook.com/video-upload/v26.0/1", { file_url: VIDEO });
    expect(upload.body.debug_info.type).toBe("NotAuthorizedError");
  });
});

describe("rate_limited", () => {
  it.each([
    ["facebook", 80001, "feed", { message: "Hi" }],
    ["instagram", 80002, "media", { image_url: PICTURE }],
  ] as const)(
    "on %s answers the first write %d and says when to come back; then all works",
    async (platform, code, edge, params) => {
      const { sandbox, owner, post } = setUp(platform, "rate_limited");
      expect((await owner.get("me")).status).toBe(200);
      const answer = await post(edge, params);
      expect(faultOf(answer)).toEqual([code]);
      const usage = JSON.parse(answer.headers.get("X-Business-Use-Case-Usage") ?? "");
      expect(usage[owner.id][0]).toMatchObject({ call_count: 100, estimated_time_to_regain_access: 1 });
      sandbox.now += 60_000;
      for (let i = 0; i < 3; i++) expect((await post(edge, params)).status).toBe(200);
    },
  );

  it("lasts longer when the account is called meanwhile", async () => {
    const { sandbox, owner, post } = setUp("facebook", "rate_limited");
    await post("feed", { message: "Hi" });
    sandbox.now += 59_000;
    expect(faultOf(await owner.get("me"))).toEqual([80001]);
    sandbox.now += 59_000;
    expect(faultOf(await owner.get("me"))).toEqual([80001]);
    sandbox.now += 60_000;
    expect((await owner.get("me")).status).toBe(200);
  });
});

describe("rejects_media", () => {
  it("ends Instagram's containers in ERROR, with the subcode of their kind", async () => {
    const { sandbox, owner, post } = setUp("instagram", "rejects_media");
    const ids = [
      (await post("media", { image_url: PICTURE })).body.id,
      (await post("media", { media_type: "REELS", video_url: VIDEO })).body.id,
    ];
    sandbox.now += 3_000;
    const read = await Promise.all(ids.map((id) => owner.get(id, { fields: "status_code,status" })));
    expect(read.map(({ body }) => [body.status_code, body.status.slice(-7)])).toEqual([
      ["ERROR", "2207005"],
      ["ERROR", "2207026"],
    ]);
    expect(faultOf(await post("media_publish", { creation_id: ids[0] }))).toEqual([9007, 2207027]);
  });

  it("refuses a Page's photos, and fails its videos while they are processed", async () => {
    const { sandbox, owner, post } = setUp("facebook", "rejects_media");
    expect(faultOf(await post("photos", { url: PICTURE, published: "false" }))).toEqual([324]);
    const { id } = (await post("videos", { file_url: VIDEO })).body;
    sandbox.now += 3_000;
    expect((await owner.get(id, { fields: "status" })).body.status.video_status).toBe("error");
    expect((await post("feed", { message: "Text works" })).status).toBe(200);
  });
});

describe("quota_exhausted", () => {
  it("says of Instagram's limit that it is used, and refuses to publish", async () => {
    const { owner, post } = setUp("instagram", "quota_exhausted");
    const { body } = await owner.get(`${owner.id}/content_publishing_limit`, { fields: "config,quota_usage" });
    expect(body.data[0].quota_usage).toBe(body.data[0].config.quota_total);
    const { id } = (await post("media", { image_url: PICTURE })).body;
    expect(faultOf(await post("media_publish", { creation_id: id }))).toEqual([9, 2207042]);
  });

  it("refuses a Page's posts, and not what comes before them", async () => {
    const { post } = setUp("facebook", "quota_exhausted");
    expect(faultOf(await post("feed", { message: "Hi" }))).toEqual([368, 1390008]);
    expect((await post("photos", { url: PICTURE, published: "false" })).status).toBe(200);
  });
});

describe("permission_revoked", () => {
  it.each([
    ["instagram", 10, "media", { image_url: PICTURE }],
    ["facebook", 200, "photos", { url: PICTURE, published: "false" }],
  ] as const)("on %s answers %d to what writes, and lets read", async (platform, code, edge, params) => {
    const { owner, post } = setUp(platform, "permission_revoked");
    expect(faultOf(await post(edge, params))).toEqual([code]);
    expect((await owner.get("me")).status).toBe(200);
  });
});

describe("container_expires", () => {
  it("expires every other container of Instagram's, parts of carousels aside", async () => {
    const { sandbox, owner, post } = setUp("instagram", "container_expires");
    const make = async (params: Record<string, string>) => (await post("media", params)).body.id as string;
    const status = async (id: string) => (await owner.get(id, { fields: "status_code" })).body.status_code;
    const image = { image_url: PICTURE };
    const parts = [
      await make({ ...image, is_carousel_item: "true" }),
      await make({ ...image, is_carousel_item: "true" }),
    ];
    const carousel = { media_type: "CAROUSEL", children: parts.join(",") };
    const [first, second] = [await make(carousel), await make(carousel)];
    expect([await status(first), await status(second)]).toEqual(["EXPIRED", "FINISHED"]);
    expect(faultOf(await post("media_publish", { creation_id: first }))).toEqual([24, 2207008]);
    expect((await post("media_publish", { creation_id: second })).status).toBe(200);
    const reel = await make({ media_type: "REELS", video_url: VIDEO });
    expect(await status(reel)).toBe("IN_PROGRESS");
    sandbox.now += 3_000;
    expect(await status(reel)).toBe("EXPIRED");
  });

  it("loses every other upload session of a Page's", async () => {
    const { sandbox, owner, post } = setUp("facebook", "container_expires");
    const attempt = async () => {
      const { video_id, upload_url } = (await post("video_reels", { upload_phase: "start" })).body;
      const upload = await owner.upload(upload_url, { file_url: VIDEO });
      const finish = await post("video_reels", { upload_phase: "finish", video_id, video_state: "PUBLISHED" });
      const { status } = (await owner.get(video_id, { fields: "status" })).body;
      return [upload.body.debug_info?.type, outcome(finish), status.video_status];
    };
    expect(await attempt()).toEqual(["ProcessingFailedError", 6000, "expired"]);
    expect(await attempt()).toEqual([undefined, "ok", "processing"]);
    const session = (await post("videos", { upload_phase: "start", file_size: "10" })).body.upload_session_id;
    const finish = { upload_phase: "finish", upload_session_id: session };
    expect(faultOf(await post("videos", finish))).toEqual([6001, 1363041]);
    sandbox.now += HOUR;
    expect(owner.posts()).toHaveLength(1);
  });
});

describe("held_by_platform", () => {
  it("refuses every commit, and nothing before", async () => {
    const instagram = setUp("instagram", "held_by_platform");
    const { id } = (await instagram.post("media", { image_url: PICTURE })).body;
    expect(faultOf(await instagram.post("media_publish", { creation_id: id }))).toEqual([25, 2207050]);
    const facebook = setUp("facebook", "held_by_platform");
    expect((await facebook.post("photos", { url: PICTURE, published: "false" })).status).toBe(200);
    expect(faultOf(await facebook.post("feed", { message: "Hi" }))).toEqual([368, 4854002]);
  });
});

it("every behaviour is told of on its page and where it is made, in the same order", () => {
  const root = resolve(import.meta.dirname, "../..");
  for (const file of ["docs/sandbox.md", "src/platforms/sandbox/behavior.ts"]) {
    const [, table = ""] =
      /\| behavior [^\n]*\n((?: ?\*? ?\|[^\n]*\n)+)/.exec(readFileSync(join(root, file), "utf8")) ?? [];
    const rows = [...table.matchAll(/^ ?\*? ?\| `(\w+)` /gm)];
    expect(rows.map(([, name]) => name)).toEqual([...SANDBOX_BEHAVIORS]);
  }
});
