import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import type { Millis } from "../../lib/clock.ts";
import { systemClock } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { fetchOwnMedia, sandboxPermalink } from "../../services.ts";
import type { FeedPage } from "./feed.ts";
import { allPosts, clearPosts } from "./feed.ts";
import { LostAnswer } from "./graph-answers.ts";
import { SandboxNetwork } from "./network.ts";
import type { SandboxPost } from "./store.ts";
import { CLOCK_OFFSET_HEADER, LOST_ANSWER_HEADER } from "./transport.ts";

/** A workspace's sandbox: the simulated network with an object's storage. Named by the workspace. */
export class SandboxObject extends DurableObject<Env> {
  readonly #network = this.#networkAt(0);

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
    return this.#network.openAccount(account);
  }

  async publicPost(id: string): Promise<SandboxPost | null> {
    return this.#network.publicPost(id);
  }

  async publicPosts(externalId: string): Promise<SandboxPost[]> {
    return this.#network.publicPosts(externalId);
  }

  async allPosts(page: FeedPage): Promise<SandboxPost[]> {
    return allPosts(this.ctx.storage.kv, page);
  }

  async clearPosts(): Promise<void> {
    clearPosts(this.ctx.storage.kv);
  }
}
