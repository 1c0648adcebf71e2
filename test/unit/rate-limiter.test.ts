import { afterEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_RATE_LIMITS } from "../../src/lib/rate-limits.ts";
import type { Verdict } from "../../src/limits/decide.ts";
import { createLimiter } from "../../src/limits/rate-limiter.ts";
import { createShield, networkOf } from "../../src/limits/shield.ts";

const CALLER = { workspaceId: "ws_1", mode: "test", id: "key_1" } as const;
const FULL = { remaining: 19, untilMore: 200 };
const ADMITTED: Verdict = { isAdmitted: true, retryAfter: 0, key: FULL, workspace: FULL };
const REFUSED: Verdict = { ...ADMITTED, isAdmitted: false, retryAfter: 5_000, key: { remaining: 0, untilMore: 5_000 } };

/** A limiter whose object answers `answer`, with what it logged and what it was asked. */
function limiterWith(answer: () => Promise<Verdict>) {
  const errors: string[] = [];
  const decide = vi.fn(answer);
  let now = 1_000_000;
  const limit = createLimiter({
    objects: () => ({ decide }),
    clock: () => now,
    log: { info() {}, error: (message) => errors.push(message) },
  });
  return {
    limit: (limits = DEFAULT_RATE_LIMITS, caller = CALLER) => limit(caller, limits),
    decide,
    errors,
    pass: (span: number) => (now += span),
  };
}

afterEach(() => vi.restoreAllMocks());

describe("a limiter", () => {
  it("answers what the object decides, and waits a quarter of a second for it", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    const { limit, errors } = limiterWith(async () => ADMITTED);
    expect(await limit()).toEqual(ADMITTED);
    expect(timeout).toHaveBeenCalledWith(250);
    expect(errors).toEqual([]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("away"))],
    [
      "does not answer in time",
      () => {
        queueMicrotask(() => controller.abort());
        return new Promise<never>(() => {});
      },
    ],
  ])("lets a request pass when the object %s, and says so", async (_name, answer) => {
    controller = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(controller.signal);
    const { limit, errors } = limiterWith(answer);
    expect(await limit()).toBeNull();
    expect(errors).toEqual(["a request passed uncounted: its rate limits could not be decided"]);
  });

  it("remembers a refusal as long as it lasts, and does not ask again meanwhile", async () => {
    const { limit, decide, pass } = limiterWith(async () => REFUSED);
    await limit();
    pass(1_800);
    expect(await limit()).toEqual({
      ...REFUSED,
      retryAfter: 3_200,
      key: { remaining: 0, untilMore: 3_200 },
      workspace: { remaining: 19, untilMore: 0 },
    });
    pass(3_199);
    expect((await limit())?.retryAfter).toBe(1);
    expect(decide).toHaveBeenCalledTimes(1);
    pass(1);
    await limit();
    expect(decide).toHaveBeenCalledTimes(2);
  });

  it("refuses nobody else for it, nor when the limits are others", async () => {
    const { limit, decide } = limiterWith(async () => REFUSED);
    await limit();
    await limit(DEFAULT_RATE_LIMITS, { ...CALLER, id: "key_2" } as never);
    await limit({ ...DEFAULT_RATE_LIMITS, key: { burst: 30, perMinute: 300 } });
    expect(decide).toHaveBeenCalledTimes(3);
  });
});

let controller = new AbortController();

describe("the shield", () => {
  const log = { info() {}, error() {} };

  it("lets everybody pass without a binding, without an address, and when it fails", async () => {
    const limit = vi.fn(async () => ({ success: false }));
    expect(await createShield({ binding: undefined, log })("192.0.2.1")).toBe(false);
    expect(await createShield({ binding: { limit }, log })(null)).toBe(false);
    expect(limit).not.toHaveBeenCalled();
    const errors: string[] = [];
    const failing = { limit: () => Promise.reject(new Error("away")) };
    const shield = createShield({ binding: failing, log: { ...log, error: (message) => errors.push(message) } });
    expect(await shield("192.0.2.1")).toBe(false);
    expect(errors).toEqual(["the shield could not be asked"]);
  });

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("counts %s as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
