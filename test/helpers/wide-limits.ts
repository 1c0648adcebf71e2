import type { RateLimits } from "../../src/lib/rate-limits.ts";

const WIDE = { burst: 10_000, perMinute: 60_000 };

/** The widest limits there can be: a test does not meet them that is about something else. */
export const WIDE_LIMITS: RateLimits = { key: WIDE, workspace: WIDE };
