import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { sandboxTransport } from "../../src/platforms/sandbox/transport.ts";
import { servicesOf } from "../../src/services.ts";
import { movie } from "../helpers/movies.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

/*
 * The simulated network in its Durable Object: on the object's storage, with media out of the bucket. What it answers is
 * shown by the unit tests.
 */

let workspace: TestWorkspace;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
});

const sandbox = () => env.SANDBOX.getByName(workspace.id);

async function newVideo(): Promise<string> {
  const id = await newPicture(workspace);
  const bytes = movie({ payload: 300_000 });
  await env.MEDIA.put(id, bytes);
  const row = env.DB.prepare("UPDATE media SET mime_type = 'video/mp4', bytes = ? WHERE id = ?");
  await row.bind(bytes.byteLength, id).run();
  return servicesOf(env).mediaUrl(id);
}

async function open(platform: "instagram" | "facebook", behavior: "ok" | "lost_answer" = "ok") {
  const { externalId, token } = await sandbox().openAccount({ platform, username: "someone", behavior });
  const send = async (url: string, init: RequestInit) => {
    const headers = { Authorization: `Bearer ${token}`, ...init.headers };
    const response = await sandboxTransport(sandbox, 0)(url, { ...init, headers });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers and say what they expect to find
    return (await response.json()) as any;
  };
  const root = `https://graph.facebook.com/v26.0`;
  return {
    id: externalId,
    post: (path: string, params: Record<string, string> | FormData) =>
      send(`${root}/${path}`, {
        method: "POST",
        body: params instanceof FormData ? params : new URLSearchParams(params),
      }),
    get: (path: string, params: Record<string, string>) =>
      send(`${root}/${path}?${new URLSearchParams(params)}`, { method: "GET" }),
    upload: (url: string, headers: Record<string, string>) => send(url, { method: "POST", headers }),
  };
}

describe("on its object's storage, the sandbox", () => {
  it("publishes a carousel of a picture and a video, and lists and counts it", async () => {
    const account = await open("instagram");
    const image_url = await servicesOf(env).mediaUrl(await newPicture(workspace));
    const parts = [
      await account.post(`${account.id}/media`, { is_carousel_item: "true", image_url }),
      await account.post(`${account.id}/media`, {
        is_carousel_item: "true",
        media_type: "VIDEO",
        video_url: await newVideo(),
      }),
    ];
    advance(3_000);
    const children = parts.map(({ id }) => id).join(",");
    const container = await account.post(`${account.id}/media`, { media_type: "CAROUSEL", children, caption: "Both" });
    advance(1_000);
    const media = await account.post(`${account.id}/media_publish`, { creation_id: container.id });
    const since = String(Math.floor(Date.now() / 1_000) - 60);
    const listed = await account.get(`${account.id}/media`, { fields: "caption,media_type", since, limit: "5" });
    expect(listed.data).toEqual([{ id: media.id, caption: "Both", media_type: "CAROUSEL_ALBUM" }]);
    const before = await account.get(`${account.id}/media`, { until: since, since: String(Number(since) + 1_000) });
    expect(before).toEqual({ data: [] });
    const limit = await account.get(`${account.id}/content_publishing_limit`, { fields: "quota_usage" });
    expect(limit.data).toEqual([{ quota_usage: 1 }]);
  });

  it("takes a reel by its address and a video in chunks", async () => {
    const page = await open("facebook");
    const reel = await page.post(`${page.id}/video_reels`, { upload_phase: "start" });
    expect(await page.upload(reel.upload_url, { file_url: await newVideo() })).toMatchObject({ success: true });
    const finish = { upload_phase: "finish", video_id: reel.video_id, video_state: "PUBLISHED" };
    expect(await page.post(`${page.id}/video_reels`, finish)).toEqual({ success: true });

    const bytes = movie();
    const file_size = String(bytes.byteLength);
    const session = await page.post(`${page.id}/videos`, { upload_phase: "start", file_size });
    for (const [start, end] of [
      [0, 100],
      [100, bytes.byteLength],
    ] as const) {
      const form = new FormData();
      form.set("upload_phase", "transfer");
      form.set("upload_session_id", session.upload_session_id);
      form.set("start_offset", String(start));
      form.set("video_file_chunk", new File([bytes.slice(start, end)], "chunk"));
      expect(await page.post(`${page.id}/videos`, form)).toMatchObject({ start_offset: String(end) });
    }
    const { upload_session_id } = session;
    await page.post(`${page.id}/videos`, { upload_phase: "finish", upload_session_id });
    advance(3_000);
    const posts = await sandbox().publicPosts(page.id, 0);
    expect(posts.map(({ kind }) => kind).sort()).toEqual(["reel", "video"]);
  });

  it("tells what is public, page by page, and forgets it", async () => {
    const page = await open("facebook");
    for (const message of ["1", "2", "3"]) {
      advance(1_000);
      await page.post(`${page.id}/feed`, { message });
    }
    const first = await sandbox().allPosts({ limit: 2 }, 0);
    const last = await sandbox().allPosts({ limit: 2, cursor: first.nextCursor }, 0);
    expect([...first.posts, ...last.posts].map(({ text }) => text)).toEqual(["3", "2", "1"]);
    await sandbox().clearPosts(Date.now());
    expect((await sandbox().allPosts({}, 0)).posts).toEqual([]);
    expect(await page.get(`${page.id}/feed`, {})).toEqual({ data: [] });
  });

  it("loses an answer as a network does", async () => {
    const page = await open("facebook", "lost_answer");
    await expect(page.post(`${page.id}/feed`, { message: "Hi" })).rejects.toThrow(TypeError);
    expect(await sandbox().publicPosts(page.id, 0)).toHaveLength(1);
  });
});

describe("the page of a sandbox post", () => {
  it("shows its kind, its video and its comments", async () => {
    const page = await open("facebook");
    await page.post(`${page.id}/videos`, { file_url: await newVideo(), description: "Watch <this>" });
    advance(3_000);
    const [post] = await sandbox().publicPosts(page.id, 0);
    await page.post(`${post?.id}/comments`, { message: "First!" });
    const { status, text } = await call("GET", new URL(post?.permalink ?? "").pathname);
    expect(status).toBe(200);
    expect(text).toContain("Video");
    expect(text).toContain("Watch &lt;this&gt;");
    expect(text).toMatch(/<video src="http:\/\/apionics\.test\/media\/[^"]+" controls/);
    expect(text).toMatch(/<strong>someone<\/strong> First!/);
  });

  it("shows a picture with its alternative text", async () => {
    const page = await open("facebook");
    const url = await servicesOf(env).mediaUrl(await newPicture(workspace));
    const { post_id } = await page.post(`${page.id}/photos`, { url, alt_text_custom: "A square" });
    const { text } = await call("GET", `/sandbox/${workspace.id}/${post_id}`);
    expect(text).toMatch(/<img src="http:\/\/apionics\.test\/media\/[^"]+" alt="A square"/);
  });
});
