import { Agent, request } from "node:http";
import type { Millis } from "../../src/lib/clock.ts";

/** One request. */
export interface Ask {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** What came of one round of requests. */
export interface Load {
  /** How long each answer took, the shortest first. */
  latencies: Millis[];
  perSecond: number;
}

/**
 * Sends requests over so many connections, on each the next when the one before was answered, for so long.
 *
 * @param ask makes the next request
 * @throws when one is not answered as it should be
 */
export async function drive(
  origin: string,
  { connections, span, status }: { connections: number; span: Millis; status: number },
  ask: () => Ask,
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: Millis[] = [];
  const startedAt = performance.now();
  const connection = async () => {
    for (let at = performance.now(); at < startedAt + span; at = performance.now()) {
      const answer = await send(origin, agent, ask());
      if (answer.status !== status) throw new Error(`answered ${answer.status} and not ${status}: ${answer.text}`);
      latencies.push(performance.now() - at);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    agent.destroy();
  }
  const took = performance.now() - startedAt;
  return { latencies: latencies.sort((a, b) => a - b), perSecond: (latencies.length / took) * 1_000 };
}

/** Sends as many requests as there are, over so many connections. @throws as `drive` does */
export async function sendAll(
  origin: string,
  { connections, status }: { connections: number; status: number },
  asks: readonly Ask[],
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const left = asks.values();
  const connection = async () => {
    for (const ask of left) {
      const answer = await send(origin, agent, ask);
      if (answer.status !== status) throw new Error(`answered ${answer.status} and not ${status}: ${answer.text}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    agent.destroy();
  }
}

function send(
  origin: string,
  agent: Agent,
  { method, path, headers, body }: Ask,
): Promise<{ status: number; text: string }> {
  return new Promise((answered, failed) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const sent = request(`${origin}${path}`, { method, agent, headers: { ...headers, ...length } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => answered({ status: response.statusCode ?? 0, text }));
      response.on("error", failed);
    });
    sent.on("error", failed);
    sent.end(body);
  });
}
