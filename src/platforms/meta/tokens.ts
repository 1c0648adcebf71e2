import * as z from "zod";
import type { Millis } from "../../lib/clock.ts";
import { SECOND } from "../../lib/clock.ts";
import type { AuthAnswer, AuthIo } from "../platform.ts";
import { faultOfAnswer } from "./faults.ts";
import type { GraphAnswer } from "./graph.ts";

/*
 * What both of Meta's logins say of tokens.
 */

/** An answer that gives a token. `expires_in`, in seconds, may be missing. */
export const TOKEN_ANSWER = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
});

/** When a token ends that ends in so many seconds; null where nobody says. */
export function expiryIn(seconds: number | undefined, now: Millis): Millis | null {
  return seconds === undefined ? null : now + seconds * SECOND;
}

/** Reads Unix seconds, of which 0 means never. */
export function unixTime(seconds: number | undefined): Millis | null {
  return seconds === undefined || seconds === 0 ? null : seconds * SECOND;
}

/** What became of a call that gave no token. */
export function failed(answer: Exclude<GraphAnswer, { is: "ok" }>, io: AuthIo): AuthAnswer<never> {
  return answer.is === "lost" ? { is: "lost" } : { is: "refused", fault: faultOfAnswer(answer, io.now()) };
}
