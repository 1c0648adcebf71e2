import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

/** What an endpoint does with a request. */
export type Conduct =
  | { is: "takes" }
  /** Takes it, and answers so many milliseconds later. */
  | { is: "is slow"; after: number }
  | { is: "answers 500" }
  | { is: "cuts before" }
  /** Takes it, and its answer is lost on the way. */
  | { is: "cuts after" }
  /** Keeps the connection open and never answers. */
  | { is: "hangs" };

/** A request that an endpoint heard to its end. */
export interface Received {
  /** Its `webhook-id`. */
  id: string;
  body: string;
  at: number;
  /** Whether it is an event that the endpoint knows from now on. */
  isTaken: boolean;
  /** Whether its signature is the endpoint's, by the receivers' own library. */
  isGenuine: boolean;
}

const TAKING: readonly Conduct["is"][] = ["takes", "is slow", "cuts after"];

/**
 * An endpoint as a client of ours has one, served on loopback. It checks what it is sent with the library that the
 * standard gives to receivers, so that nothing of ours judges our own signatures.
 */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Tells `heard` in the tick in which a request arrived and nothing was answered yet. */
  readonly events = new EventEmitter<{ heard: [received: Received] }>();
  /** How it treats a request. */
  conduct: () => Conduct = () => ({ is: "takes" });
  readonly #library: Webhook;
  readonly #server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));

  constructor(secret: string) {
    this.#library = new Webhook(secret);
    // What hangs is ended by the other side or by `close`, not by Node.
    this.#server.requestTimeout = 0;
  }

  /** @returns its address */
  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", 4_096, listening));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/hook`;
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => {
      this.#server.close(() => closed());
      this.#server.closeAllConnections();
    });
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const conduct = this.conduct();
    if (conduct.is === "cuts before") {
      incoming.socket.destroy();
      return;
    }
    const body = await read(incoming);
    // The caller was ended before it had said all.
    if (body === null) return;
    const id = String(incoming.headers["webhook-id"]);
    const isTaken = TAKING.includes(conduct.is);
    const received = { id, body, at: Date.now(), isTaken, isGenuine: this.#isGenuine(incoming, body) };
    this.received.push(received);
    this.events.emit("heard", received);
    if (conduct.is === "hangs") return;
    if (conduct.is === "is slow") await sleep(conduct.after);
    if (conduct.is === "cuts after") incoming.socket.destroy();
    else outgoing.writeHead(conduct.is === "answers 500" ? 500 : 204).end();
  }

  #isGenuine(incoming: IncomingMessage, body: string): boolean {
    try {
      this.#library.verify(body, incoming.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }
}

async function read(incoming: IncomingMessage): Promise<string | null> {
  try {
    return (await buffer(incoming)).toString("utf8");
  } catch {
    return null;
  }
}
