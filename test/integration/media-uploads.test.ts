import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { video } from "../helpers/videos.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, holdTime, sweepMediaAway } from "./helpers/drive.ts";

const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const PART = 8 * MIB;

let workspace: TestWorkspace;
/** A video of three parts. */
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  workspace = await newWorkspace();
  const short = await video({ audio: true });
  // Padded by a box that nobody needs.
  file = new Uint8Array(2 * PART + 4_321);
  file.set(short);
  const view = new DataView(file.buffer);
  view.setUint32(short.byteLength, file.byteLength - short.byteLength);
  view.setUint32(short.byteLength + 4, 0x66726565);
});
beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

const request = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(method, `/v1/media/uploads${path}`, { key: workspace.test, headers, ...(body === undefined ? {} : { body }) });

const start = async (bytes = file.byteLength): Promise<string> => (await request("POST", "", { bytes })).body.id;
const partOf = (number: number) => file.slice((number - 1) * PART, number * PART);
const send = (id: string, number: number, bytes = partOf(number), headers = {}): Promise<Answer> =>
  request("PUT", `/${id}/parts/${number}`, bytes, { "Content-Length": String(bytes.byteLength), ...headers });
const complete = (id: string) => request("POST", `/${id}/complete`);

async function rowsOf(table: "media" | "media_uploads" | "media_upload_parts", id: string): Promise<number> {
  const column = table === "media" ? "id" : "media_id";
  const mediaId = id.replace("upload_", "media_");
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`)
    .bind(mediaId)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

/** Nothing but what is expected is left of an upload. */
async function expectGone(id: string): Promise<void> {
  expect(await rowsOf("media", id)).toBe(0);
  expect(await rowsOf("media_uploads", id)).toBe(0);
  expect(await rowsOf("media_upload_parts", id)).toBe(0);
  expect(await env.MEDIA.head(id.replace("upload_", "media_"))).toBeNull();
}

describe("an upload in parts", () => {
  it("tells how it is cut and until when", async () => {
    const answer = await request("POST", "", { bytes: file.byteLength, file_name: "holiday.mp4" });
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^upload_/),
        bytes: file.byteLength,
        file_name: "holiday.mp4",
        part_bytes: PART,
        parts: 3,
        received_parts: [],
        created_at: expect.stringMatching(/Z$/),
        expires_at: expect.stringMatching(/Z$/),
      },
    ]);
    expect(Date.parse(answer.body.expires_at) - Date.parse(answer.body.created_at)).toBe(24 * HOUR);
  });

  it("takes its parts in any order, several at once, and again", async () => {
    const id = await start();
    expect((await send(id, 3)).body.received_parts).toEqual([3]);
    const answers = await Promise.all([send(id, 1), send(id, 2), send(id, 2), send(id, 1)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect((await send(id, 3)).body.received_parts).toEqual([1, 2, 3]);
    const answer = await complete(id);
    expect([answer.status, answer.body]).toMatchObject([
      201,
      {
        id: id.replace("upload_", "media_"),
        kind: "video",
        bytes: file.byteLength,
        video_codec: "h264",
        duration_ms: 1_000,
      },
    ]);
    const stored = await env.MEDIA.get(answer.body.id);
    const bytes = await (stored as R2ObjectBody).arrayBuffer();
    const digest = async (of: BufferSource) => new Uint8Array(await crypto.subtle.digest("SHA-256", of));
    expect(await digest(bytes)).toEqual(await digest(file));
    expect([await rowsOf("media_uploads", id), await rowsOf("media_upload_parts", id)]).toEqual([0, 0]);
  });

  it("of one part is as good", async () => {
    const bytes = await video();
    const id = await start(bytes.byteLength);
    expect((await send(id, 1, bytes)).body).toMatchObject({ parts: 1, received_parts: [1] });
    expect((await complete(id)).status).toBe(201);
  });

  it("says which parts are there, so that it can be taken up again", async () => {
    const id = await start();
    await send(id, 2);
    expect((await request("GET", `/${id}`)).body.received_parts).toEqual([2]);
    const early = await complete(id);
    expect([early.status, early.body.error]).toMatchObject([
      409,
      { code: "conflict", message: "Parts are missing: 1, 3." },
    ]);
    await Promise.all([send(id, 1), send(id, 3)]);
    expect((await complete(id)).status).toBe(201);
  });

  it("completed again answers the same media, also at the same time", async () => {
    const id = await start();
    for (const number of [1, 2, 3]) await send(id, number);
    const answers = await Promise.all([complete(id), complete(id), complete(id)]);
    for (const answer of [...answers, await complete(id)]) {
      expect([answer.status, answer.text]).toEqual([201, answers[0]?.text]);
    }
    expect(await rowsOf("media", id)).toBe(1);
  });

  it("whose completion was cut between R2 and the database is completed by the next", async () => {
    const id = await start();
    for (const number of [1, 2, 3]) await send(id, number);
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1 is away"));
    expect((await complete(id)).status).toBe(500);
    vi.restoreAllMocks();
    expect((await complete(id)).body.id).toBe(id.replace("upload_", "media_"));
  });
});

describe("an upload is refused", () => {
  it.each([
    ["without a size", {}, "bytes"],
    ["of nothing", { bytes: 0 }, "bytes"],
    ["of more than a GiB", { bytes: 1024 * MIB + 1 }, "bytes"],
    ["with a field that is not known", { bytes: 1, name: "a" }, "name"],
  ])("%s", async (_name, body, field) => {
    const answer = await request("POST", "", body);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
  });

  it.each([
    ["shorter", PART - 1],
    ["longer", PART + 1],
    ["empty", 0],
  ])("a part that is %s than it has to be", async (_name, size) => {
    const id = await start();
    const answer = await send(id, 1, new Uint8Array(size));
    expect([answer.status, answer.body.error.field]).toEqual([400, "body"]);
    expect(answer.body.error.message).toBe(
      "Part 1 of this upload has exactly 8388608 bytes, and the body has another length.",
    );
    const streamed = new ReadableStream<Uint8Array>({
      start(controller) {
        if (size > 0) controller.enqueue(new Uint8Array(size));
        controller.close();
      },
    });
    const unannounced = await request("PUT", `/${id}/parts/1`, streamed);
    expect([unannounced.status, unannounced.body.error.field]).toEqual([400, "body"]);
    expect((await request("GET", `/${id}`)).body.received_parts).toEqual([]);
  });

  it("a part that does not exist", async () => {
    const id = await start();
    expect((await send(id, 4, new Uint8Array(1))).body.error).toMatchObject({
      field: "number",
      message: "This upload has 3 parts.",
    });
    expect((await send(id, 0, new Uint8Array(1))).body.error.field).toBe("number");
    for (const number of ["x", "0", "1e0", "01", "1.0", "%201"]) {
      expect((await request("PUT", `/${id}/parts/${number}`, new Uint8Array(1))).body.error.field).toBe("number");
    }
  });

  it("a file that is not what we take, and nothing of it is left", async () => {
    const id = await start(1_000);
    await send(id, 1, new Uint8Array(1_000));
    const answer = await complete(id);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", "file"]);
    await expectGone(id);
    expect((await complete(id)).status).toBe(404);
  });

  it("to whom it does not belong", async () => {
    const id = await start();
    const other = await newWorkspace();
    for (const key of [other.test, workspace.live]) {
      for (const [method, path] of [
        ["GET", ""],
        ["PUT", "/parts/1"],
        ["POST", "/complete"],
        ["DELETE", ""],
      ]) {
        const body = method === "PUT" ? { body: new Uint8Array(PART) } : {};
        const answer = await call(method ?? "", `/v1/media/uploads/${id}${path}`, { key, ...body });
        expect([method, answer.status, answer.body.error.code]).toEqual([method, 404, "not_found"]);
      }
    }
    expect((await request("GET", `/${id}`)).status).toBe(200);
    expect((await request("GET", `/${id.replace("upload_", "media_")}`)).status).toBe(404);
  });
});

describe("an upload that is given up", () => {
  it("leaves nothing", async () => {
    const id = await start();
    await send(id, 1);
    expect((await request("DELETE", `/${id}`)).text).toBe('{"success":true}');
    await expectGone(id);
    for (const answer of [await send(id, 2), await complete(id), await request("DELETE", `/${id}`)]) {
      expect([answer.status, answer.body.error.code]).toEqual([404, "not_found"]);
    }
  });

  it("while it is completed is either media or nothing", async () => {
    const bytes = await video();
    for (let i = 0; i < 5; i++) {
      const id = await start(bytes.byteLength);
      await send(id, 1, bytes);
      const [completed] = await Promise.all([complete(id), request("DELETE", `/${id}`)]);
      if (completed.status === 201) {
        expect((await env.MEDIA.head(completed.body.id))?.size).toBe(bytes.byteLength);
        expect(await rowsOf("media", id)).toBe(1);
      } else {
        expect(completed.status).toBe(404);
        await expectGone(id);
      }
    }
  });

  it("after 24 hours is gone for its client at once, and from storage by the sweeper", async () => {
    const id = await start();
    await send(id, 1);
    advance(24 * HOUR - 1_000);
    await sweepMediaAway();
    expect((await request("GET", `/${id}`)).body.received_parts).toEqual([1]);
    advance(1_000);
    expect((await request("GET", `/${id}`)).status).toBe(404);
    expect((await complete(id)).status).toBe(404);
    await sweepMediaAway();
    await expectGone(id);
  });

  it("by a crash after its bytes arrived is found by the sweeper", async () => {
    vi.spyOn(env.MEDIA, "head").mockRejectedValue(new Error("R2 is away"));
    vi.spyOn(env.MEDIA, "delete").mockRejectedValue(new Error("R2 is away"));
    const before = new Set((await env.MEDIA.list()).objects.map((object) => object.key));
    const bytes = await video();
    const headers = { "Content-Type": "video/mp4", "Content-Length": String(bytes.byteLength) };
    expect((await call("POST", "/v1/media", { key: workspace.test, body: bytes, headers })).status).toBe(500);
    vi.restoreAllMocks();
    const [orphan] = (await env.MEDIA.list()).objects.filter((object) => !before.has(object.key));
    expect(orphan).toBeDefined();
    await sweepMediaAway();
    await expectGone(orphan?.key ?? "");
  });
});
