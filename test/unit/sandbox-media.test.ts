import { describe, expect, it } from "vitest";
import type { VideoScan } from "../../src/platforms/sandbox/media/mp4.ts";
import { NOTHING_SCANNED, scannedVideo, scanVideo } from "../../src/platforms/sandbox/media/mp4.ts";
import { robotsAllow } from "../../src/platforms/sandbox/media/robots.ts";
import { movie } from "../helpers/movies.ts";
import { jpeg, png } from "../helpers/pictures.ts";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

function scanInChunks(bytes: Uint8Array, size: number): VideoScan {
  let scan = NOTHING_SCANNED;
  for (let at = 0; at < bytes.byteLength; at += size) {
    // As between two calls, where it is stored.
    scan = structuredClone(scanVideo(scan, bytes.subarray(at, at + size)));
  }
  return scan;
}

describe("the reader of videos", () => {
  const bytes = movie({ seconds: 12.5, width: 720, height: 1_280, payload: 300 });
  const facts = {
    bytes: bytes.byteLength,
    durationMs: 12_500,
    width: 720,
    height: 1_280,
    codecs: ["avc1", "mp4a"],
    startsFast: true,
  };

  it.each([1, 7, 100, 1_000_000])("reads the same from chunks of %d bytes", (size) => {
    expect(scannedVideo(scanInChunks(bytes, size))).toEqual(facts);
  });

  it("keeps little of what it has read", () => {
    const scan = scanInChunks(movie({ payload: 1_000_000 }), 10_000);
    expect(scan.pending.byteLength).toBeLessThan(200);
  });

  it("reads where the movie's description comes last", () => {
    const scan = scanInChunks(movie({ startsFast: false }), 50);
    expect(scannedVideo(scan)).toMatchObject({ durationMs: 10_000, startsFast: false });
  });

  it("turns the size of what was filmed upright by a camera that lies", () => {
    const scan = scanInChunks(movie({ width: 1_080, height: 1_920, isTurned: true }), 50);
    expect(scannedVideo(scan)).toMatchObject({ width: 1_080, height: 1_920 });
  });

  it.each<[string, Uint8Array]>([
    ["pictures", jpeg(10, 10)],
    ["a HEIC, which looks like an MP4 at first", movie({ brand: "heic" })],
    ["text", new TextEncoder().encode("this is not a video, whatever its name says")],
    ["nothing", new Uint8Array(0)],
    ["a file without a description", movie().slice(0, 20)],
    ["a file that breaks off", movie().slice(0, -1)],
  ])("does not take %s for a video", (_, other) => {
    expect(scannedVideo(scanInChunks(other, 64))).toBeNull();
  });
});

describe("robots.txt", () => {
  it.each<[boolean, string, string]>([
    [true, "an empty one", ""],
    [false, "a rule for everybody", "User-agent: *\nDisallow: /"],
    [true, "a rule for others", "User-agent: Googlebot\nDisallow: /"],
    [true, "a group of the crawler's own", "User-agent: *\nDisallow: /\n\nUser-agent: facebookexternalhit\nAllow: /"],
    [false, "a group of several agents", "User-agent: x\nUser-agent: FacebookExternalHit\nDisallow: /media # all"],
    [true, "a narrower rule that allows", "User-agent: *\nDisallow: /\nAllow: /media/"],
    [false, "a narrower rule that does not", "User-agent: *\nAllow: /\nDisallow: /media/*"],
    [true, "a rule for another path, and an empty one", "User-agent: *\nDisallow: /private\nDisallow:"],
  ])("allows (%s) by %s", (allows, _, robots) => {
    expect(robotsAllow(robots, "/media/picture.jpg")).toBe(allows);
  });
});

describe("Meta's crawler", () => {
  const IMAGE = { image_url: `${MEDIA}/picture.jpg` };
  const PHOTO = { url: `${MEDIA}/picture.jpg`, published: "false" };

  const both = async (sandbox: TestSandbox) => {
    const [page, account] = [sandbox.open("facebook"), sandbox.open("instagram")];
    return [await account.post(`${account.id}/media`, IMAGE), await page.post(`${page.id}/photos`, PHOTO)].map(faultOf);
  };

  it("asks by its name for the bytes from the first on", async () => {
    const sandbox = new TestSandbox();
    const page = sandbox.open("facebook");
    expect((await page.post(`${page.id}/photos`, PHOTO)).status).toBe(200);
    expect(sandbox.fetched.map(({ address }) => address)).toEqual([`${MEDIA}/robots.txt`, PHOTO.url]);
    expect(sandbox.fetched[1]?.headers).toEqual({ "User-Agent": "facebookexternalhit/1.1", Range: "bytes=0-" });
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ["404", () => new Response(null, { status: 404 })],
    ["403", () => new Response(null, { status: 403 })],
    ["206, as a cache does", () => new Response(jpeg(1_080, 1_080), { status: 206 })],
    ["a connection that breaks", () => Promise.reject(new TypeError("connection reset"))],
  ])("does not take %s", async (_, answer) => {
    const sandbox = new TestSandbox();
    sandbox.web.set(PHOTO.url, answer);
    expect(await both(sandbox)).toEqual([[9004, 2207052], [324]]);
  });

  it("gives up on what takes too long", async () => {
    const sandbox = new TestSandbox();
    sandbox.web.set(PHOTO.url, () => Promise.reject(new DOMException("too slow", "TimeoutError")));
    expect(await both(sandbox)).toEqual([[-2, 2207003], [324]]);
  });

  it("keeps to robots.txt", async () => {
    const sandbox = new TestSandbox();
    sandbox.web.set(`${MEDIA}/robots.txt`, () => new Response("User-agent: facebookexternalhit\nDisallow: /"));
    expect(await both(sandbox)).toEqual([[9004, 2207052], [324]]);
  });

  it.each(["https://scontent.fbcdn.net/x.jpg", "https://media.example/ä.jpg", "no address"])(
    "does not fetch %s",
    async (image_url) => {
      const sandbox = new TestSandbox();
      const account = sandbox.open("instagram");
      sandbox.web.set(image_url, () => new Response(jpeg(1_080, 1_080)));
      expect(faultOf(await account.post(`${account.id}/media`, { image_url }))).toEqual([9004, 2207052]);
    },
  );

  it("tells several pictures in one JPEG from one", async () => {
    const sandbox = new TestSandbox();
    const stereo = jpeg(1_080, 1_080, 100);
    stereo.set(new TextEncoder().encode("MPF\0"), 24);
    const account = sandbox.open("instagram");
    const image_url = sandbox.put("stereo.jpg", stereo);
    expect(faultOf(await account.post(`${account.id}/media`, { image_url }))).toEqual([36001, 2207005]);
  });

  it("takes a PNG for a Page", async () => {
    const sandbox = new TestSandbox();
    sandbox.put("picture.jpg", png(500, 500));
    const page = sandbox.open("facebook");
    expect((await page.post(`${page.id}/photos`, PHOTO)).status).toBe(200);
  });
});
