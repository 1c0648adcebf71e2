import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { toHex, utf8 } from "../../src/lib/bytes.ts";
import { servicesOf } from "../../src/services.ts";
import { gif, heic, jpeg, png, webp } from "../helpers/pictures.ts";
import { video } from "../helpers/videos.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace, ORIGIN } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

const DAY = 86_400_000;

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

function upload(bytes: Uint8Array<ArrayBuffer>, name = "picture.jpg", field = "file") {
  const form = new FormData();
  form.set(field, new File([bytes], name, { type: "image/jpeg" }));
  return call("POST", "/v1/media", { key: workspace.test, body: form });
}

function sendBody(body: unknown, headers: Record<string, string>) {
  return call("POST", "/v1/media", { key: workspace.test, body, headers });
}

/** A body that comes in pieces and does not say how long it is. */
function streamed(bytes: Uint8Array, breaksOff = false): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent < bytes.byteLength) {
        controller.enqueue(bytes.slice(sent, sent + 70_000));
        sent += 70_000;
      } else if (breaksOff) controller.error(new Error("gone"));
      else controller.close();
    },
  });
}

async function digest(bytes: BufferSource): Promise<string> {
  return toHex(await crypto.subtle.digest("SHA-256", bytes));
}

async function storedDigest(id: string): Promise<string> {
  const stored = await env.MEDIA.get(id);
  return digest(await (stored as R2ObjectBody).arrayBuffer());
}

function filled(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const large = new Uint8Array(size);
  large.set(bytes.subarray(0, -2));
  large.set(bytes.subarray(-2), size - 2);
  return large;
}

/** All that this workspace has: rows of either kind, and what is in R2 under their ids. */
async function leftBehind(): Promise<{ media: string[]; uploads: string[]; objects: string[] }> {
  const ids = async (query: string) =>
    (await env.DB.prepare(query).bind(workspace.id).all<{ id: string }>()).results.map((row) => row.id).sort();
  const media = await ids("SELECT id FROM media WHERE workspace_id = ?");
  const uploads = await ids("SELECT media_id AS id FROM media_uploads WHERE workspace_id = ?");
  return { media, uploads, objects: (await env.MEDIA.list()).objects.map((object) => object.key).sort() };
}

