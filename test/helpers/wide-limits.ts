import type { RateLimits } from "../../src/lib/rate-limits.ts";

const WIDE = { burst: 100_000, perMinute: 6_000_000 };

/** Limits that a test does not meet which is about something else. */
export const WIDE_LIMITS: RateLimits = { key: WIDE, workspace: WIDE };
