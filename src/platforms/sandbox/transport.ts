import type { Millis } from "../../lib/clock.ts";
import type { Io } from "../platform.ts";

/** By this the sandbox's object says that an answer is to be lost. */
export const LOST_ANSWER_HEADER = "X-Sandbox-Lost-Answer";

/** By this the sandbox's object learns how far the caller's clock is ahead of the real one. */
export const CLOCK_OFFSET_HEADER = "X-Sandbox-Clock-Offset";

/** Calls a workspace's sandbox as the network is called: also in that an answer can be lost. */
export function sandboxTransport(sandbox: () => Fetcher, clockOffset: Millis): Io["fetch"] {
  return async (url, init) => {
    const request = new Request(url, init);
    request.headers.set(CLOCK_OFFSET_HEADER, String(clockOffset));
    const response = await sandbox().fetch(request);
    if (response.headers.has(LOST_ANSWER_HEADER)) throw new TypeError("the connection was cut");
    return response;
  };
}
