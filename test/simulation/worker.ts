import { createApp } from "../../src/api/app.ts";
import type { Env } from "../../src/env.ts";
import { consumeDeadLetters, consumePublishQueue } from "../../src/post/publish-consumer.ts";
import { servicesOf } from "../../src/services.ts";
import { consumeWebhookDeadLetters, consumeWebhookQueue } from "../../src/webhooks/consumer.ts";

/*
 * The Worker as `src/index.ts` composes it, but for its pages. What an isolate remembers is with its process.
 */

const app = createApp();

export const worker = {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    return app.fetch(request, env, ctx);
  },

  async queue(batch: MessageBatch, env: Env, ctx: ExecutionContext): Promise<void> {
    const services = servicesOf(env);
    const isDead = batch.queue.endsWith("-dead");
    if (batch.queue.startsWith("apionics-webhooks")) {
      if (isDead) await consumeWebhookDeadLetters(services, batch);
      else await consumeWebhookQueue(services, batch, (work) => ctx.waitUntil(work));
    } else if (isDead) await consumeDeadLetters(services, batch);
    else await consumePublishQueue(services, batch);
  },

  async keepSweeperAwake(env: Env): Promise<void> {
    await servicesOf(env).keepSweeperAwake();
  },
};
