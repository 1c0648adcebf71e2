import { setTimeout as sleep } from "node:timers/promises";

/** What the API answered over the network. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers and say what they expect to find
  body: any;
}

/** Within the limits of a key, 300 a minute. */
const POLL_MS = 250;

/** A client of one server with one key. It does what a client is asked to do that came too often: it waits. */
export function client(origin: string, key: string) {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined || isForm ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 429) {
      await sleep(Number(response.headers.get("Retry-After")) * 1_000);
      return call(method, path, body, headers);
    }
    const isJson = (response.headers.get("Content-Type") ?? "").includes("application/json");
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
  }

  /** Waits until a post is over. */
  async function ended(id: string): Promise<Answer["body"]> {
    for (;;) {
      const { body } = await call("GET", `/v1/posts/${id}`);
      if (!["queued", "publishing"].includes(body.status)) return body;
      await sleep(POLL_MS);
    }
  }
  return { call, ended };
}
