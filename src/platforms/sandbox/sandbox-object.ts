import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { systemClock } from "../../lib/clock.ts";
import type { PlatformId, SandboxBehavior } from "../../lib/vocabulary.ts";
import { fetchOwnMedia, sandboxPermalink } from "../../services.ts";
import { SandboxNetwork } from "./network.ts";
import type { SandboxPost } from "./store.ts";

/** A workspace's sandbox: the simulated network with an object's storage. Named by the workspace. */
export class SandboxObject extends DurableObject<Env> {
  readonly #network = new SandboxNetwork({
    store: this.ctx.storage.kv,
    clock: systemClock,
    // In the Worker itself: a Worker cannot fetch its own address on every host.
    fetchMedia: (address) => fetchOwnMedia(this.env, address),
    permalink: (postId) => sandboxPermalink(this.env, this.ctx.id.name ?? "", postId),
  });

  override async fetch(request: Request): Promise<Response> {
    return this.#network.handle(request);
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
}
