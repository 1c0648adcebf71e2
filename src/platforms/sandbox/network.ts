import type { Clock, Millis } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { authenticate } from "./authenticate.ts";
import { beforeAnswering, beforeCalling } from "./behavior.ts";
import type { NetworkContext, SandboxCall } from "./call.ts";
import { GraphFailure, graphJson, invalidParameter } from "./graph/answers.ts";
import { readParams } from "./graph/request.ts";
import { SandboxRecords } from "./records.ts";
import { isSearch, route } from "./route.ts";
import type { SandboxPost, SandboxStore, SandboxUser } from "./store.ts";
import type { Switches } from "./switches.ts";
import { isRupload, receiveUpload } from "./uploads/rupload.ts";
import type { UsageMeter } from "./usage.ts";
import { appUsageHeaders, usageHeaders } from "./usage.ts";

/** What the simulated network needs from where it runs. */
export interface NetworkDeps {
  store: SandboxStore;
  clock: Clock;
  /** Fetches media as Meta's crawlers do. */
  fetchMedia(address: string, headers: Record<string, string>): Promise<Response>;
  /** Where followers see a post. */
  permalink(postId: string): string;
  /** Read at every call: a test may turn them. */
  switches: Readonly<Switches>;
  usage: UsageMeter;
}

/** Which public posts are asked for. */
export interface PublicPage {
  /** Those of one account alone. */
  userId?: string | null;
  limit?: number;
  /** As the page before answered it. */
  cursor?: string | null;
}

/** A page of what all accounts show, newest first. */
export interface PublicPosts {
  posts: SandboxPost[];
  /** What the next page is asked for with; null when this is the last. */
  nextCursor: string | null;
}

const VERSIONS = { oldest: 21, newest: 27 };
const METHODS: readonly string[] = ["GET", "POST", "DELETE"] satisfies SandboxCall["method"][];
const MAX_PAGE = 100;

/**
 * A simulated social network that speaks the Graph API: paths, parameters, containers, delays, error envelopes. Test
 * mode runs the real platform code against it, so it knows nothing of this API's own objects. Where Meta's behaviour is
 * not documented it takes the unfriendlier of the possible ones, or has a switch.
 */
export class SandboxNetwork {
  readonly #context: NetworkContext;
  readonly #usage: UsageMeter;

  constructor({ store, usage, ...deps }: NetworkDeps) {
    this.#usage = usage;
    this.#context = { ...deps, records: new SandboxRecords(store), newId: randomDigits };
  }

  /**
   * Opens an account.
   *
   * @param account.login whose login its token is of: Facebook's, which serves Pages and Instagram alike, unless said
   */
  openAccount(account: {
    platform: PlatformId;
    username: string;
    behavior: SandboxBehavior;
    login?: SandboxUser["login"];
  }) {
    const { platform, username, behavior, login = "facebook" } = account;
    const [id, businessId] = [randomDigits(17), randomDigits(16)];
    const token = `${login === "facebook" ? "EAA" : "IGAA"}${randomDigits(40)}`;
    const user = { id, platform, username, behavior, token, login, businessId, calls: {}, throttledUntil: null };
    this.#context.records.saveUser(user);
    return { externalId: id, token };
  }

  /** A public post, by its id or that of a picture or video it shows, as a follower would see it. */
  publicPost(id: string): SandboxPost | null {
    const { records, clock } = this.#context;
    const post = records.post(id) ?? records.postOfMedia(id);
    return post && post.createdAt <= clock() ? post : null;
  }

  /** The public posts of an account, stories and reels too, newest first. */
  publicPosts(userId: string): SandboxPost[] {
    const { records } = this.#context;
    const posts = (["feed", "reel", "story"] as const).flatMap((surface) => [
      ...records.posts(userId, surface, this.#past()),
    ]);
    return posts.sort(([a], [b]) => (a > b ? -1 : 1)).map(([, post]) => post);
  }

  /** The public posts of all accounts, or of one, newest first, up to 100 a page. */
  allPosts({ userId = null, limit = MAX_PAGE, cursor = null }: PublicPage = {}): PublicPosts {
    const size = Math.min(limit, MAX_PAGE);
    const page: [place: string, post: SandboxPost][] = [];
    for (const row of this.#context.records.allPosts(this.#past(), cursor)) {
      if (userId !== null && row[1].userId !== userId) continue;
      if (page.length === size) return { posts: page.map(([, post]) => post), nextCursor: page.at(-1)?.[0] ?? null };
      page.push(row);
    }
    return { posts: page.map(([, post]) => post), nextCursor: null };
  }

  /** Forgets every post that was public at a moment. What was still being processed becomes public all the same. */
  clearPosts(at: Millis): void {
    const { records } = this.#context;
    for (const [, post] of [...records.allPosts({ from: 0, to: at + 1 })]) records.deletePost(post);
  }

  #past() {
    return { from: 0, to: this.#context.clock() + 1 };
  }

  /**
   * Answers a call.
   *
   * @throws LostAnswer when the call was carried out and its answer is to be dropped
   */
  async handle(request: Request): Promise<Response> {
    if (isRupload(new URL(request.url))) return receiveUpload(this.#context, request);
    let headers = {};
    try {
      const call = await this.#readCall(request);
      headers = this.#usageHeaders(call);
      beforeCalling(this.#context, call);
      const answer = await route(this.#context, call);
      beforeAnswering(call);
      return graphJson(answer, 200, headers);
    } catch (error) {
      if (!(error instanceof GraphFailure)) throw error;
      const response = error.toResponse(`A${randomDigits(20)}`);
      // A throttled call says by itself what is used.
      for (const [name, value] of Object.entries<string>(headers)) {
        if (!response.headers.has(name)) response.headers.set(name, value);
      }
      return response;
    }
  }

  async #readCall(request: Request): Promise<SandboxCall> {
    const url = new URL(request.url);
    const [version, ...path] = url.pathname.split("/").filter((part) => part !== "");
    const major = Number(/^v(\d+)\.0$/.exec(version ?? "")?.[1] ?? "0");
    if (major < VERSIONS.oldest || major > VERSIONS.newest) {
      throw new GraphFailure(2500, null, `Unknown path components: /${version ?? ""}`);
    }
    const { values: params, files } = await readParams(request);
    const user = await authenticate(this.#context, request, params);
    if (!METHODS.includes(request.method)) throw invalidParameter(`Unsupported ${request.method} request.`);
    const method = request.method as SandboxCall["method"];
    const [nodeId, edge = null, ...rest] = path;
    if (nodeId === undefined || rest.length > 0) throw new GraphFailure(2500, null, "Unknown path components: /");
    return { method, url, user, nodeId: nodeId === "me" ? user.id : nodeId, edge, params, files };
  }

  #usageHeaders(call: SandboxCall): Record<string, string> {
    const now = this.#context.clock();
    if (isSearch(call)) return appUsageHeaders(this.#usage.count("app", now));
    return usageHeaders(call.user, this.#usage.count(call.user.id, now), now);
  }
}

function randomDigits(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  // Not 0 in front: a number's text has none either.
  return Array.from(bytes, (byte, index) => (index === 0 ? 1 + (byte % 9) : byte % 10)).join("");
}
