import type { Io } from "../platform.ts";

/** By this the sandbox's object says that an answer is to be lost. */
export const LOST_ANSWER_HEADER = "X-Sandbox-Lost-Answer";

/** Calls a workspace's sandbox as the network is called: also in that an answer can be lost. */
export function sandboxTransport(sandbox: () => Fetcher): Io["fetch"] {
  return async (url, init) => {
    const response = await sandbox().fetch(url, init);
    if (response.headers.has(LOST_ANSWER_HEADER)) throw new TypeError("the connection was cut");
    return response;
  };
}
