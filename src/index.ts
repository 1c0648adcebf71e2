import { watchSweeper } from "./alerts/watch-sweeper.ts";
import { createApp } from "./api/app.ts";
import { connectPages } from "./console/connect.tsx";
import { consolePages } from "./console/console.tsx";
import { docs } from "./console/docs.tsx";
import { sandboxPosts } from "./console/sandbox-posts.tsx";
import type { Env } from "./env.ts";
import { consoleLog } from "./lib/log.ts";
import { consumeDeadLetters, consumePublishQueue } from "./post/publish-consumer.ts";
import { servicesOf } from "./services.ts";
import { consumeWebhookDeadLetters, consumeWebhookQueue } from "./webhooks/consumer.ts";

export { RateLimitObject } from "./limits/rate-limit-object.ts";
export { SandboxObject } from "./platforms/sandbox/sandbox-object.ts";
export { PostObject } from "./post/post-object.ts";
export { SweeperObject } from "./post/sweeper.ts";

const app = createApp().route("/", consolePages).route("/", sandboxPosts).route("/", connectPages).route("/", docs);

/** Whether this isolate has seen to the sweeper: once is enough, its alarm lives on by itself. */
let sweeperIsAwake = false;

function keepSweeperAwake(env: Env, ctx: ExecutionContext): void {
  if (sweeperIsAwake) return;
  const wake = async () => servicesOf(env).keepSweeperAwake();
  ctx.waitUntil(
    wake().then(
      () => {
        // Not before: a request may be cut off with all it was still waiting for.
        sweeperIsAwake = true;
      },
      (error: unknown) => consoleLog.error("the sweeper could not be reached", error),
    ),
  );
}

export default {
  async fetch(request, env, ctx) {
    const response = await app.fetch(request, env, ctx);
    keepSweeperAwake(env, ctx);
    return response;
  },

  async queue(batch, env, ctx) {
    const services = servicesOf(env);
    const isDead = batch.queue.endsWith("-dead");
    if (batch.queue.startsWith("apionics-webhooks")) {
      if (isDead) await consumeWebhookDeadLetters(services, batch);
      else await consumeWebhookQueue(services, batch, (work) => ctx.waitUntil(work));
    } else if (isDead) await consumeDeadLetters(services, batch);
    else await consumePublishQueue(services, batch);
  },

  async scheduled(_controller, env) {
    const services = servicesOf(env);
    const startedAt = services.clock();
    await watchSweeper({ ...services, alertUrl: services.settings.alertUrl, store: services.replayCache });
    services.log.info("the schedule ran", { ms: services.clock() - startedAt });
  },
} satisfies ExportedHandler<Env>;
