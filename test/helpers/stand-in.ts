import type { Millis } from "../../src/lib/clock.ts";
import type { PlatformId } from "../../src/lib/vocabulary.ts";
import { LostAnswer } from "../../src/platforms/sandbox/graph/answers.ts";
import { readParams } from "../../src/platforms/sandbox/graph/request.ts";
import { SandboxNetwork } from "../../src/platforms/sandbox/network.ts";
import type { SandboxPost, SandboxUser } from "../../src/platforms/sandbox/store.ts";
import type { Switches } from "../../src/platforms/sandbox/switches.ts";
import { DEFAULT_SWITCHES } from "../../src/platforms/sandbox/switches.ts";
import { isRupload } from "../../src/platforms/sandbox/uploads/rupload.ts";
import { UsageMeter } from "../../src/platforms/sandbox/usage.ts";
import { memoryStore } from "./memory-store.ts";

/**
 * How a call's answer is spoilt:
 * - `cut`: the connection breaks
 * - `500`: HTTP 500 with code 2, and `code 1`: HTTP 400 with it
 * - `spam`: HTTP 400 with 4/2207051
 * - `html`: a proxy's page under HTTP 502
 * - `nonsense`: HTTP 200 with JSON that says nothing
 */
type Answer = "cut" | "500" | "code 1" | "spam" | "html" | "nonsense";

/** What happens to a call: the platform acts and then answers so, or never heard of it. Answers do not tell which. */
export type Mishap = `${Answer} ${"before" | "after"}`;

/** One call that the stand-in saw, without its token. */
export interface SeenCall {
  method: string;
  /** Path with ids replaced by what they are: `/v26.0/{account}/media`, `/video-upload/v26.0/{id}`. */
  call: string;
  /** Its parameters; a file is its length, `[1234 bytes]`; of an upload by rupload the headers that say what comes. */
  params: Record<string, string>;
}

const UPLOAD_HEADERS = ["offset", "file_size", "file_url"];
const SECRETS = ["access_token", "appsecret_proof"];

/** A Graph API for live mode, in memory, whose answers can be spoilt and whose switches can be turned at any time. */
export class StandIn implements Switches {
  listingLag: Millis = DEFAULT_SWITCHES.listingLag;
  nodeLag: Millis = DEFAULT_SWITCHES.nodeLag;
  permalinkLag: Millis = DEFAULT_SWITCHES.permalinkLag;
  hideCaptions = DEFAULT_SWITCHES.hideCaptions;
  doublePublish = DEFAULT_SWITCHES.doublePublish;
  refuseDuplicates = DEFAULT_SWITCHES.refuseDuplicates;
  quotaTotal = DEFAULT_SWITCHES.quotaTotal;
  spelling = DEFAULT_SWITCHES.spelling;
  uploadOrigin = DEFAULT_SWITCHES.uploadOrigin;
  appSecret = DEFAULT_SWITCHES.appSecret;
  appId = DEFAULT_SWITCHES.appId;

  readonly calls: SeenCall[] = [];
  readonly #mishaps: { matches: RegExp; mishap: Mishap; times: number }[] = [];
  readonly #canned: { matches: RegExp; body: object; status: number; times: number }[] = [];
  readonly #network: SandboxNetwork;
  readonly #accounts: string[] = [];
  readonly #tokens = new Map<string, string>();

