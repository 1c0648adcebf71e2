import { createServer } from "node:http";
import { LoginStandIn } from "../../helpers/login-stand-in.ts";
import { readRequest } from "../../helpers/node-request.ts";

/** Serves the stand-in for Meta's dialogs, token endpoints and Graph API on loopback, all at one origin. */
export async function startMeta() {
  const meta = new LoginStandIn((address, headers) => fetch(address, { headers }));
  const server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming, "http://meta.test");
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
