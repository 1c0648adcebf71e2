import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RateLimit, RateLimits } from "../../src/lib/rate-limits.ts";
import { DEFAULT_RATE_LIMITS } from "../../src/lib/rate-limits.ts";
import type { ArrivalTimes } from "../../src/limits/decide.ts";
import { decide } from "../../src/limits/decide.ts";
import type { Micros } from "../../src/limits/gcra.ts";
import { admit, bound, standingOf, UNUSED } from "../../src/limits/gcra.ts";

const START = Date.UTC(2026, 10, 2);

const anyLimit: fc.Arbitrary<RateLimit> = fc.record({
  burst: fc.integer({ min: 1, max: 200 }),
  perMinute: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.double({ min: 1 / 60, max: 500, noNaN: true })),
});
const anyLimits: fc.Arbitrary<RateLimits> = fc.record({ key: anyLimit, workspace: anyLimit });
/** Pauses between requests: mostly none or short ones, as of a client in a hurry. */
const anyPauses = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(300) }, fc.nat(120_000)),
  { minLength: 1, maxLength: 300 },
);

/** Asks as long as there are pauses. @returns the times of what was admitted */
function ask(limit: RateLimit, pauses: number[]): { tat: Micros; now: number; admitted: number[] } {
  let tat = UNUSED;
  let now = START;
  const admitted: number[] = [];
  for (const pause of pauses) {
    now += pause;
    if (standingOf(tat, limit, now).remaining === 0) continue;
    tat = admit(tat, limit, now);
    admitted.push(now);
  }
  return { tat, now, admitted };
}

describe("a limit", () => {
  it("admits in no span of time more than may come at once and what the span brings", () => {
    fc.assert(
      fc.property(anyLimit, anyPauses, (limit, pauses) => {
        const { admitted } = ask(limit, pauses);
        for (let from = 0; from < admitted.length; from++) {
          for (let to = from; to < admitted.length; to++) {
            const span = (admitted[to] ?? 0) - (admitted[from] ?? 0);
            if (to - from + 1 > limit.burst + (span * limit.perMinute) / 60_000 + 1e-6) return false;
          }
        }
        return true;
      }),
    );
  });

  it("admits exactly as many at once as it says", () => {
    fc.assert(
      fc.property(anyLimit, anyPauses, (limit, pauses) => {
        const { tat, now } = ask(limit, pauses);
        const { remaining } = standingOf(tat, limit, now);
        expect(remaining).toBeGreaterThanOrEqual(0);
        expect(remaining).toBeLessThanOrEqual(limit.burst);
        let later = tat;
        for (let i = 0; i < remaining; i++) {
          expect(standingOf(later, limit, now).remaining).toBe(remaining - i);
          later = admit(later, limit, now);
        }
        expect(standingOf(later, limit, now).remaining).toBe(0);
      }),
    );
  });

  it("has one more after exactly the wait it says, and not a millisecond before", () => {
    fc.assert(
      fc.property(anyLimit, anyPauses, (limit, pauses) => {
        const { tat, now } = ask(limit, pauses);
        const { remaining, untilMore } = standingOf(tat, limit, now);
        if (untilMore === 0) {
          expect(remaining).toBe(limit.burst);
          return;
        }
        expect(standingOf(tat, limit, now + untilMore - 1).remaining).toBe(remaining);
        expect(standingOf(tat, limit, now + untilMore).remaining).toBe(remaining + 1);
      }),
    );
  });

  it("serves whoever waits as it says, for ever", () => {
    fc.assert(
      fc.property(anyLimit, anyPauses, (limit, pauses) => {
        let { tat, now } = ask(limit, pauses);
        for (let i = 0; i < 50; i++) {
          const { remaining, untilMore } = standingOf(tat, limit, now);
          if (remaining === 0) now += untilMore;
          expect(standingOf(tat, limit, now).remaining).toBeGreaterThan(0);
          tat = admit(tat, limit, now);
        }
      }),
    );
  });

  it("is no worse for a clock that is set back than one that is used up", () => {
    const limit = DEFAULT_RATE_LIMITS.key;
    const { tat, now } = ask(limit, Array(20).fill(0));
    const earlier = now - 3_600_000;
    expect(standingOf(bound(tat, limit, earlier), limit, earlier)).toEqual({ remaining: 0, untilMore: 200 });
  });

  it("of 100 an hour admits 100 at once, and then one every 36 seconds", () => {
    const limit = { burst: 100, perMinute: 100 / 60 };
    const { tat, now, admitted } = ask(limit, Array(1_000).fill(0));
    expect(admitted).toHaveLength(100);
    expect(standingOf(tat, limit, now)).toEqual({ remaining: 0, untilMore: 36_000 });
  });
});

describe("a request with two limits", () => {
  const anyState: fc.Arbitrary<ArrivalTimes> = fc.record({
    key: fc.integer({ min: 0, max: 60_000_000 }).map((ahead) => START * 1_000 + ahead),
    workspace: fc.integer({ min: 0, max: 60_000_000 }).map((ahead) => START * 1_000 + ahead),
  });

  it("takes of both, or of neither, and is admitted when both have room", () => {
    fc.assert(
      fc.property(anyLimits, anyState, (limits, before) => {
        const { verdict, times } = decide(before, limits, START);
        const rooms = [
          standingOf(bound(before.key, limits.key, START), limits.key, START).remaining,
          standingOf(bound(before.workspace, limits.workspace, START), limits.workspace, START).remaining,
        ];
        expect(verdict.isAdmitted).toBe(rooms.every((room) => room > 0));
        const taken = verdict.isAdmitted ? 1 : 0;
        expect([verdict.key.remaining, verdict.workspace.remaining]).toEqual(rooms.map((room) => room - taken));
        if (verdict.isAdmitted) return;
        expect(times.key).toBeLessThanOrEqual(before.key);
        expect(decide(times, limits, START)).toEqual({ verdict, times });
      }),
    );
  });

  it("is admitted after exactly the wait it is told, and not a millisecond before", () => {
    fc.assert(
      fc.property(anyLimits, anyState, (limits, before) => {
        const { verdict, times } = decide(before, limits, START);
        if (verdict.isAdmitted) return;
        expect(decide(times, limits, START + verdict.retryAfter - 1).verdict.isAdmitted).toBe(false);
        expect(decide(times, limits, START + verdict.retryAfter).verdict.isAdmitted).toBe(true);
      }),
    );
  });
});
