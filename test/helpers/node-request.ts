import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

/**
 * Reads what a Node server receives as a `Request`.
 *
 * @param origin where the request is said to have been sent
 */
export async function readRequest(incoming: IncomingMessage, origin: string): Promise<Request> {
  const body = await buffer(incoming);
  return new Request(`${origin}${incoming.url}`, {
    method: incoming.method ?? "GET",
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]),
    ...(body.byteLength > 0 ? { body } : {}),
  });
}
