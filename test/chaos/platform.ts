import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { readParams } from "../../src/platforms/sandbox/graph/request.ts";
import { readRequest } from "../helpers/node-request.ts";
import { StandIn, spoiltAnswer } from "../helpers/stand-in.ts";
import type { PublicPost } from "./history.ts";
import type { CallKind, Liar, Lie } from "./lies.ts";
import { nameOfLie } from "./lies.ts";

/** A commit that the platform heard of. */
export interface Commit {
  platform: PlatformId;
  externalId: string;
  /** The text that it would make public. */
  text: string;
  receivedAt: Millis;
  /** When a true answer was handed over whole; null when none was. */
  answeredAt: Millis | null;
}

/** A call that prepares the post of a text. */
export interface Preparation {
  externalId: string;
  text: string;
  at: Millis;
}

/** More posts a day than any run has. */
const QUOTA = 1_000_000;

/**
 * The stand-in for Meta's Graph API, served on loopback, which lies when it is told to. It lives in this process and so
 * through every kill: what it shows is the log that the API's answers are held against.
 */
export class Platform {
  readonly commits: Commit[] = [];
  readonly preparations: Preparation[] = [];
  /** How often each lie was told, by its name. */
  readonly lies = new Map<string, number>();
  /** Tells `commit` when one was heard of and nothing was done yet. */
  readonly events = new EventEmitter<{ commit: [] }>();
  #liar: Liar | null = null;
  readonly #standIn = new StandIn((address, headers) => fetch(address, { headers }));
  readonly #accounts: { externalId: string; platform: PlatformId }[] = [];
  /** The captions of Instagram's containers. */
  readonly #captions = new Map<string, string>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));

  /** @returns the origin it is served at */
  async listen(): Promise<string> {
    this.#standIn.quotaTotal = QUOTA;
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => {
      this.#server.close(() => closed());
      this.#server.closeAllConnections();
    });
  }

  open(platform: PlatformId): { externalId: string; token: string } {
    const account = this.#standIn.open(platform);
    this.#accounts.push({ externalId: account.externalId, platform });
    return account;
  }

  /** Begins to lie, or is honest from here on; what it still has to do late it does. */
  lieBy(liar: Liar | null): void {
    this.#liar = liar;
    this.#standIn.listingLag = liar?.listingLag ?? 0;
  }

  /** Waits until it does nothing more by itself. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  publicPosts(): PublicPost[] {
    return this.#accounts.flatMap(({ externalId }) => {
      return this.#standIn
        .posts(externalId)
        .map(({ id, text, createdAt }) => ({ externalId, id, text, at: createdAt }));
    });
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const serving = this.#answer(incoming, outgoing);
    this.#underWay.add(serving);
    try {
      await serving;
    } catch (error) {
      // A cut connection, by this side or the other: fetch of Node and the stand-in say both by this class.
      if (!(error instanceof TypeError) && !isReset(error)) throw error;
      incoming.socket.destroy();
    } finally {
      this.#underWay.delete(serving);
    }
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, "http://graph.test");
    const kind = kindOf(request);
    const commit = kind === "commit" ? await this.#note(request) : null;
    const lie = this.#liar?.lieTo(kind) ?? null;
    if (lie) this.lies.set(nameOfLie(lie), (this.lies.get(nameOfLie(lie)) ?? 0) + 1);
    const response = lie ? await this.#lie(request, lie) : await this.#act(request);
    // Not when the caller went away meanwhile.
    outgoing.once("finish", () => {
      if (commit && (lie === null || lie.is === "slow")) commit.answeredAt = Date.now();
    });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  }

  async #lie(request: Request, lie: Lie): Promise<Response> {
    switch (lie.is) {
      case "spoilt":
        if (lie.mishap.endsWith("after")) await this.#act(request);
        return spoiltAnswer(lie.mishap, false);
      case "slow":
      case "too slow": {
        const response = await this.#act(request);
        await sleep(lie.after);
        return response;
      }
      case "acts late":
        await sleep(lie.after);
        return this.#act(request);
    }
  }

  async #act(request: Request): Promise<Response> {
    const params = request.method === "POST" ? (await readParams(request.clone())).values : null;
    const response = await this.#standIn.fetch(request);
    const caption = params?.get("caption");
    if (caption) {
      const externalId = new URL(request.url).pathname.split("/")[2] ?? "";
      this.preparations.push({ externalId, text: caption, at: Date.now() });
      const { id } = (await response.clone().json()) as { id?: string };
      if (id !== undefined) this.#captions.set(id, caption);
    }
    return response;
  }

  async #note(request: Request): Promise<Commit> {
    const { values } = await readParams(request.clone());
    const externalId = new URL(request.url).pathname.split("/")[2] ?? "";
    const platform = this.#accounts.find((account) => account.externalId === externalId)?.platform ?? "facebook";
    const text = values.get("message") ?? this.#captions.get(values.get("creation_id") ?? "") ?? "";
    const commit: Commit = { platform, externalId, text, receivedAt: Date.now(), answeredAt: null };
    this.commits.push(commit);
    this.events.emit("commit");
    return commit;
  }
}

function kindOf(request: Request): CallKind {
  if (request.method !== "POST") return "read";
  return /\/(media_publish|feed)$/.test(new URL(request.url).pathname) ? "commit" : "write";
}

/** Whether the caller went away while it was read. */
function isReset(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE")
  );
}
