import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jpeg } from "../helpers/pictures.ts";
import { realPng } from "../helpers/real-pictures.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";

/*
 * Idempotency-Keys of requests that carry a file: what they ask for is in the file's bytes, which nobody holds in memory.
 */

let workspace: TestWorkspace;
beforeEach(async () => {
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

const RAW = { "Content-Type": "application/octet-stream" };
const PICTURE = jpeg(400, 300);
/** As long, and a picture too. */
const OTHER = jpeg(300, 400);

function request(method: string, path: string, key: string | null, body?: unknown): Promise<Answer> {
  const isFile = body instanceof Uint8Array || body instanceof ReadableStream;
  const headers = { ...(isFile ? RAW : {}), ...(key === null ? {} : { "Idempotency-Key": key }) };
  return call(method, path, { key: workspace.test, headers, ...(body === undefined ? {} : { body }) });
}

/** A body that does not say how long it is. */
function streamed(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.byteLength; at += 100) controller.enqueue(bytes.slice(at, at + 100));
      controller.close();
    },
  });
}

/** A form, whose boundary is another each time it is sent. */
function formOf(bytes: Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData();
  form.set("file", new File([bytes], "picture.jpg", { type: "image/jpeg" }));
  return form;
}

function outcomeOf({ status, headers, body }: Answer): unknown[] {
  return [status, headers.get("Idempotent-Replayed"), body.error?.code ?? null];
}

const REPLAYED = [201, "true", null];
const CONFLICT = [409, null, "idempotency_conflict"];

async function count(query: string): Promise<number> {
  const row = await env.DB.prepare(query).bind(workspace.id).first<{ n: number }>();
  return row?.n ?? 0;
}

const linesOf = (action: string) =>
  count(`SELECT count(*) AS n FROM audit_log WHERE action = '${action}' AND workspace_id = ?`);
const uploadsLeft = () => count("SELECT count(*) AS n FROM media_uploads WHERE workspace_id = ?");

/** The database fails at what it is to write from the nth time on. */
function failWrites(from: number): void {
  const batch = env.DB.batch.bind(env.DB);
  let writes = 0;
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    writes += 1;
    if (writes >= from) throw new Error("D1_ERROR: it is away");
    return batch(statements) as never;
  });
}

