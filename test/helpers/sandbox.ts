import type { Millis } from "../../src/lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../src/lib/vocabulary.ts";
import { SandboxNetwork } from "../../src/platforms/sandbox/network.ts";
import type { SandboxUser } from "../../src/platforms/sandbox/store.ts";
import type { Switches } from "../../src/platforms/sandbox/switches.ts";
import { DEFAULT_SWITCHES } from "../../src/platforms/sandbox/switches.ts";
import { UsageMeter } from "../../src/platforms/sandbox/usage.ts";
import { memoryStore } from "./memory-store.ts";
import { movie } from "./movies.ts";
import { jpeg } from "./pictures.ts";

/** Where the sandbox's media lie in these tests. */
export const MEDIA = "https://media.example";

/** What the simulated API answered. */
export interface GraphAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers and say what they expect to find
  body: any;
}

/** A simulated network with a clock that the test moves, and a web of files that it may fetch. */
export class TestSandbox {
  now: Millis = Date.parse("2026-11-01T12:00:00Z");
  readonly switches: Switches = { ...DEFAULT_SWITCHES };
  /** The answers that the web gives, by address. What is not there is answered 404. */
  readonly web = new Map<string, () => Response | Promise<Response>>();
  /** What was fetched, with the headers it was fetched with. */
  readonly fetched: { address: string; headers: Record<string, string> }[] = [];
  readonly network = new SandboxNetwork({
    usage: new UsageMeter(),
    store: memoryStore(),
    clock: () => this.now,
    fetchMedia: async (address, headers) => {
      this.fetched.push({ address, headers });
      return this.web.get(address)?.() ?? new Response(null, { status: 404 });
    },
    permalink: (postId) => `https://social.example/${postId}`,
    switches: this.switches,
  });

  constructor() {
    this.put("picture.jpg", jpeg(1080, 1080));
    this.put("other.jpg", jpeg(1080, 1350));
    this.put("video.mp4", movie());
  }

  /** Puts a file on the web, and answers where. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>): string {
    this.web.set(`${MEDIA}/${name}`, () => new Response(bytes));
    return `${MEDIA}/${name}`;
  }

  /** Opens an account, and gives the calls that can be made with its token. */
  open(platform: PlatformId, behavior: SandboxBehavior = "ok", login: SandboxUser["login"] = "facebook") {
    const { externalId: id, token } = this.network.openAccount({ platform, username: "someone", behavior, login });
    const host = login === "facebook" ? "graph.facebook.com" : "graph.instagram.com";
    const call = (method: string, path: string, params: Record<string, string> | FormData = {}) => {
      const url = new URL(`https://${host}/v26.0/${path}`);
      const init: RequestInit = { method, headers: { Authorization: `Bearer ${token}` } };
      if (params instanceof FormData) init.body = params;
      else if (method === "POST") init.body = new URLSearchParams(params);
      else for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
      return this.send(new Request(url, init));
    };
    return {
      id,
      token,
      call,
      get: (path: string, params: Record<string, string> = {}) => call("GET", path, params),
      post: (path: string, params: Record<string, string> | FormData = {}) => call("POST", path, params),
      /** Sends bytes, or the address of a file, to the host for uploads. */
      upload: (address: string, headers: Record<string, string>, bytes?: Uint8Array<ArrayBuffer>) => {
        const init = { method: "POST", headers: { Authorization: `OAuth ${token}`, ...headers } };
        return this.send(new Request(address, bytes ? { ...init, body: bytes } : init));
      },
      posts: () => this.network.publicPosts(id),
    };
  }

  async send(request: Request): Promise<GraphAnswer> {
    const response = await this.network.handle(request);
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}

/** What an error answer is known by. */
export function faultOf({ body }: GraphAnswer): [code: number, subcode?: number] {
  const { code, error_subcode } = body.error;
  return error_subcode === undefined ? [code] : [code, error_subcode];
}
