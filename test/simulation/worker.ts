import { createApp } from "../../src/api/app.ts";
import type { Env } from "../../src/env.ts";
import { consumeDeadLetters, consumePublishQueue } from "../../src/post/publish-consumer.ts";
import { servicesOf } from "../../src/services.ts";

/*
 * The Worker as `src/index.ts` composes it, but for its pages. What an isolate remembers is with its process.
 */

const app = createApp();

export const worker = {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    return app.fetch(request, env, ctx);
  },

  async queue(batch: MessageBatch, env: Env): Promise<void> {
    const services = servicesOf(env);
    if (batch.queue.endsWith("-dead")) await consumeDeadLetters(services, batch);
    else await consumePublishQueue(services, batch);
  },

  async keepSweeperAwake(env: Env): Promise<void> {
    await servicesOf(env).keepSweeperAwake();
  },
};
