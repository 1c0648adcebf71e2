import type { Clock } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { beforeAnswering, beforeCalling } from "./behavior.ts";
import { callPage } from "./facebook-page.ts";
import { GraphFailure, graphJson, parseFields, pickFields } from "./graph-answers.ts";
import { callInstagramUser, containerNode } from "./instagram-user.ts";
import { postNode } from "./post-node.ts";
import type { SandboxPost, SandboxStore, SandboxUser } from "./store.ts";
import { SandboxRecords } from "./store.ts";

/** What the simulated network needs from where it runs. */
export interface NetworkDeps {
  store: SandboxStore;
  clock: Clock;
  /** Fetches media as Meta's crawlers do. */
  fetchMedia(address: string, headers: Record<string, string>): Promise<Response>;
  /** Where followers see a post. */
  permalink(postId: string): string;
}

/** One call to the simulated API, taken apart. */
export interface SandboxCall {
  method: "GET" | "POST";
  user: SandboxUser;
  params: URLSearchParams;
}

/** What the edges of the simulated API work with. */
export interface NetworkContext extends NetworkDeps {
  records: SandboxRecords;
  /** A new id: digits, more than a number can hold. */
  newId(digits: number): string;
}

const VERSIONS = { oldest: 21, newest: 27 };

/**
 * A simulated social network that speaks the Graph API: paths, parameters, containers, delays, error envelopes. Test
 * mode runs the real platform code against it, so it knows nothing of this API's own objects. Where Meta's behaviour is
 * not documented it takes the unfriendlier of the possible ones.
 */
export class SandboxNetwork {
  readonly #context: NetworkContext;

  constructor(deps: NetworkDeps) {
    this.#context = { ...deps, records: new SandboxRecords(deps.store), newId: randomDigits };
  }

  /** Opens an account. Its token is of Facebook Login's family, which serves Pages and Instagram alike. */
  openAccount(account: { platform: PlatformId; username: string; behavior: SandboxBehavior }) {
    const id = this.#context.newId(17);
    const token = `EAA${randomDigits(40)}`;
    this.#context.records.saveUser({ ...account, id, token, calls: {} });
    return { externalId: id, token };
  }

  /** A public post, as a follower would see it. */
  publicPost(id: string): SandboxPost | null {
    return this.#context.records.post(id) ?? null;
  }

  /** The public posts of an account, newest first. */
  publicPosts(userId: string): SandboxPost[] {
    return [...this.#context.records.posts(userId)];
  }

  /**
   * Answers a call.
   *
   * @throws LostAnswer when the call was carried out and its answer is to be dropped
   */
  async handle(request: Request): Promise<Response> {
    try {
      return await this.#answer(request);
    } catch (error) {
      if (error instanceof GraphFailure) return error.toResponse(`A${randomDigits(20)}`);
      throw error;
    }
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [version, ...path] = url.pathname.split("/").filter((part) => part !== "");
    const major = Number(/^v(\d+)\.0$/.exec(version ?? "")?.[1] ?? "0");
    if (major < VERSIONS.oldest || major > VERSIONS.newest) {
      throw new GraphFailure(2500, null, `Unknown path components: /${version ?? ""}`);
    }
    const method = request.method;
    if (method !== "GET" && method !== "POST") throw new GraphFailure(100, null, `Unsupported ${method} request.`);
    const params = await readParams(request, url);
    const user = this.#authenticate(request, params);
    const [nodeId, edge] = path;
    if (nodeId === undefined || path.length > 2) throw new GraphFailure(2500, null, "Unknown path components: /");
    const call: SandboxCall = { method, user, params };
    beforeCalling(this.#context, call, edge ?? "node");
    const answer = await this.#route(call, nodeId === "me" ? user.id : nodeId, edge);
    beforeAnswering(call, edge ?? "node");
    return graphJson(answer);
  }

  #authenticate(request: Request, params: URLSearchParams): SandboxUser {
    const bearer = /^Bearer (.+)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
    const token = bearer ?? params.get("access_token");
    if (token === null) {
      throw new GraphFailure(2500, null, "An active access token must be used to query information.");
    }
    const user = this.#context.records.userOfToken(token);
    if (!user) throw new GraphFailure(190, null, "Invalid OAuth access token - Cannot parse access token");
    return user;
  }

  async #route(call: SandboxCall, nodeId: string, edge: string | undefined): Promise<object> {
    if (edge !== undefined) {
      if (nodeId !== call.user.id) throw missingNode(nodeId);
      if (call.user.platform === "facebook") return callPage(this.#context, call, edge);
      return callInstagramUser(this.#context, call, edge);
    }
    if (call.method !== "GET") throw new GraphFailure(100, null, "Unsupported post request.");
    const node = this.#node(call, nodeId);
    return pickFields(node, parseFields(call.params.get("fields") ?? undefined));
  }

  #node(call: SandboxCall, id: string): Record<string, unknown> & { id: string } {
    const { user } = call;
    const { records } = this.#context;
    if (id === user.id) {
      return {
        id,
        user_id: id,
        ...(user.platform === "facebook" ? { name: user.username } : { username: user.username }),
      };
    }
    const post = records.post(id);
    if (post?.userId === user.id) return postNode(post);
    const container = records.container(id);
    if (container?.userId === user.id) return containerNode(container, this.#context.clock());
    const photo = records.photo(id);
    if (photo?.userId === user.id) return { id, name: photo.caption, page_story_id: photo.postId ?? undefined };
    throw missingNode(id);
  }
}

function missingNode(id: string): GraphFailure {
  const message =
    `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
    "or does not support this operation";
  return new GraphFailure(100, 33, message);
}

/** Parameters come in the address, as a form, or as JSON. */
async function readParams(request: Request, url: URL): Promise<URLSearchParams> {
  const params = new URLSearchParams(url.searchParams);
  if (request.method !== "POST") return params;
  const type = request.headers.get("Content-Type") ?? "";
  if (type.includes("application/json")) {
    const body: unknown = await request.json();
    for (const [name, value] of Object.entries(body ?? {})) {
      params.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  } else if (type.includes("form")) {
    for (const [name, value] of await request.formData()) if (typeof value === "string") params.set(name, value);
  }
  return params;
}

function randomDigits(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  // Not 0 in front: a number's text has none either.
  return Array.from(bytes, (byte, index) => (index === 0 ? 1 + (byte % 9) : byte % 10)).join("");
}