describe("a picture", () => {
  it("is taken by upload, and told by its content", async () => {
    const bytes = png(640, 480);
    const answer = await upload(bytes, "named.jpg");
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^media_/),
      kind: "image",
      mime_type: "image/png",
      bytes: bytes.byteLength,
      width: 640,
      height: 480,
      duration_ms: null,
      frame_rate: null,
      video_codec: null,
      audio_codec: null,
      fast_start: null,
      color_space: null,
      created_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
    });
    expect(Date.parse(answer.body.expires_at) - Date.parse(answer.body.created_at)).toBe(30 * DAY);
  });

  it.each([
    ["image/jpeg", jpeg(640, 480, { components: 4 }), "image/jpeg", "cmyk"],
    ["application/octet-stream", heic(640, 480), "image/heic", null],
    // What the header says is not believed.
    ["video/mp4", webp(640, 480), "image/webp", null],
    ["image/png", gif(640, 480), "image/gif", null],
  ])("is taken as the body itself: %s", async (type, bytes, mimeType, colorSpace) => {
    const answer = await sendBody(bytes, { "Content-Type": type });
    expect([answer.status, answer.body]).toMatchObject([
      201,
      { mime_type: mimeType, width: 640, height: 480, bytes: bytes.byteLength, color_space: colorSpace },
    ]);
  });

  it("is fetched from an address, over redirects that are allowed", async () => {
    const fetched: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
      fetched.push(String(input));
      return fetched.length === 1
        ? new Response(null, { status: 302, headers: { Location: "/b.jpg" } })
        : new Response(jpeg(1080, 1350));
    });
    const answer = await call("POST", "/v1/media", {
      key: workspace.test,
      body: { url: "https://cdn.example.org/a.jpg" },
    });
    expect([answer.status, answer.body.width, answer.body.height]).toEqual([201, 1080, 1350]);
    expect(fetched).toEqual(["https://cdn.example.org/a.jpg", "https://cdn.example.org/b.jpg"]);
  });

  it.each<[string, () => Response | Promise<Response>, RegExp]>([
    ["is missing", () => new Response("no", { status: 404 }), /answered 404/],
    ["is a page", () => new Response("<html>"), /not a JPEG/],
    [
      "is too large",
      () => new Response("x", { headers: { "Content-Length": String(100 * 1024 * 1024 + 1) } }),
      /more than 104857600 bytes/,
    ],
    ["breaks off", () => new Response(streamed(jpeg(1, 1), true)), /broke off/],
    ["is shorter than it says", () => new Response("x", { headers: { "Content-Length": "5" } }), /broke off/],
    ["is empty", () => new Response(null), /without a file/],
    ["redirects inwards", () => Response.redirect("https://169.254.169.254/latest/", 302), /not an address/],
    ["redirects for ever", () => Response.redirect("https://cdn.example.org/a.jpg", 302), /redirects more than/],
    ["cannot be reached", () => Promise.reject(new TypeError("unreachable")), /could not be read/],
  ])("whose address %s is refused", async (_name, respond, message) => {
    const before = await leftBehind();
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => respond());
    const answer = await call("POST", "/v1/media", {
      key: workspace.test,
      body: { url: "https://cdn.example.org/a.jpg" },
    });
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "url"]);
    expect(answer.body.error.message).toMatch(message);
    expect(await leftBehind()).toEqual(before);
  });

  it("is not fetched from where nobody may look", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    for (const url of [
      "http://cdn.example.org/a.jpg",
      "https://127.0.0.1/a.jpg",
      "https://[::1]/",
      `${ORIGIN}/media/x`,
    ]) {
      const answer = await call("POST", "/v1/media", { key: workspace.test, body: { url } });
      expect([answer.status, answer.body.error.field]).toEqual([400, "url"]);
    }
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe("a video", () => {
  it("is taken with all that it tells of itself", async () => {
    const bytes = await video({ width: 1080, height: 1920, seconds: 3, audio: true, fastStart: false });
    const answer = await sendBody(bytes, { "Content-Type": "video/mp4" });
    expect([answer.status, answer.body]).toMatchObject([
      201,
      {
        kind: "video",
        mime_type: "video/mp4",
        bytes: bytes.byteLength,
        width: 1080,
        height: 1920,
        duration_ms: 3_000,
        frame_rate: 30,
        video_codec: "h264",
        audio_codec: "aac",
        fast_start: false,
        color_space: null,
      },
    ]);
    expect(await storedDigest(answer.body.id)).toBe(await digest(bytes));
  });

  it("of QuickTime is taken from an address that does not say how long it is", async () => {
    const bytes = await video({ container: "mov" });
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(streamed(bytes)));
    const body = { url: "https://cdn.example.org/a.mov" };
    const answer = await call("POST", "/v1/media", { key: workspace.test, body });
    expect([answer.status, answer.body]).toMatchObject([
      201,
      { mime_type: "video/quicktime", bytes: bytes.byteLength, fast_start: true, audio_codec: null },
    ]);
  });
});

