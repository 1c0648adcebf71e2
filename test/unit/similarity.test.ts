import { describe, expect, it } from "vitest";
import { isSimilarText, normaliseText } from "../../src/platforms/similarity.ts";

describe("a listed text", () => {
  it.each([
    ["  Hello,\r\n  world ", "Hello, world"],
    ["e\u0301te\u0301", "été"],
    ["a\u200Bb\uFEFFc", "abc"],
    ["♥\uFE0F", "♥"],
    ["Hello world", "Hello\u00A0world"],
  ])("%j is the same as %j", (listed, ours) => {
    expect(normaliseText(listed)).toBe(normaliseText(ours));
  });

  it.each([
    ["Hello world…", "Hello world, and more"],
    ["HELLO WORLD!", "hello world"],
    ["We are open today from nine", "We are open today from nine to five http://…"],
    ["🎉🎉", "🔥"],
  ])("%j could be %j", (listed, ours) => {
    expect(isSimilarText(listed, ours)).toBe(true);
  });

  it.each([
    ["Something else altogether", "Hello world"],
    ["", "Hello world"],
  ])("%j cannot be %j", (listed, ours) => {
    expect(isSimilarText(listed, ours)).toBe(false);
  });
});
