import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import { jpeg, png } from "../helpers/pictures.ts";
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

describe("a picture", () => {
  it("is taken by upload, and told by its content", async () => {
    const bytes = png(640, 480);
    const answer = await upload(bytes, "named.jpg");
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^media_/),
      mime_type: "image/png",
      bytes: bytes.byteLength,
      width: 640,
      height: 480,
      created_at: expect.stringMatching(/Z$/),
    });
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
    ["is too large", () => new Response(new Uint8Array(20 * 1024 * 1024 + 1)), /more than 20971520 bytes/],
    ["redirects inwards", () => Response.redirect("https://169.254.169.254/latest/", 302), /not an address/],
    ["redirects for ever", () => Response.redirect("https://cdn.example.org/a.jpg", 302), /redirects more than/],
    ["cannot be reached", () => Promise.reject(new TypeError("unreachable")), /could not be read/],
  ])("whose address %s is refused", async (_name, respond, message) => {
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => respond());
    const answer = await call("POST", "/v1/media", {
      key: workspace.test,
      body: { url: "https://cdn.example.org/a.jpg" },
    });
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "url"]);
    expect(answer.body.error.message).toMatch(message);
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

describe("an upload that is refused", () => {
  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ["an empty file", new Uint8Array()],
    ["a text named .jpg", new Uint8Array(new TextEncoder().encode("This is not a picture."))],
    ["a picture cut short", jpeg(1080, 1080).slice(0, 10)],
  ])("%s", async (_name, bytes) => {
    const answer = await upload(bytes);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "file"]);
  });

  it("a file under another name", async () => {
    const answer = await upload(jpeg(1, 1), "a.jpg", "picture");
    expect([answer.status, answer.body.error.field]).toEqual([400, "file"]);
  });

  it("a text instead of a file", async () => {
    const form = new FormData();
    form.set("file", "text");
    const answer = await call("POST", "/v1/media", { key: workspace.test, body: form });
    expect([answer.status, answer.body.error]).toEqual([
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

  it("another content type", async () => {
    const headers = { "Content-Type": "image/jpeg" };
    const answer = await call("POST", "/v1/media", { key: workspace.test, body: jpeg(1, 1), headers });
    expect([answer.status, answer.body.error.field]).toEqual([415, "Content-Type"]);
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
