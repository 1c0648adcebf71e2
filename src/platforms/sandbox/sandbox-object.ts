import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { settingsOf } from "../../env.ts";
import type { Millis } from "../../lib/clock.ts";
import { systemClock } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { fetchOwnMedia, sandboxPermalink } from "../../services.ts";
import { LostAnswer } from "./graph/answers.ts";
import type { PublicPage, PublicPosts } from "./network.ts";
import { SandboxNetwork } from "./network.ts";
import type { SandboxPost } from "./store.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";
import { CLOCK_OFFSET_HEADER, LOST_ANSWER_HEADER } from "./transport.ts";
import { UsageMeter } from "./usage.ts";

/** A workspace's sandbox: the simulated network with an object's storage. Named by the workspace. */
export class SandboxObject extends DurableObject<Env> {
  readonly #usage = new UsageMeter();

  /**
   * The network on a clock that is so far ahead of the real one. It has none of its own: a call is answered on its
   * post's clock, which may stand apart from the workspace's (see `post/test-clock.ts`), and the times that a commit
   * leaves here are compared with the ones its settling expects.
   */
  #networkAt(clockOffset: Millis): SandboxNetwork {
    return new SandboxNetwork({
      store: this.ctx.storage.kv,
      clock: () => systemClock() + clockOffset,
      // In the Worker itself: a Worker cannot fetch its own address on every host.
      fetchMedia: (address) => fetchOwnMedia(this.env, address),
      permalink: (postId) => sandboxPermalink(this.env, this.ctx.id.name ?? "", postId),
      switches: { ...DEFAULT_SWITCHES, appId: settingsOf(this.env).meta.appId ?? DEFAULT_SWITCHES.appId },
      usage: this.#usage,
    });
  }

  /** Answers a call; a lost answer is marked for `sandboxTransport`, which loses it. */
  override async fetch(request: Request): Promise<Response> {
    try {
      return await this.#networkAt(Number(request.headers.get(CLOCK_OFFSET_HEADER))).handle(request);
    } catch (error) {
      if (error instanceof LostAnswer) return new Response(null, { headers: { [LOST_ANSWER_HEADER]: "true" } });
      throw error;
    }
  }

  async openAccount(account: { platform: PlatformId; username: string; behavior: SandboxBehavior }) {
    return this.#networkAt(0).openAccount(account);
  }

  async publicPost(id: string, clockOffset: Millis): Promise<SandboxPost | null> {
    return this.#networkAt(clockOffset).publicPost(id);
  }

  async publicPosts(externalId: string, clockOffset: Millis): Promise<SandboxPost[]> {
    return this.#networkAt(clockOffset).publicPosts(externalId);
  }

  async allPosts(page: PublicPage, clockOffset: Millis): Promise<PublicPosts> {
    return this.#networkAt(clockOffset).allPosts(page);
  }

  /** Forgets everything: its workspace was deleted. */
  async forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  async clearPosts(at: Millis): Promise<void> {
    this.#networkAt(0).clearPosts(at);
  }
}
