import { inject } from "vitest";
import { client } from "../../e2e/helpers/client.ts";

/** A workspace, as its client and whoever runs the deployment see it. */
export interface TestWorkspace {
  id: string;
  /** With the key of test mode, and with that of live mode. */
  test: Client;
  live: Client;
  /** Makes a link that lets an admin in, once. */
  newLink(): Promise<string>;
  /** The path of a page, in test mode where nothing else is said. */
  at(page: string, mode?: "test" | "live"): string;
}

export type Client = ReturnType<typeof clientOf>;

export async function newWorkspace(name: string): Promise<TestWorkspace> {
  const owner = clientOf(inject("adminToken"));
  const { id, api_keys } = await owner.ask("POST", "/v1/workspaces", { name });
  return {
    id,
    test: clientOf(api_keys.test),
    live: clientOf(api_keys.live),
    newLink: async () => (await owner.ask("POST", `/v1/workspaces/${id}/sign-in-links`, {})).url,
    at: (page, mode = "test") => `/console/${id}/${mode}/${page}`,
  };
}

/** Whoever has a key. */
export function clientOf(key: string) {
  const { call, ended } = client(inject("origin"), key);
  return {
    ended,
    /** @returns the answer's body. @throws Error when the request is refused */
    async ask(method: string, path: string, body?: unknown) {
      const answer = await call(method, path, body);
      if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
      return answer.body;
    },
  };
}