describe("a large body", () => {
  it.each([
    ["with its length", true],
    ["without", false],
  ])("%s is taken, over several of R2's pieces", async (_name, saysLength) => {
    const bytes = filled(jpeg(1080, 1080), 11 * 1024 * 1024 + 7);
    const headers = {
      "Content-Type": "image/jpeg",
      ...(saysLength ? { "Content-Length": String(bytes.byteLength) } : {}),
    };
    const answer = await sendBody(saysLength ? bytes : streamed(bytes), headers);
    expect([answer.status, answer.body.bytes]).toEqual([201, bytes.byteLength]);
    expect(await storedDigest(answer.body.id)).toBe(await digest(bytes));
  });

  it("that says it has more than 100 MB is refused before it is read", async () => {
    const before = await leftBehind();
    const headers = { "Content-Type": "video/mp4", "Content-Length": String(100 * 1024 * 1024 + 1) };
    const answer = await sendBody(streamed(new Uint8Array(10)), headers);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([
      413,
      "payload_too_large",
      "body",
    ]);
    expect(answer.body.error.message).toMatch(/POST \/v1\/media\/uploads/);
    expect(await leftBehind()).toEqual(before);
  });

  it("that has more than 100 MB and does not say so is refused on the way", async () => {
    const before = await leftBehind();
    const chunk = new Uint8Array(1024 * 1024);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (to) => to.enqueue(sent++ < 0 ? chunk : chunk.slice()),
    });
    const answer = await sendBody(endless, { "Content-Type": "video/mp4" });
    expect([answer.status, answer.body.error.code]).toEqual([413, "payload_too_large"]);
    expect(sent).toBeLessThan(120);
    expect(await leftBehind()).toEqual(before);
  });

  it.each([
    ["shorter than it says", "99999"],
    ["longer than it says", "20"],
  ])("%s is refused and leaves nothing behind", async (_name, length) => {
    const before = await leftBehind();
    const answer = await sendBody(streamed(jpeg(10, 10)), { "Content-Type": "image/jpeg", "Content-Length": length });
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "body"]);
    expect(answer.body.error.message).toMatch(/Content-Length/);
    expect(await leftBehind()).toEqual(before);
  });

  it("that breaks off leaves nothing behind", async () => {
    const before = await leftBehind();
    const large = filled(jpeg(10, 10), 7_000_000).subarray(0, 6_000_000);
    for (const headers of [{}, { "Content-Length": "7000000" }]) {
      const answer = await sendBody(streamed(large, true), { "Content-Type": "image/jpeg", ...headers });
      expect([answer.status, answer.body.error.field]).toEqual([400, "body"]);
    }
    expect(await leftBehind()).toEqual(before);
  });

  it("that R2 does not take is our fault, and leaves nothing behind", async () => {
    const before = await leftBehind();
    const bytes = jpeg(10, 10);
    vi.spyOn(env.MEDIA, "put").mockRejectedValue(new Error("R2 is away"));
    const answer = await sendBody(bytes, { "Content-Type": "image/jpeg", "Content-Length": String(bytes.byteLength) });
    vi.restoreAllMocks();
    expect([answer.status, answer.body.error.code]).toEqual([500, "internal_error"]);
    expect(await leftBehind()).toEqual(before);
  });
});

describe("an upload that is refused", () => {
  it.each<[string, () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>, RegExp]>([
    ["an empty file", () => new Uint8Array(), /^The file is empty/],
    ["a text named .jpg", () => utf8("This is not a picture."), /whatever its name says/],
    ["a JPEG cut short", () => jpeg(1080, 1080).slice(0, -1), /^The JPEG picture is truncated/],
    ["a PNG cut short", () => png(1080, 1080).slice(0, -1), /^The PNG picture is truncated/],
    ["a video cut short", async () => (await video()).slice(0, -1), /^The video is truncated/],
    ["a fragmented video", () => video({ container: "fragmented" }), /^The video is fragmented/],
  ])("%s, and nothing of it is left", async (_name, make, message) => {
    const before = await leftBehind();
    const bytes = await make();
    const answer = await upload(bytes);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "file"]);
    expect(answer.body.error.message).toMatch(message);
    const raw = await sendBody(bytes, { "Content-Type": "image/jpeg" });
    expect([raw.status, raw.body.error.code]).toEqual([400, "validation_error"]);
    expect(await leftBehind()).toEqual(before);
  });

  it("a file under another name", async () => {
    const answer = await upload(jpeg(1, 1), "a.jpg", "picture");
    expect([answer.status, answer.body.error.field]).toEqual([400, "file"]);
  });

  it("a text instead of a file", async () => {
    const form = new FormData();
    form.set("file", "text");
    const answer = await call("POST", "/v1/media", { key: workspace.test, body: form });
    expect([answer.status, answer.body.error]).toMatchObject([
      400,
      { code: "validation_error", message: "file must be an uploaded file.", field: "file" },
    ]);
  });

  it("nothing at all", async () => {
    const answer = await call("POST", "/v1/media", { key: workspace.test });
    expect([answer.status, answer.body.error.code]).toEqual([400, "validation_error"]);
  });

  it("more than 20 MiB", async () => {
    const answer = await upload(new Uint8Array(21 * 1024 * 1024));
    expect([answer.status, answer.body.error.code]).toEqual([413, "payload_too_large"]);
  });

  it.each(["text/plain", "text/html", "application/x-www-form-urlencoded", "application/pdf", "audio/mpeg"])(
    "a body of type %s",
    async (type) => {
      const answer = await sendBody(jpeg(1, 1), { "Content-Type": type });
      expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([
        415,
        "unsupported_media_type",
        "Content-Type",
      ]);
    },
  );

  it("a body of no type", async () => {
    const answer = await sendBody(jpeg(1, 1), {});
    expect([answer.status, answer.body.error.field]).toEqual([415, "Content-Type"]);
  });

  it("JSON that is larger than JSON has to be", async () => {
    const answer = await sendBody(JSON.stringify({ url: "x".repeat(300_000) }), { "Content-Type": "application/json" });
    expect([answer.status, answer.body.error.code]).toEqual([413, "payload_too_large"]);
  });
});

