import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { RefusalDetails } from "../lib/refusal.ts";
import type { Fault } from "../platforms/platform.ts";

/** The platform's own codes are numbers; a fault for want of an answer has a word of ours. */
const RAW_CODE = /^(-?\d+)(?:\/(\d+))?$/;

/** What a fault adds to the refusal of a request that the platform was asked for: its own answer, and when it lifts. */
export function detailsOf({ code, words, trace, until }: Fault, now: Millis): RefusalDetails {
  const retryAfter = until === undefined ? undefined : Math.max(1, Math.ceil((until - now) / SECOND));
  const [, main, subcode] = RAW_CODE.exec(code) ?? [];
  if (main === undefined) return { retryAfter };
  const platform = {
    code: main,
    ...(subcode !== undefined && { subcode }),
    ...(trace !== undefined && { traceId: trace }),
    ...(words !== undefined && { message: words }),
  };
  return { platform, retryAfter };
}