  constructor(fetchMedia: (address: string, headers: Record<string, string>) => Promise<Response>) {
    this.#network = new SandboxNetwork({
      usage: new UsageMeter(),
      store: memoryStore(),
      clock: () => Date.now(),
      fetchMedia,
      permalink: (postId) => `https://social.example/${postId}`,
      switches: this,
    });
  }

  /** Opens an account. `login` is whose token it is given: Instagram's own serves graph.instagram.com alone. */
  open(platform: PlatformId, login: SandboxUser["login"] = "facebook"): { externalId: string; token: string } {
    const account = this.#network.openAccount({ platform, username: `a ${platform} account`, behavior: "ok", login });
    this.#accounts.push(account.externalId);
    this.#tokens.set(account.externalId, account.token);
    return account;
  }

  /** What followers of an account see, stories and reels too, newest first. */
  posts(externalId: string): SandboxPost[] {
    return this.#network.publicPosts(externalId);
  }

  /**
   * Posts a picture without a word, as the account's owner does in the app: nothing that is spoilt or seen here.
   *
   * @param picture its address
   * @returns the id of the post
   */
  async postByHand(externalId: string, picture: string): Promise<string> {
    const token = this.#tokens.get(externalId) ?? "";
    const post = async (edge: string, params: Record<string, string>): Promise<string> => {
      const address = `https://graph.facebook.com/v26.0/${externalId}/${edge}`;
      const body = new URLSearchParams({ ...params, access_token: token });
      const answer: { id: string } = await (
        await this.#carryOut(new Request(address, { method: "POST", body }))
      ).json();
      return answer.id;
    };
    return post("media_publish", { creation_id: await post("media", { image_url: picture }) });
  }

  /** Spoils the next calls that match, as `METHOD path`. */
  spoil(matches: RegExp, mishap: Mishap, times = 1): void {
    this.#mishaps.push({ matches, mishap, times });
  }

  /** Refuses the next calls that match, as the platform does: it has not acted. */
  refuse(matches: RegExp, error: { code: number; error_subcode?: number; message: string }, times = 1): void {
    this.#canned.push({ matches, body: { error: { type: "OAuthException", ...error } }, status: 400, times });
  }

  /** Answers the next calls that match so, whatever is the case. */
  answerWith(matches: RegExp, body: object, times = 1): void {
    this.#canned.push({ matches, body, status: 200, times });
  }

  async fetch(request: Request): Promise<Response> {
    const seen = await this.#see(request.clone());
    this.calls.push(seen);
    const name = `${seen.method} ${seen.call}`;
    const canned = this.#canned.find(({ matches, times }) => times > 0 && matches.test(name));
    if (canned) {
      canned.times -= 1;
      return Response.json(canned.body, { status: canned.status });
    }
    const planned = this.#mishaps.find(({ matches, times }) => times > 0 && matches.test(name));
    if (!planned) return this.#carryOut(request);
    planned.times -= 1;
    if (planned.mishap.endsWith("after")) await this.#carryOut(request);
    return spoiltAnswer(planned.mishap, isRupload(new URL(request.url)));
  }

  async #see(request: Request): Promise<SeenCall> {
    const url = new URL(request.url);
    const call = url.pathname.replaceAll(/\/\d+(_\d+)?(?=\/|$)/g, (part) =>
      this.#accounts.includes(part.slice(1)) ? "/{account}" : "/{id}",
    );
    if (isRupload(url)) {
      const said = UPLOAD_HEADERS.flatMap((name) => {
        const value = request.headers.get(name);
        return value === null ? [] : [[name, value] as const];
      });
      return { method: request.method, call, params: Object.fromEntries(said) };
    }
    const { values, files } = await readParams(request);
    const params: Record<string, string> = Object.fromEntries(values);
    for (const [name, bytes] of files) params[name] = `[${bytes.byteLength} bytes]`;
    for (const name of SECRETS) delete params[name];
    return { method: request.method, call, params };
  }

  async #carryOut(request: Request): Promise<Response> {
    try {
      return await this.#network.handle(request);
    } catch (error) {
      if (error instanceof LostAnswer) throw new TypeError("connection reset");
      throw error;
    }
  }
}

/**
 * The answer to a call that met a mishap; whether the platform acted is not to be seen in it.
 *
 * @throws TypeError when the connection is to be cut
 */
export function spoiltAnswer(mishap: Mishap, isUpload: boolean): Response {
  const answer = mishap.replace(/ (before|after)$/, "") as Answer;
  if (answer === "cut") throw new TypeError("connection reset");
  if (answer === "html") return new Response("<html>Sorry, something went wrong.</html>", { status: 502 });
  if (answer === "nonsense") return Response.json({ ok: "perhaps" });
  const [status, message, code, error_subcode] = ERRORS[answer];
  if (isUpload) {
    const debug_info = { retriable: status === 500, type: "ProcessingFailedError", message };
    return Response.json({ debug_info }, { status });
  }
  return Response.json({ error: { message, type: "OAuthException", code, error_subcode } }, { status });
}

const ERRORS = {
  "500": [500, "Service temporarily unavailable", 2, undefined],
  "code 1": [400, "An unknown error occurred", 1, undefined],
  spam: [400, "Looks like spam", 4, 2207051],
} as const;