describe("a file that is sent again under its key", () => {
  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => unknown]>([
    ["with its length", (bytes) => bytes],
    ["without", streamed],
    ["in a form", formOf],
  ])("%s, is read and not stored; other bytes are another request", async (_how, bodyOf) => {
    expect(PICTURE.byteLength).toBe(OTHER.byteLength);
    const first = await request("POST", "/v1/media", "holiday", bodyOf(PICTURE));
    expect(outcomeOf(first)).toEqual([201, null, null]);
    const put = vi.spyOn(env.MEDIA, "put");
    for (const cached of [true, false]) {
      if (!cached) vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
      const again = await request("POST", "/v1/media", "holiday", bodyOf(PICTURE));
      expect([...outcomeOf(again), again.text]).toEqual([...REPLAYED, first.text]);
      expect(outcomeOf(await request("POST", "/v1/media", "holiday", bodyOf(OTHER)))).toEqual(CONFLICT);
    }
    expect([put.mock.calls.length, await uploadsLeft()]).toEqual([0, 0]);
  });

  it("at the same time as another file leaves nothing of the one that was second", async () => {
    vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
    const files = [PICTURE, OTHER, PICTURE, OTHER];
    const answers = await Promise.all(files.map((file) => request("POST", "/v1/media", "holiday", file)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    const made = answers.filter(({ status }) => status === 201);
    expect(made[0]?.text).toBe(made[1]?.text);
    expect(await count("SELECT count(*) AS n FROM media WHERE workspace_id = ?")).toBe(1);
    expect([await uploadsLeft(), await linesOf("media.created")]).toEqual([0, 1]);
  });

  it("is taken when it was refused before, for a refusal of a file is not remembered", async () => {
    const refused = await request("POST", "/v1/media", "holiday", new Uint8Array(500));
    expect(outcomeOf(refused)).toEqual([400, null, "validation_error"]);
    expect(outcomeOf(await request("POST", "/v1/media", "holiday", PICTURE))).toEqual([201, null, null]);
  });

  it("is not fetched again where it came by its address", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(PICTURE));
    const body = { url: "https://cdn.example.org/a.jpg" };
    const first = await request("POST", "/v1/media", "by address", body);
    const again = await request("POST", "/v1/media", "by address", body);
    expect([...outcomeOf(again), again.text]).toEqual([...REPLAYED, first.text]);
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

describe("an upload in parts", () => {
  async function start(): Promise<string> {
    const { body } = await request("POST", "/v1/media/uploads", null, { bytes: PICTURE.byteLength });
    return `/v1/media/uploads/${body.id}`;
  }

  async function startAndSend(): Promise<string> {
    const path = await start();
    await request("PUT", `${path}/parts/1`, null, PICTURE);
    return path;
  }

  it("has a part whose answer was not stored answered again, and does not store it again", async () => {
    const path = await start();
    // The part is written down, and then nothing more.
    failWrites(2);
    expect((await request("PUT", `${path}/parts/1`, "part", PICTURE)).status).toBe(500);
    vi.restoreAllMocks();
    const resumed = vi.spyOn(env.MEDIA, "resumeMultipartUpload");
    expect(outcomeOf(await request("PUT", `${path}/parts/1`, "part", OTHER))).toEqual(CONFLICT);
    const again = await request("PUT", `${path}/parts/1`, "part", PICTURE);
    expect([again.status, again.body.received_parts]).toEqual([200, [1]]);
    expect(resumed).not.toHaveBeenCalled();
    expect(await linesOf("upload.part_received")).toBe(1);
  });

  it("that is not there is answered so again, for these bytes and no others", async () => {
    const path = "/v1/media/uploads/upload_none/parts/1";
    expect(outcomeOf(await request("PUT", path, "part", PICTURE))).toEqual([404, null, "not_found"]);
    expect(outcomeOf(await request("PUT", path, "part", PICTURE))).toEqual([404, "true", "not_found"]);
    expect(outcomeOf(await request("PUT", path, "part", OTHER))).toEqual(CONFLICT);
  });

  it("that R2 has put together and the database does not know of is completed by the same request", async () => {
    const path = await startAndSend();
    failWrites(1);
    expect((await request("POST", `${path}/complete`, "complete")).status).toBe(500);
    vi.restoreAllMocks();
    const completed = await request("POST", `${path}/complete`, "complete");
    expect(outcomeOf(completed)).toEqual([201, null, null]);
    expect((await request("POST", `${path}/complete`, "complete")).text).toBe(completed.text);
    expect([await linesOf("media.created"), await uploadsLeft()]).toEqual([1, 0]);
  });

  it("is completed once by requests with different keys, and each remembers what it answered", async () => {
    const path = await startAndSend();
    const keys = ["one", "two", null, "three"];
    const answers = await Promise.all(keys.map((key) => request("POST", `${path}/complete`, key)));
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => answers[0]?.text));
    expect(await linesOf("media.created")).toBe(1);
    await call("DELETE", `/v1/media/${answers[0]?.body.id}`, { key: workspace.test });
    vi.spyOn(env.IDEMPOTENCY, "get").mockResolvedValue(null as never);
    for (const key of ["one", "two", "three"]) {
      expect(outcomeOf(await request("POST", `${path}/complete`, key))).toEqual(REPLAYED);
    }
  });
});

it("a rendition that was made before is answered, without a line in the audit log", async () => {
  const { body } = await request("POST", "/v1/media", null, await realPng(160, 200));
  const path = `/v1/media/${body.id}/renditions`;
  const made = await request("POST", path, "first", { for: "instagram" });
  const found = await request("POST", path, "second", { for: "instagram" });
  const again = await request("POST", path, "second", { for: "instagram" });
  expect([made.status, found.status, again.status]).toEqual([201, 200, 200]);
  expect([found.text, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([made.text, made.text, "true"]);
  expect(await linesOf("media.created")).toBe(2);
});
