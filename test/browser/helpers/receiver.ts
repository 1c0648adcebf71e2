import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An endpoint on loopback that takes all webhooks but those of failures. It answers with the `answer` of its address. */
export async function startReceiver() {
  const server = createServer(async (incoming, outgoing) => {
    const { type } = JSON.parse(await text(incoming));
    const answer = new URL(incoming.url ?? "", "http://receiver.test").searchParams.get("answer");
    outgoing.writeHead(type === "publish.failed" ? 500 : 200, { "Content-Type": "text/html" }).end(answer);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
