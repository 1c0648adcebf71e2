/** So many requests at once, and so many more as time goes by. */
export interface RateLimit {
  /** How many may come in one moment after a while of silence: a whole number. */
  burst: number;
  /** How many may come in a minute in the long run; may be a fraction: 100 an hour are 100 / 60. */
  perMinute: number;
}

/** How often a workspace may ask in each of its modes: each of its keys, and all of them together. */
export interface RateLimits {
  key: RateLimit;
  workspace: RateLimit;
}

export const DEFAULT_RATE_LIMITS: RateLimits = {
  key: { burst: 20, perMinute: 300 },
  workspace: { burst: 100, perMinute: 3_000 },
};
