import { connect } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg } from "../helpers/pictures.ts";
import { realPng } from "../helpers/real-pictures.ts";
import { video } from "../helpers/videos.ts";
import type { Answer } from "./helpers/client.ts";
import { client } from "./helpers/client.ts";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

const MIB = 1024 * 1024;

let project: Project;
let running: Run;
let port: number;
let key: string;
beforeAll(async () => {
  project = newProject();
  port = await freePort();
  running = project.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);
  key = /apionics_test_\w+/.exec(running.output())?.[0] ?? "";
});
afterAll(async () => {
  await running.stop();
  project.remove();
});

/** Sends bytes as the body itself; without a length in pieces, as a client does that does not know it. */
async function send(method: string, path: string, bytes: Uint8Array, saysLength = true): Promise<Answer> {
  const pieces = Array.from({ length: Math.ceil(bytes.byteLength / MIB) }, (_, i) =>
    bytes.subarray(i * MIB, (i + 1) * MIB),
  );
  const response = await fetch(`http://localhost:${port}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/octet-stream" },
    body: (saysLength ? bytes : Readable.toWeb(Readable.from(pieces))) as BodyInit,
    ...(saysLength ? {} : { duplex: "half" }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** A video that a box nobody needs makes large. */
async function largeVideo(size: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await video({ width: 1080, height: 1920, seconds: 2, audio: true });
  const large = new Uint8Array(size);
  large.set(bytes);
  const rest = new DataView(large.buffer, bytes.byteLength);
  rest.setUint32(0, rest.byteLength);
  rest.setUint32(4, 0x66726565);
  return large;
}

describe("a real server", () => {
  it.each([
    ["with its length", true],
    ["without", false],
  ])("takes a body of a hundred megabytes %s", async (_name, saysLength) => {
    const answer = await send("POST", "/v1/media", await largeVideo(100 * MIB), saysLength);
    expect([answer.status, answer.body]).toMatchObject([
      201,
      { bytes: 100 * MIB, kind: "video", duration_ms: 2_000, video_codec: "h264", audio_codec: "aac" },
    ]);
  });

  it.each([
    ["with its length", true],
    ["without", false],
  ])("refuses a body of more %s", async (_name, saysLength) => {
    // A server that does not read on may cut the connection before its answer was read.
    const answer = await send("POST", "/v1/media", await largeVideo(100 * MIB + 1), saysLength).catch(() => null);
    if (answer) expect([answer.status, answer.body.error.code]).toEqual([413, "payload_too_large"]);
    const { body } = await client(`http://localhost:${port}`, key).call("GET", "/v1/media?limit=100");
    expect(body.media.every((each: { bytes: number }) => each.bytes <= 100 * MIB)).toBe(true);
  });

  it("takes a larger file in parts", async () => {
    const { call } = client(`http://localhost:${port}`, key);
    const file = await largeVideo(130 * MIB + 1);
    const { body } = await call("POST", "/v1/media/uploads", { bytes: file.byteLength });
    const numbers = Array.from({ length: body.parts }, (_, index) => index + 1);
    const sendPart = (number: number) =>
      send(
        "PUT",
        `/v1/media/uploads/${body.id}/parts/${number}`,
        file.subarray((number - 1) * body.part_bytes, number * body.part_bytes),
      );
    while (numbers.length > 0) {
      const answers = await Promise.all(numbers.splice(0, 4).map(sendPart));
      for (const answer of answers) expect(answer.status).toBe(200);
    }
    const media = await call("POST", `/v1/media/uploads/${body.id}/complete`);
    expect([media.status, media.body]).toMatchObject([201, { bytes: file.byteLength, width: 1080, height: 1920 }]);
  });

  it("keeps nothing of a body that ends before its length", async () => {
    const { call } = client(`http://localhost:${port}`, key);
    const before = (await call("GET", "/v1/media?limit=100")).text;
    await new Promise<void>((closed) => {
      const socket = connect(port, "localhost", () => {
        const head = [
          "POST /v1/media HTTP/1.1",
          "Host: localhost",
          `Authorization: Bearer ${key}`,
          "Content-Type: image/jpeg",
          "Content-Length: 100000",
        ];
        socket.write(`${head.join("\r\n")}\r\n\r\n`);
        socket.write(jpeg(400, 400));
        setTimeout(() => socket.destroy(), 200);
      });
      socket.on("close", () => closed());
      socket.on("error", () => {});
    });
    expect((await call("GET", "/v1/media?limit=100")).text).toBe(before);
    expect((await send("POST", "/v1/media", jpeg(400, 400))).status).toBe(201);
  });

  it("makes a rendition that Instagram takes, and publishes it", async () => {
    const { call, ended } = client(`http://localhost:${port}`, key);
    const account = await call("POST", "/v1/accounts/sandbox", { platform: "instagram", username: "e2e" });
    const source = await send("POST", "/v1/media", await realPng(1600, 1200));
    const post = (media: string) =>
      call("POST", "/v1/publish", { content: "x", accounts: [account.body.id], media: [media] });
    expect((await post(source.body.id)).status).toBe(400);
    const rendition = await call("POST", `/v1/media/${source.body.id}/renditions`, { for: "instagram" });
    expect([rendition.status, rendition.body]).toMatchObject([
      201,
      { mime_type: "image/jpeg", width: 1440, height: 1080 },
    ]);
    const accepted = await post(rendition.body.id);
    expect((await ended(accepted.body.id)).status).toBe("published");
  });
});
