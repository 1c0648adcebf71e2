import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { LostAnswer } from "../../src/platforms/sandbox/graph-answers.ts";
import { SandboxNetwork } from "../../src/platforms/sandbox/network.ts";
import type { SandboxPost, SandboxStore } from "../../src/platforms/sandbox/store.ts";

/** What happens to a call: it is carried out or not, and then answered so. */
export type Mishap =
  /** The connection breaks before the platform heard of it. */
  | "cut before"
  /** The platform acts, and its answer is lost. */
  | "cut after"
  | "500 before"
  | "500 after"
  /** The platform acts and says it would not: looks like spam. */
  | "spam after"
  | "html after"
  | "nonsense after";

/** One call that the stand-in saw, without its token. */
export interface SeenCall {
  method: string;
  /** Path with ids replaced by what they are: `/v26.0/{account}/media`. */
  call: string;
  params: Record<string, string>;
}

/** A Graph API for live mode, in memory, whose answers can be spoilt. */
export class StandIn {
  readonly calls: SeenCall[] = [];
  readonly #mishaps: { matches: RegExp; mishap: Mishap; times: number }[] = [];
  readonly #network: SandboxNetwork;
  readonly #accounts: string[] = [];

  constructor(fetchMedia: (address: string, headers: Record<string, string>) => Promise<Response>) {
    this.#network = new SandboxNetwork({
      store: memoryStore(),
      clock: () => Date.now(),
      fetchMedia,
      permalink: (postId) => `https://social.example/${postId}`,
    });
  }

  open(platform: PlatformId): { externalId: string; token: string } {
    const account = this.#network.openAccount({ platform, username: `a ${platform} account`, behavior: "ok" });
    this.#accounts.push(account.externalId);
    return account;
  }

  posts(externalId: string): SandboxPost[] {
    return this.#network.publicPosts(externalId);
  }

  /** Spoils the next calls that match, as `METHOD path`. */
  spoil(matches: RegExp, mishap: Mishap, times = 1): void {
    this.#mishaps.push({ matches, mishap, times });
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const call = `${url.pathname}`.replaceAll(/\/\d+(_\d+)?/g, (part) =>
      this.#accounts.includes(part.slice(1)) ? "/{account}" : "/{id}",
    );
    const body = request.method === "POST" ? await readForm(request) : url.searchParams;
    this.calls.push({ method: request.method, call, params: Object.fromEntries(body) });
    const planned = this.#mishaps.find(({ matches, times }) => times > 0 && matches.test(`${request.method} ${call}`));
    if (planned) planned.times -= 1;
    return this.#answer(request, planned?.mishap ?? null);
  }

  async #answer(request: Request, mishap: Mishap | null): Promise<Response> {
    if (mishap === "cut before") throw new TypeError("connection refused");
    if (mishap === "500 before") return serviceDown();
    const response = await this.#network.handle(request).catch((error: unknown) => {
      if (error instanceof LostAnswer) throw new TypeError("connection reset");
      throw error;
    });
    switch (mishap) {
      case null:
        return response;
      case "cut after":
        throw new TypeError("connection reset");
      case "500 after":
        return serviceDown();
      case "spam after":
        return Response.json(
          { error: { message: "Looks like spam", code: 4, error_subcode: 2207051 } },
          { status: 400 },
        );
      case "html after":
        return new Response("<html>Sorry, something went wrong.</html>", { status: 502 });
      case "nonsense after":
        return Response.json({ ok: "perhaps" });
    }
  }
}

async function readForm(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
}

function serviceDown(): Response {
  return Response.json({ error: { message: "Service temporarily unavailable", code: 2 } }, { status: 500 });
}

/** A store in memory. */
export function memoryStore(): SandboxStore {
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string) => values.get(key) as T | undefined,
    put: (key, value) => void values.set(key, structuredClone(value)),
    delete: (key) => void values.delete(key),
    list: <T>({ prefix, reverse = false }: { prefix: string; reverse?: boolean }) => {
      const rows = [...values].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
      return (reverse ? rows.reverse() : rows) as [string, T][];
    },
  };
}
