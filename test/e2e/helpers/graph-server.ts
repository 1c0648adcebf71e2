import { createServer } from "node:http";
import { readRequest } from "../../helpers/node-request.ts";
import { StandIn } from "../../helpers/stand-in.ts";

/** Serves the stand-in for Meta's Graph API on loopback. A lost answer is a connection that is cut. */
export async function startGraph() {
  const standIn = new StandIn((address, headers) => fetch(address, { headers }));
  const server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming, "http://graph.test");
    try {
      const response = await standIn.fetch(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    } catch {
      incoming.socket.destroy();
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    standIn,
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
