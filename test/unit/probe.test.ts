import { describe, expect, it } from "vitest";
import { probe } from "../../src/media/probe.ts";
import type { Probed } from "../../src/media/probed.ts";
import { rangedFile } from "../../src/media/ranged-file.ts";
import { gif, heic, jpeg, png, webp } from "../helpers/pictures.ts";
import { video } from "../helpers/videos.ts";

/** A file that lets nobody read more than it is asked for, and counts. */
function fileOf(bytes: Uint8Array, size = bytes.byteLength) {
  const reads: number[] = [];
  const file = rangedFile(size, async (offset, length) => {
    reads.push(length);
    expect(offset + length).toBeLessThanOrEqual(size);
    const range = new Uint8Array(length);
    range.set(bytes.subarray(offset, offset + length));
    return range;
  });
  return { file, reads };
}

const probed = (bytes: Uint8Array): Promise<Probed> => probe(fileOf(bytes).file);

async function factsOf(bytes: Uint8Array) {
  const answer = await probed(bytes);
  if (answer.is === "refused") throw new Error(answer.reason);
  return answer.facts;
}

async function reasonOf(bytes: Uint8Array): Promise<string> {
  const answer = await probed(bytes);
  return answer.is === "refused" ? answer.reason : "accepted";
}

describe("a picture", () => {
  it.each<[string, Uint8Array, string]>([
    ["JPEG", jpeg(640, 480), "image/jpeg"],
    ["PNG", png(640, 480), "image/png"],
    ["GIF", gif(640, 480), "image/gif"],
    ["WebP", webp(640, 480), "image/webp"],
    ["HEIC", heic(640, 480), "image/heic"],
  ])("%s is known by its content, with its size", async (_name, bytes, mimeType) => {
    expect(await factsOf(bytes)).toMatchObject({
      mimeType,
      width: 640,
      height: 480,
      durationMs: null,
      fastStart: null,
    });
  });

  it.each([
    [1, "gray"],
    [3, "rgb"],
    [4, "cmyk"],
  ] as const)("JPEG with %i components is %s", async (components, colorSpace) => {
    expect((await factsOf(jpeg(10, 10, { components }))).colorSpace).toBe(colorSpace);
  });

  it("that lies on its side has the size it is shown in", async () => {
    expect(await factsOf(jpeg(640, 480, { orientation: 6 }))).toMatchObject({ width: 480, height: 640 });
    expect(await factsOf(jpeg(640, 480, { orientation: 3 }))).toMatchObject({ width: 640, height: 480 });
    expect(await factsOf(heic(640, 480, 1))).toMatchObject({ width: 480, height: 640 });
    expect(await factsOf(heic(640, 480, 2))).toMatchObject({ width: 640, height: 480 });
  });

  it("with EXIF that makes no sense is as it is stored", async () => {
    const bytes = jpeg(640, 480, { orientation: 6 });
    const at = Buffer.from(bytes).indexOf("Exif");
    bytes.fill(0xff, at + 14, at + 32);
    expect(await factsOf(bytes)).toMatchObject({ width: 640, height: 480 });
  });

  it("may have megabytes before its frame header, and after its end", async () => {
    const bytes = jpeg(640, 480, { padding: 3_000_000, orientation: 6 });
    expect(await factsOf(bytes)).toMatchObject({ width: 480, height: 640, colorSpace: "rgb" });
    const motionPhoto = new Uint8Array(bytes.byteLength + 5_000_000);
    motionPhoto.set(bytes);
    expect(await factsOf(motionPhoto)).toMatchObject({ width: 480, height: 640 });
  });

  it("is not read whole to be known", async () => {
    const bytes = jpeg(640, 480);
    const size = 90_000_000;
    const large = new Uint8Array(size);
    large.set(bytes.subarray(0, bytes.byteLength - 2));
    large.set([0xff, 0xd9], size - 2);
    const { file, reads } = fileOf(large);
    expect((await probe(file)).is).toBe("media");
    expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(1_000_000);
  });

  it.each<[string, Uint8Array, string]>([
    ["JPEG", jpeg(640, 480), "JPEG picture"],
    ["PNG", png(640, 480), "PNG picture"],
    ["GIF", gif(640, 480), "GIF picture"],
    ["WebP", webp(640, 480), "WebP picture"],
    ["HEIC", heic(640, 480), "HEIC picture"],
  ])("%s that is cut short is refused as such, wherever it was cut", async (_name, bytes, kind) => {
    for (let length = 16; length < bytes.byteLength; length++) {
      expect([length, await reasonOf(bytes.subarray(0, length))]).toEqual([
        length,
        `The ${kind} is truncated: its end is missing.`,
      ]);
    }
  });

  it("with a thumbnail's end marker in its header is still truncated", async () => {
    const whole = jpeg(640, 480, { padding: 1_000 });
    const bytes = whole.slice(0, -2);
    bytes.set([0xff, 0xd9], 100);
    expect(await reasonOf(bytes)).toMatch(/truncated/);
  });

  it.each<[string, Uint8Array]>([
    ["a JPEG without a frame", Uint8Array.from([0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9])],
    ["a JPEG with nonsense for a header", Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, 1, 2, 3, 4, 5, 0xff, 0xd9])],
    ["a WebP of no known kind", webp(1, 1).map((byte, index) => (index === 15 ? 0x3f : byte))],
    ["a HEIC without a header", heic(1, 1).map((byte, index) => (index === 28 ? 0x78 : byte))],
  ])("%s is damaged", async (_name, bytes) => {
    expect(await reasonOf(bytes)).toMatch(/damaged/);
  });

  it("without pixels is refused", async () => {
    expect(await reasonOf(png(0, 10))).toBe("The picture has no pixels.");
  });
});

