import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextAttemptAt, probeWait } from "../../src/webhooks/schedule.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = 1_000_000;

/** The waits after each attempt, without jitter. */
const WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

describe("a delivery", () => {
  it("is attempted twelve times over five days", () => {
    const waits: number[] = [];
    for (let attempts = 1; ; attempts++) {
      const next = nextAttemptAt(attempts, NOW, 0.5, null);
      if (next === null) break;
      waits.push(next - NOW);
    }
    expect(waits).toEqual([...WAITS, 24 * HOUR, 24 * HOUR]);
    expect(waits.length + 1).toBe(12);
    const days = waits.reduce((sum, wait) => sum + wait, 0) / (24 * HOUR);
    expect(days).toBeCloseTo(5.15, 2);
  });

  it("is attempted a fifth earlier or later than that, at random", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, fraction) => {
          const wait = (nextAttemptAt(attempts, NOW, fraction, null) ?? 0) - NOW;
          const base = WAITS[attempts - 1] ?? 0;
          return wait >= 0.8 * base - 1 && wait <= 1.2 * base + 1;
        },
      ),
    );
  });

  it("leaves an endpoint alone for as long as it asks, and no longer than a day", () => {
    expect(nextAttemptAt(1, NOW, 0.5, 2 * HOUR)).toBe(NOW + 2 * HOUR);
    expect(nextAttemptAt(1, NOW, 0.5, 1_000 * HOUR)).toBe(NOW + 24 * HOUR);
    // A shorter wish does not hurry anything.
    expect(nextAttemptAt(5, NOW, 0.5, SECOND)).toBe(NOW + 5 * HOUR);
  });
});

it("an endpoint that is failing is tried after 30 seconds, then ever more rarely, and every 15 minutes at least", () => {
  const waits = [0, 1, 2, 3, 4, 5, 50].map((probes) => probeWait(probes) / SECOND);
  expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
});
