import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { systemClock } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { fetchOwnMedia, sandboxPermalink } from "../../services.ts";
import { LostAnswer } from "./graph/answers.ts";
import type { PublicPosts } from "./network.ts";
import { SandboxNetwork } from "./network.ts";
import type { SandboxPost } from "./store.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";
import { LOST_ANSWER_HEADER } from "./transport.ts";

/** A workspace's sandbox: the simulated network with an object's storage. Named by the workspace. */
export class SandboxObject extends DurableObject<Env> {
  readonly #network = new SandboxNetwork({
    store: this.ctx.storage.kv,
    clock: systemClock,
    // In the Worker itself: a Worker cannot fetch its own address on every host.
    fetchMedia: (address) => fetchOwnMedia(this.env, address),
    permalink: (postId) => sandboxPermalink(this.env, this.ctx.id.name ?? "", postId),
    switches: DEFAULT_SWITCHES,
  });

  /** Answers a call; a lost answer is marked for `sandboxTransport`, which loses it. */
  override async fetch(request: Request): Promise<Response> {
    try {
      return await this.#network.handle(request);
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

  async allPosts(options: { limit?: number; cursor?: string | null }): Promise<PublicPosts> {
    return this.#network.allPosts(options);
  }

  async clearPosts(): Promise<void> {
    this.#network.clearPosts();
  }
}