describe("a video", () => {
  it("tells its size, length, codecs and frame rate", async () => {
    expect(await factsOf(await video({ width: 1080, height: 1920, seconds: 3, frameRate: 25, audio: true }))).toEqual({
      mimeType: "video/mp4",
      width: 1080,
      height: 1920,
      durationMs: 3_000,
      frameRate: 25,
      videoCodec: "h264",
      audioCodec: "aac",
      fastStart: true,
      colorSpace: null,
    });
  });

  it("without sound has no audio codec", async () => {
    expect((await factsOf(await video())).audioCodec).toBeNull();
  });

  it("whose index stands last is known by it", async () => {
    const facts = await factsOf(await video({ fastStart: false, frameRate: 60 }));
    expect(facts).toMatchObject({ fastStart: false, frameRate: 60, durationMs: 1_000 });
  });

  it("of QuickTime is known by its brand", async () => {
    expect(await factsOf(await video({ container: "mov" }))).toMatchObject({
      mimeType: "video/quicktime",
      videoCodec: "h264",
    });
  });

  it("that is turned has the size it is shown in", async () => {
    expect(await factsOf(await video({ width: 320, height: 180, rotation: 90 }))).toMatchObject({
      width: 180,
      height: 320,
    });
  });

  it("is known by its index, however large it is", async () => {
    const bytes = await video({ fastStart: true });
    // A box behind it that nobody needs: the file has a gigabyte.
    const size = 1_000_000_000;
    const rest = new DataView(new ArrayBuffer(8));
    rest.setUint32(0, size - bytes.byteLength);
    rest.setUint32(4, 0x66726565);
    const { file, reads } = fileOf(Uint8Array.from([...bytes, ...new Uint8Array(rest.buffer)]), size);
    expect((await probe(file)).is).toBe("media");
    expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(1_000_000);
    expect(reads.length).toBeLessThan(6);
  });

  it.each<[string, Parameters<typeof video>[0]]>([
    ["with its index first", {}],
    ["with its index last", { fastStart: false }],
    ["of QuickTime", { container: "mov" }],
  ])("%s that is cut short is refused as such", async (_name, options) => {
    const bytes = await video(options);
    for (const share of [0.05, 0.3, 0.6, 0.999]) {
      expect(await reasonOf(bytes.subarray(0, Math.floor(bytes.byteLength * share)))).toBe(
        "The video is truncated: its end is missing.",
      );
    }
  });

  it("that is fragmented is refused with what helps", async () => {
    expect(await reasonOf(await video({ container: "fragmented" }))).toMatch(/fragmented .*ffmpeg/);
  });

  it("without an index is not a whole video", async () => {
    const bytes = await video();
    const at = Buffer.from(bytes).indexOf("moov");
    bytes.set(Buffer.from("free"), at);
    expect(await reasonOf(bytes)).toMatch(/no index/);
  });

  it("whose index makes no sense is damaged", async () => {
    const bytes = await video();
    const at = Buffer.from(bytes).indexOf("stbl");
    bytes.fill(0xff, at + 4, at + 60);
    expect(await reasonOf(bytes)).toMatch(/damaged|no video track/);
  });

  it("with any byte of its index spoilt is taken or refused, and breaks nothing", async () => {
    const whole = await video({ audio: true });
    const from = Buffer.from(whole).indexOf("moov");
    for (let at = from; at < Buffer.from(whole).indexOf("mdat"); at++) {
      for (const byte of [0x00, 0x7f, 0xff]) {
        const spoilt = whole.slice();
        spoilt[at] = byte;
        expect(["media", "refused"]).toContain((await probed(spoilt)).is);
      }
    }
  });

  it("that claims billions of frames in a few bytes is not kept busy with", async () => {
    const bytes = await video();
    const at = Buffer.from(bytes).indexOf("stts");
    new DataView(bytes.buffer).setUint32(at + 12, 0xffff_ffff);
    expect(await factsOf(bytes)).toMatchObject({ frameRate: 30, durationMs: 1_000 });
  });
});

describe("what is neither", () => {
  it.each<[string, Uint8Array]>([
    ["a text", new TextEncoder().encode("This is not a picture.")],
    ["a page", new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>")],
    ["a byte", Uint8Array.from([0])],
    ["an AVIF picture", heic(1, 1).map((byte, index) => "\0\0\0\x18ftypavif".charCodeAt(index) || byte)],
    ["a PDF", new TextEncoder().encode("%PDF-1.7")],
  ])("%s is refused", async (_name, bytes) => {
    expect(await reasonOf(bytes)).toMatch(/^The file is not a JPEG, PNG, GIF, WebP or HEIC picture and not an MP4/);
  });

  it("an empty file is said to be empty", async () => {
    expect(await reasonOf(new Uint8Array())).toBe("The file is empty.");
  });

  it("a file of nothing but box headers is given up", async () => {
    const boxes = new Uint8Array(40_000).map((_, index) => "\0\0\0\x08ftyp".charCodeAt(index % 8));
    expect(await reasonOf(boxes)).toMatch(/damaged/);
  });
});
