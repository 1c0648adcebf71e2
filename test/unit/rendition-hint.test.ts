import { describe, expect, it } from "vitest";
import type { RenditionSource } from "../../src/media/rendition-hint.ts";
import { renditionHint } from "../../src/media/rendition-hint.ts";

const MIB = 1024 * 1024;
const FITS: RenditionSource = { mimeType: "image/jpeg", bytes: MIB, width: 1080, height: 1080, colorSpace: "rgb" };

describe("the hint at a rendition for Instagram", () => {
  it.each<[string, Partial<RenditionSource>]>([
    ["fits", {}],
    ["is as wide as it may be", { width: 1440, height: 1440 }],
    ["is as narrow as it may be", { width: 320, height: 400 }],
    ["is gray", { colorSpace: "gray" }],
    ["has colours nobody knows of", { colorSpace: null }],
    ["is as large as it may be", { bytes: 8 * MIB }],
    ["has any ratio, which a rendition would not change", { width: 1080, height: 1920 }],
  ])("is none where the picture %s", (_name, change) => {
    expect(renditionHint({ ...FITS, ...change }, "instagram")).toBeNull();
  });

  it.each<[string, Partial<RenditionSource>]>([
    ["a PNG", { mimeType: "image/png", colorSpace: null }],
    ["a WebP", { mimeType: "image/webp", colorSpace: null }],
    ["a GIF", { mimeType: "image/gif", colorSpace: null }],
    ["in CMYK", { colorSpace: "cmyk" }],
    ["too large", { bytes: 8 * MIB + 1 }],
    ["a tall PNG, for a story", { mimeType: "image/png", colorSpace: null, height: 1920 }],
    ["too wide", { width: 1441, height: 1441 }],
    ["too narrow", { width: 319, height: 319 }],
  ])("is possible for a picture that is %s", (_name, change) => {
    expect(renditionHint({ ...FITS, ...change }, "instagram")).toEqual({ possible: true });
  });

  it.each<[string, Partial<RenditionSource>, RegExp]>([
    ["a video", { mimeType: "video/mp4" }, /^Videos are not converted/],
    ["HEIC", { mimeType: "image/heic" }, /^HEIC pictures are not converted/],
    ["HEIF", { mimeType: "image/heif" }, /^HEIC pictures are not converted/],
    ["more pixels than can be read", { width: 11_000, height: 11_000 }, /100 megapixels/],
    ["a longer side than can be read", { width: 12_001, height: 8_000 }, /12000 pixels a side/],
    ["a larger file than can be read", { bytes: 100_000_001 }, /100 MB/],
  ])("is impossible for %s, with a sentence that says so", (_name, change, reason) => {
    const hint = renditionHint({ ...FITS, ...change }, "instagram");
    expect(hint).toEqual({ possible: false, reason: expect.stringMatching(reason) });
  });

  it("is none for a platform that takes pictures as they are", () => {
    expect(renditionHint({ ...FITS, mimeType: "image/png" }, "facebook")).toBeNull();
  });
});
