import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { LoginStandIn } from "../../helpers/login-stand-in.ts";

/** Serves the stand-in for Meta's dialogs, token endpoints and Graph API on loopback, all at one origin. */
export async function startMeta() {
  const meta = new LoginStandIn((address, headers) => fetch(address, { headers }));
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const request = new Request(`http://meta.test${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(body.byteLength > 0 ? { body } : {}),
    });
    const response = await meta.fetch(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    meta,
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
