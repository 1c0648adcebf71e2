import { expect, test } from "vitest";
import type { Measured } from "../bench/measure.ts";
import { median, quantile } from "../bench/numbers.ts";
import { drawPlots } from "../bench/plot.ts";
import type { Lateness } from "../bench/punctuality.ts";
import type { Results } from "../bench/report.ts";
import { missed, paste } from "../bench/report.ts";

const SAMPLE = { p50: 1, p99: 2, perSecond: 100, memory: 300 };

function row(target: number, ratio: number): Measured {
  const row = {
    name: "publish",
    connections: 10,
    status: 202,
    target,
    ask: () => ({ method: "GET", path: "/", headers: {} }),
  };
  return { row, samples: { floor: SAMPLE, ours: SAMPLE }, ratio } as Measured;
}

function late(...late: number[]): Lateness {
  return { late, wrong: 0 };
}

const GOOD: Results = {
  rows: [row(0.8, 0.8), row(0.9, 0.95)],
  idle: late(20, 30, 249),
  herd: { floor: late(100, 1_000), ours: late(100, 1_250) },
  loadBefore: 0,
  startedAt: new Date(0),
};

test("a quantile is a value that is there", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(quantile([7], 0)).toBe(7);
});

test("a median of an even number of values lies between the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test("a run that keeps every target misses none", () => {
  expect(missed(GOOD)).toEqual([]);
});

test.each([
  ["a row that is slower", { rows: [row(0.8, 0.79)] }, /publish at 10: 0\.79/],
  ["an idle post that is late", { idle: late(20, 250) }, /idle p99: 250 ms/],
  ["a post that is early", { idle: late(-1, 20) }, /early/],
  ["a post that is early in a herd", { herd: { ...GOOD.herd, ours: late(-1, 1_000) } }, /early/],
  ["a post that was not published once", { idle: { ...GOOD.idle, wrong: 1 } }, /1 posts were not published/],
  ["a herd that is slower", { herd: { ...GOOD.herd, ours: late(100, 1_260) } }, /the herd: 0\.79/],
])("a run tells of %s", (_, change, told) => {
  const misses = missed({ ...GOOD, ...change });
  expect(misses).toHaveLength(1);
  expect(misses[0]).toMatch(told);
});

test("results take the place of those before", () => {
  const page = "Before.\n\n<!-- results:begin -->\n\nold\n\n<!-- results:end -->\n\nAfter.\n";
  expect(paste(page, "new")).toBe("Before.\n\n<!-- results:begin -->\n\nnew\n\n<!-- results:end -->\n\nAfter.\n");
  expect(() => paste("a page without a place", "new")).toThrow(/no <!-- results:begin -->/);
});

test("a plot says what it is read for, and stays within its frame", () => {
  const drawn = drawPlots([{ title: "Herd", lines: [{ label: "ours", color: "blue", late: [0, 10, 500] }] }]);
  expect(drawn).toContain("ours: p50 10 ms, p99 500 ms, max 500 ms");
  const points = [...drawn.matchAll(/L([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(points.at(-1)?.[1]).toBe(0);
  expect(Math.max(...points.map(([x]) => x))).toBeLessThanOrEqual(360);
});
