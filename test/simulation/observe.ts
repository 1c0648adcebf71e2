import type { Coverage } from "./coverage.ts";

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