describe("the public address of a picture", () => {
  async function addressOf(mediaId: string): Promise<string> {
    const address = await servicesOf(env).mediaUrl(mediaId);
    expect(address.startsWith(`${ORIGIN}/media/`)).toBe(true);
    return address.slice(ORIGIN.length);
  }

  it("answers 200 with type and length, also where a range is asked for", async () => {
    const { exports } = await import("cloudflare:workers");
    const path = await addressOf(await newPicture(workspace));
    for (const headers of [{}, { Range: "bytes=0-" }, { Range: "bytes=0-9" }]) {
      const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers });
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Type")).toBe("image/jpeg");
      expect(response.headers.get("Content-Length")).toBe(String(bytes.byteLength));
      expect(bytes).toEqual(jpeg(1080, 1080));
    }
    const head = await exports.default.fetch(`${ORIGIN}${path}`, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(jpeg(1080, 1080).byteLength)]);
  });

  it("of a large video is as good, also where only its head is asked for", async () => {
    const { exports } = await import("cloudflare:workers");
    const bytes = await video({ width: 1920, height: 1080, seconds: 2 });
    const large = new Uint8Array(12 * 1024 * 1024);
    large.set(bytes);
    const rest = new DataView(large.buffer, bytes.byteLength);
    rest.setUint32(0, rest.byteLength);
    rest.setUint32(4, 0x66726565);
    const added = await sendBody(large, { "Content-Type": "video/mp4", "Content-Length": String(large.byteLength) });
    const path = await addressOf(added.body.id);
    const expected = [200, "video/mp4", String(large.byteLength), null];
    for (const method of ["HEAD", "GET"]) {
      const headers = { Range: "bytes=0-", "User-Agent": "facebookexternalhit/1.1" };
      const response = await exports.default.fetch(`${ORIGIN}${path}`, { method, headers });
      const told = ["Content-Type", "Content-Length", "Content-Range"].map((name) => response.headers.get(name));
      expect([method, response.status, ...told]).toEqual([method, ...expected]);
      const body = await response.arrayBuffer();
      if (method === "GET") expect(await digest(body)).toBe(await digest(large));
    }
  });

  it("is plain ASCII and lives for two days at least", async () => {
    const path = await addressOf(await newPicture(workspace));
    expect(path).toMatch(/^[\x21-\x7e]+$/);
    advance(2 * DAY);
    expect((await call("GET", path)).status).toBe(200);
    advance(DAY);
    expect((await call("GET", path)).status).toBe(404);
  });

  it("opens nothing when a character of it is changed", async () => {
    const [one, two] = [await newPicture(workspace), await newPicture(workspace)];
    const path = await addressOf(one);
    for (const changed of [
      path.replace(one, two),
      path.replace(/expires=(\d+)/, (_, at) => `expires=${Number(at) + 1}`),
      path.slice(0, -1) + (path.endsWith("A") ? "B" : "A"),
      path.replace(/&signature=.*/, "&signature="),
    ]) {
      expect((await call("GET", changed)).body.error.code).toBe("not_found");
    }
    expect((await call("GET", `/media/${one}`)).status).toBe(400);
  });
});
