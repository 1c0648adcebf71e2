import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import { heic, jpeg } from "../helpers/pictures.ts";
import { realCmykJpeg, realPng } from "../helpers/real-pictures.ts";
import { video } from "../helpers/videos.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";

/*
 * Against the local stand-in for Cloudflare Images, which converts with a real codec.
 */

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});

async function add(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await call("POST", "/v1/media", { key: workspace.test, body: bytes, headers });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
}

const render = (id: string, body: unknown = { for: "instagram" }, key = workspace.test): Promise<Answer> =>
  call("POST", `/v1/media/${id}/renditions`, { key, body });

async function webp(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const source = new Response(await realPng(width, height)).body;
  if (!env.IMAGES || !source) throw new Error("there is nothing to make a WebP with");
  const made = await env.IMAGES.input(source).output({ format: "image/webp" });
  return new Uint8Array(await new Response(made.image()).arrayBuffer());
}

describe("a rendition for Instagram", () => {
  it.each<[string, () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>, number, number]>([
    ["of a PNG has its size", () => realPng(800, 600), 800, 600],
    ["of a WebP has its size", () => webp(640, 640), 640, 640],
    ["of a picture for a story keeps its ratio", () => realPng(450, 800), 450, 800],
    ["of what is too wide is scaled", () => realPng(2880, 1600), 1440, 800],
    ["of what is too narrow is enlarged to what Instagram needs", () => realPng(160, 200), 320, 400],
    ["of CMYK is in colours that Instagram shows", () => realCmykJpeg(), 320, 320],
  ])("%s", async (_name, make, width, height) => {
    const source = await add(await make());
    const answer = await render(source);
    expect([answer.status, answer.body]).toMatchObject([
      201,
      { kind: "image", mime_type: "image/jpeg", width, height, color_space: "rgb", rendition_of: source },
    ]);
    expect(answer.body.id).not.toBe(source);
    expect(answer.body.bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
    // It is media like any other, and fits.
    expect((await call("GET", `/v1/media/${answer.body.id}`, { key: workspace.test })).body).toEqual(answer.body);
    expect((await render(answer.body.id)).text).toBe(answer.text);
  });

  it("is made once, also when it is asked for twice at the same time", async () => {
    const source = await add(await realPng(400, 400));
    const answers = await Promise.all([render(source), render(source), render(source)]);
    const again = await render(source);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 201]);
    for (const answer of answers) expect(answer.text).toBe(again.text);
    expect(again.status).toBe(200);
    const rows = await env.DB.prepare("SELECT id FROM media WHERE rendition_of = ?").bind(source).all();
    expect(rows.results).toHaveLength(1);
    const left = await env.DB.prepare("SELECT media_id FROM media_uploads WHERE workspace_id = ?")
      .bind(workspace.id)
      .all();
    expect(left.results).toEqual([]);
  });

  it("is made anew once it was deleted", async () => {
    const source = await add(await realPng(400, 400));
    const first = await render(source);
    await call("DELETE", `/v1/media/${first.body.id}`, { key: workspace.test });
    const second = await render(source);
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it("is the picture itself where that fits", async () => {
    const source = await add(jpeg(1080, 1080));
    const answer = await render(source);
    expect([answer.status, answer.body.id]).toEqual([200, source]);
    expect(answer.body).not.toHaveProperty("rendition_of");
  });

  it("of what others may not see is not made", async () => {
    const source = await add(await realPng(400, 400));
    for (const key of [workspace.live, (await newWorkspace()).test]) {
      expect((await render(source, { for: "instagram" }, key)).body.error.code).toBe("not_found");
    }
  });
});

describe("a rendition is refused", () => {
  it.each<[string, () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>, RegExp]>([
    ["of HEIC", () => heic(1080, 1080), /^HEIC pictures are not converted\. Export the picture as JPEG/],
    ["of a video", () => video(), /^Videos are not converted\. Convert it before/],
  ])("%s", async (_name, make, message) => {
    const answer = await render(await add(await make()));
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([
      400,
      "validation_error",
      "media_id",
    ]);
    expect(answer.body.error.message).toMatch(message);
  });

  it.each([
    [{}, "for"],
    [{ for: "facebook" }, "for"],
    [{ for: "instagram", width: 500 }, "width"],
  ])("for %j", async (body, field) => {
    const answer = await render(await add(jpeg(400, 400)), body);
    expect([answer.status, answer.body.error.field]).toEqual([400, field]);
  });

  /** Cloudflare Images, out of order in this way. */
  async function renderWith(images: ImagesBinding | null): Promise<Answer> {
    const services = servicesOf(env);
    const source = await add(await realPng(400, 400));
    const bound = services.images;
    services.images = images;
    const answer = await render(source);
    services.images = bound;
    const rows = await env.DB.prepare("SELECT media_id FROM media_uploads WHERE workspace_id = ?")
      .bind(workspace.id)
      .all();
    expect(rows.results).toEqual([]);
    expect((await render(source)).status).toBe(201);
    return answer;
  }

  const failing = (code: number) =>
    ({
      input: () => {
        throw Object.assign(new Error("IMAGES_TRANSFORM_ERROR"), { code });
      },
    }) as unknown as ImagesBinding;

  it("where there is nothing to make it with, and what is needed is named", async () => {
    const answer = await renderWith(null);
    expect([answer.status, answer.body.error.code]).toEqual([409, "platform_not_configured"]);
    expect(answer.body.error.message).toMatch(/wrangler\.toml .*IMAGES/);
  });

  it("of what only looks like a picture, and nothing is left", async () => {
    const answer = await renderWith(failing(9412));
    expect([answer.status, answer.body.error]).toMatchObject([
      400,
      {
        code: "validation_error",
        message: "The picture could not be read by Cloudflare Images (9412): it may be damaged.",
        field: "media_id",
      },
    ]);
  });

  it("when the conversion is out of order: ours is the fault, and nothing is left", async () => {
    const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
    const answer = await renderWith(failing(9510));
    quiet.mockRestore();
    expect([answer.status, answer.body.error.code]).toEqual([500, "internal_error"]);
  });
});
