import { describe, expect, it } from "vitest";
import { parseTimestamp, printTime, roundUpToSecond } from "../../src/lib/time.ts";

describe("parseTimestamp", () => {
  it.each([
    ["2026-06-01T09:00:00Z", "2026-06-01T09:00:00.000Z"],
    ["2026-06-01t09:00:00z", "2026-06-01T09:00:00.000Z"],
    ["2026-06-01T11:00:00+02:00", "2026-06-01T09:00:00.000Z"],
    ["2026-06-01T03:30:00-05:30", "2026-06-01T09:00:00.000Z"],
    ["2026-06-01T09:00:00.25Z", "2026-06-01T09:00:00.250Z"],
    ["2026-06-01T09:00:00.123456789Z", "2026-06-01T09:00:00.123Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["2026-12-31T23:59:59-00:00", "2026-12-31T23:59:59.000Z"],
  ])("reads %s", (text, expected) => {
    const at = parseTimestamp(text);
    expect(at === null ? null : new Date(at).toISOString()).toBe(expected);
  });

  it.each([
    "",
    "now",
    "2026-06-01",
    "2026-06-01T09:00Z",
    "2026-06-01T09:00:00",
    "2026-06-01T09:00:00+0200",
    "2026-02-29T09:00:00Z",
    "2026-13-01T09:00:00Z",
    "2026-06-01T24:00:00Z",
    "2026-06-01T09:60:00Z",
    "2026-06-01T09:00:60Z",
    "2026-06-01T09:00:00+24:00",
    "2026-06-01T09:00:00Z ",
    "Mon, 01 Jun 2026 09:00:00 GMT",
    "1780304400",
  ])("refuses %j", (text) => {
    expect(parseTimestamp(text)).toBeNull();
  });
});

it("prints times in UTC to the second", () => {
  expect(printTime(Date.UTC(2026, 5, 1, 9, 0, 0, 999))).toBe("2026-06-01T09:00:00Z");
});

it("rounds schedules up, never down", () => {
  expect(roundUpToSecond(1_000)).toBe(1_000);
  expect(roundUpToSecond(1_001)).toBe(2_000);
});
