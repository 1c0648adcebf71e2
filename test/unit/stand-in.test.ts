import { describe, expect, it } from "vitest";
import { movie } from "../helpers/movies.ts";
import { jpeg } from "../helpers/pictures.ts";
import type { Mishap } from "../helpers/stand-in.ts";
import { StandIn } from "../helpers/stand-in.ts";

const GRAPH = "https://graph.facebook.com/v26.0";

function setUp() {
  const standIn = new StandIn(async (address) => new Response(address.endsWith(".mp4") ? movie() : jpeg(1_080, 1_080)));
  const page = standIn.open("facebook");
  const post = (path: string, params: Record<string, string>) =>
    standIn.fetch(
      new Request(`${GRAPH}/${path}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${page.token}` },
        body: new URLSearchParams(params),
      }),
    );
  const start = async () => {
    const response = await post(`${page.externalId}/video_reels`, { upload_phase: "start" });
    return (await response.json()) as { video_id: string; upload_url: string };
  };
  const upload = (address: string, headers: Record<string, string>) =>
    standIn.fetch(
      new Request(address, { method: "POST", headers: { Authorization: `OAuth ${page.token}`, ...headers } }),
    );
  return { standIn, page, post, start, upload };
}

const seen = async (answer: Promise<Response>): Promise<[number | "cut", string]> => {
  try {
    const response = await answer;
    return [response.status, await response.text()];
  } catch (error) {
    return ["cut", String(error)];
  }
};

describe("a mishap", () => {
  const KINDS = ["cut", "500", "code 1", "spam", "html", "nonsense"] as const;

  it.each(KINDS)("of the kind %s looks the same before and after the platform acted", async (kind) => {
    const { standIn, page, post } = setUp();
    const feed = () => seen(post(`${page.externalId}/feed`, { message: "Hi" }));
    standIn.spoil(/POST .*\/feed$/, `${kind} before` satisfies Mishap);
    const before = await feed();
    expect(standIn.posts(page.externalId)).toHaveLength(0);
    standIn.spoil(/POST .*\/feed$/, `${kind} after` satisfies Mishap);
    expect(await feed()).toEqual(before);
    expect(standIn.posts(page.externalId)).toHaveLength(1);
    expect((await feed())[0]).toBe(200);
  });

  it("comes to uploads as well, in their own envelope", async () => {
    const { standIn, start, upload } = setUp();
    const { upload_url } = await start();
    standIn.spoil(/video-upload/, "500 after");
    standIn.spoil(/video-upload/, "cut before");
    const send = () => seen(upload(upload_url, { file_url: "https://media.example/video.mp4" }));
    const [status, text] = await send();
    expect([status, JSON.parse(text)]).toEqual([500, { debug_info: expect.objectContaining({ retriable: true }) }]);
    expect((await send())[0]).toBe("cut");
    expect((await send())[0]).toBe(200);
  });
});

describe("what is recorded of a call", () => {
  it("holds its parameters and no token, wherever they stood", async () => {
    const { standIn, page } = setUp();
    const form = new FormData();
    form.set("upload_phase", "transfer");
    form.set("access_token", page.token);
    form.set("video_file_chunk", new Blob([new Uint8Array(1_234)]), "chunk");
    await standIn.fetch(new Request(`${GRAPH}/${page.externalId}/videos`, { method: "POST", body: form }));
    await standIn.fetch(new Request(`${GRAPH}/${page.externalId}/feed?limit=5&access_token=${page.token}`));
    expect(standIn.calls).toEqual([
      {
        method: "POST",
        call: "/v26.0/{account}/videos",
        params: { upload_phase: "transfer", video_file_chunk: "[1234 bytes]" },
      },
      { method: "GET", call: "/v26.0/{account}/feed", params: { limit: "5" } },
    ]);
  });

  it("is of an upload the headers that say what comes", async () => {
    const { standIn, start, upload } = setUp();
    const { upload_url } = await start();
    await upload(upload_url, { offset: "0", file_size: "10" });
    await upload(upload_url, { file_url: "https://media.example/video.mp4" });
    expect(standIn.calls.slice(1)).toEqual([
      { method: "POST", call: "/video-upload/v26.0/{id}", params: { offset: "0", file_size: "10" } },
      { method: "POST", call: "/video-upload/v26.0/{id}", params: { file_url: "https://media.example/video.mp4" } },
    ]);
    expect(JSON.stringify(standIn.calls)).not.toContain("EAA");
  });
});

it("switches turn while it runs", async () => {
  const { standIn, page, post } = setUp();
  standIn.listingLag = 60_000;
  await post(`${page.externalId}/feed`, { message: "Hi" });
  const list = async () => {
    const headers = { Authorization: `Bearer ${page.token}` };
    const response = await standIn.fetch(new Request(`${GRAPH}/${page.externalId}/feed`, { headers }));
    return ((await response.json()) as { data: unknown[] }).data.length;
  };
  expect(await list()).toBe(0);
  standIn.listingLag = 0;
  expect(await list()).toBe(1);
});
