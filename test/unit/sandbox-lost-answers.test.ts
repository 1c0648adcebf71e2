import { describe, expect, it } from "vitest";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { LostAnswer } from "../../src/platforms/sandbox/graph/answers.ts";
import { movie } from "../helpers/movies.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const PICTURE = `${MEDIA}/picture.jpg`;
const VIDEO = `${MEDIA}/video.mp4`;

function open(platform: PlatformId) {
  const sandbox = new TestSandbox();
  const owner = sandbox.open(platform, "lost_answer");
  return {
    sandbox,
    owner,
    post: (edge: string, params: Record<string, string>) => owner.post(`${owner.id}/${edge}`, params),
  };
}

describe("lost_answer", () => {
  /** Makes everything that a commit needs, and answers the commit. */
  const COMMITS: Record<string, [PlatformId, (world: ReturnType<typeof open>) => Promise<() => Promise<unknown>>]> = {
    media_publish: [
      "instagram",
      async ({ post }) => {
        const { id } = (await post("media", { image_url: PICTURE })).body;
        return () => post("media_publish", { creation_id: id });
      },
    ],
    feed: [
      "facebook",
      async ({ post }) =>
        () =>
          post("feed", { message: "Hi" }),
    ],
    photos: [
      "facebook",
      async ({ post }) =>
        () =>
          post("photos", { url: PICTURE }),
    ],
    videos: [
      "facebook",
      async ({ post }) =>
        () =>
          post("videos", { file_url: VIDEO }),
    ],
    "videos, finish": [
      "facebook",
      async ({ post, owner }) => {
        const bytes = movie();
        const start = { upload_phase: "start", file_size: String(bytes.byteLength) };
        const { upload_session_id } = (await post("videos", start)).body;
        const form = new FormData();
        for (const [name, value] of Object.entries({
          upload_phase: "transfer",
          upload_session_id,
          start_offset: "0",
        })) {
          form.set(name, value);
        }
        form.set("video_file_chunk", new Blob([bytes]));
        await owner.post(`${owner.id}/videos`, form);
        return () => post("videos", { upload_phase: "finish", upload_session_id });
      },
    ],
    photo_stories: [
      "facebook",
      async ({ post }) => {
        const { id } = (await post("photos", { url: PICTURE, published: "false" })).body;
        return () => post("photo_stories", { photo_id: id });
      },
    ],
    ...Object.fromEntries(
      ["video_reels", "video_stories"].map((edge) => [
        `${edge}, finish`,
        [
          "facebook",
          async ({ post, owner }: ReturnType<typeof open>) => {
            const { video_id, upload_url } = (await post(edge, { upload_phase: "start" })).body;
            await owner.upload(upload_url, { file_url: VIDEO });
            return () => post(edge, { upload_phase: "finish", video_id, video_state: "PUBLISHED" });
          },
        ],
      ]),
    ),
  };

  it.each(Object.entries(COMMITS))(
    "loses the answer of %s every time, and the post goes public",
    async (_, [platform, prepare]) => {
      const world = open(platform);
      for (let times = 1; times <= 2; times++) {
        const commit = await prepare(world);
        await expect(commit()).rejects.toThrow(LostAnswer);
        world.sandbox.now += 3_000;
        expect(world.owner.posts()).toHaveLength(times);
      }
    },
  );

  it("loses the answer of a comment, which is made", async () => {
    const { owner, post } = open("facebook");
    await expect(post("feed", { message: "Hi" })).rejects.toThrow(LostAnswer);
    const [made] = owner.posts();
    await expect(owner.post(`${made?.id}/comments`, { message: "First!" })).rejects.toThrow(LostAnswer);
    expect(owner.posts()[0]?.comments).toHaveLength(1);
  });

  it("does answer a refusal, and what makes nothing public", async () => {
    const { post } = open("facebook");
    expect(faultOf(await post("feed", { message: "" }))).toEqual([197]);
    expect((await post("photos", { url: PICTURE, published: "false" })).status).toBe(200);
  });
});
