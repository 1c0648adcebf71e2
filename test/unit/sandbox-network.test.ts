import { describe, expect, it } from "vitest";
import { SandboxRecords } from "../../src/platforms/sandbox/records.ts";
import type { SandboxPost, SandboxStore } from "../../src/platforms/sandbox/store.ts";
import { memoryStore } from "../helpers/memory-store.ts";
import { MEDIA, TestSandbox } from "../helpers/sandbox.ts";

async function setUp() {
  const sandbox = new TestSandbox();
  const [page, other] = [sandbox.open("facebook"), sandbox.open("facebook")];
  const say = async (owner: typeof page, message: string) => {
    sandbox.now += 1_000;
    await owner.post(`${owner.id}/feed`, { message });
  };
  await say(page, "1");
  await say(other, "2");
  await say(page, "3");
  return { sandbox, page, other, say, network: sandbox.network };
}

const texts = (posts: SandboxPost[]) => posts.map(({ text }) => text);

describe("what is public", () => {
  it("is told of all accounts, newest first, page by page", async () => {
    const { network } = await setUp();
    expect(texts(network.allPosts().posts)).toEqual(["3", "2", "1"]);
    const first = network.allPosts({ limit: 2 });
    expect([texts(first.posts), first.nextCursor]).toEqual([["3", "2"], expect.any(String)]);
    const last = network.allPosts({ limit: 2, cursor: first.nextCursor });
    expect([texts(last.posts), last.nextCursor]).toEqual([["1"], null]);
  });

  it("is told of one account over all of its surfaces, newest first", async () => {
    const { sandbox, page, say, network } = await setUp();
    sandbox.now += 1_000;
    const { id } = (await page.post(`${page.id}/photos`, { url: `${MEDIA}/picture.jpg`, published: "false" })).body;
    await page.post(`${page.id}/photo_stories`, { photo_id: id });
    await say(page, "5");
    expect(network.publicPosts(page.id).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "text 5",
      "story ",
      "text 3",
      "text 1",
    ]);
  });

  it("does not hold what is still processed, by whatever way it is asked for", async () => {
    const { sandbox, page, network } = await setUp();
    const { id } = (await page.post(`${page.id}/videos`, { file_url: `${MEDIA}/video.mp4` })).body;
    expect([network.publicPost(id), network.allPosts().posts.length, page.posts().length]).toEqual([null, 3, 2]);
    sandbox.now += 3_000;
    const post = network.publicPost(id);
    expect(post).toMatchObject({ kind: "video", media: [{ id }] });
    expect(network.publicPost(post?.id ?? "")).toEqual(post);
    expect([network.allPosts().posts.length, page.posts().length]).toEqual([4, 3]);
  });

  it("is forgotten at once, and what is still processed becomes public all the same", async () => {
    const { sandbox, page, other, network } = await setUp();
    await page.post(`${page.id}/videos`, { file_url: `${MEDIA}/video.mp4`, description: "Later" });
    network.clearPosts(sandbox.now);
    expect([network.allPosts().posts, page.posts(), other.posts()]).toEqual([[], [], []]);
    expect((await page.get(`${page.id}/feed`)).body).toEqual({ data: [] });
    sandbox.now += 3_000;
    expect(texts(network.allPosts().posts)).toEqual(["Later"]);
  });
});

describe("the records", () => {
  /** Counts the rows that are read. */
  function countingStore(): SandboxStore & { reads: number } {
    const store = memoryStore();
    const counting = {
      ...store,
      reads: 0,
      *list<T>(options: Parameters<SandboxStore["list"]>[0]) {
        for (const row of store.list<T>(options)) {
          counting.reads += 1;
          yield row;
        }
      },
    };
    return counting;
  }

  const post = (userId: string, id: string, createdAt: number): SandboxPost => ({
    id,
    userId,
    platform: "facebook",
    username: "someone",
    kind: "text",
    text: id,
    link: null,
    media: [],
    comments: [],
    permalink: "",
    createdAt,
  });

  it("of one account are listed and counted without reading another's, or those of another time", () => {
    const store = countingStore();
    const records = new SandboxRecords(store);
    for (let at = 0; at < 50; at++) for (const user of ["1", "2"]) records.savePost(post(user, `${user}_${at}`, at));
    const [newest] = records.posts("1", "feed", { from: 0, to: 100 });
    expect([newest?.[1].id, store.reads]).toEqual(["1_49", 1]);
    expect([records.countPosts("1", "feed", { from: 40, to: 45 }), store.reads]).toEqual([5, 6]);
  });
});
