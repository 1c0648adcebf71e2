import type { Coverage } from "./coverage.ts";
import type { World } from "./world.ts";

/*
 * What a run got to, as the calls between the parts show it.
 */

interface Tagged {
  is?: string;
  because?: string;
  attempt?: number;
}

/** Notes a call to an object with its answer. */
export function observeCall(coverage: Coverage, method: string, args: unknown[], answer: unknown): void {
  if (method === "beginTogether") {
    coverage.reach(method);
    for (const each of answer as unknown[]) observeCall(coverage, "begin", args, each);
    return;
  }
  const { is, because, attempt } = (answer ?? {}) as Tagged;
  if (is === undefined) return;
  if (method === "report") coverage.reach(`report ${(args[1] as Tagged).is}: ${is}`);
  else coverage.reach(`${method}: ${[is, because].filter((word) => word !== undefined).join(" ")}`);
  if (method === "arm" && (attempt ?? 0) > 1) coverage.reach("a second commit");
}

/**
 * Notes a message that was sent.
 *
 * @param sent those before, as JSON
 */
export function observeMessage(coverage: Coverage, body: unknown, sent: Set<string>): void {
  const { kind } = body as { kind: string };
  coverage.reach(`message: ${kind}`);
  if (kind !== "task") return;
  const name = JSON.stringify(body);
  if (sent.has(name)) coverage.reach("a message was sent again");
  sent.add(name);
}

/** Notes a message to the consumer of webhooks. */
export function observeWebhookMessage(coverage: Coverage, body: unknown, sent: Set<string>): void {
  const { kind, asked = false } = body as { kind: string; asked?: boolean };
  coverage.reach(`message: ${kind}${asked ? ", asked for" : ""}`);
  const name = JSON.stringify(body);
  if (sent.has(name)) coverage.reach("a webhook was sent to the queue again");
  sent.add(name);
}

/** Notes what became of webhooks, once all is over. */
export function observeWebhooks({ coverage, sqlite, receivers }: World): void {
  for (const { what, times } of sqlite.all("SELECT what, count(*) AS times FROM simulation_moves GROUP BY what")) {
    coverage.add([[String(what), Number(times)]]);
  }
  const taken = new Set<string>();
  for (const { endpoint, id, isTaken } of receivers.received) {
    if (!isTaken) continue;
    const event = `${endpoint.id} ${id}`;
    if (taken.has(event)) coverage.reach("an endpoint took an event twice");
    taken.add(event);
  }
}
