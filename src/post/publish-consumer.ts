import type { RenewDeps } from "../accounts/renew-grant.ts";
import { renewGrant } from "../accounts/renew-grant.ts";
import { insertDeadLetter } from "../db/dead-letters.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { LogFields } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import { beginner } from "./begin-together.ts";
import type { PublishMessage } from "./messages.ts";
import { PUBLISH_MESSAGE, refOf, taskOf } from "./messages.ts";
import type { PublishDeps } from "./prepare-task.ts";
import { publishTask } from "./publish-task.ts";
import type { Tally } from "./tally.ts";
import { newTally } from "./tally.ts";

type ConsumerDeps = PublishDeps & RenewDeps & { metrics: Metrics };

/** When a message whose object could not be reached is delivered again. */
const REDELIVERY: Millis = 10 * SECOND;

/** Takes a batch of the publish queue, each message on its own: what goes wrong with one leaves the others alone. */
export async function consumePublishQueue(deps: ConsumerDeps, batch: MessageBatch): Promise<void> {
  const parsed = batch.messages.map((message) => ({ message, body: PUBLISH_MESSAGE.safeParse(message.body) }));
  const tasks = parsed.flatMap(({ body }) => (body.success && body.data.kind === "task" ? [body.data] : []));
  const begin = beginner(deps.posts, tasks);
  await Promise.all(
    parsed.map(async ({ message, body }) => {
      if (!body.success) {
        // Of a later release perhaps, mid-rollout. The object sends its own again.
        deps.log.error("a message was not understood", null, { message_id: message.id });
        message.ack();
        return;
      }
      const begunAt = deps.clock();
      const age = begunAt - message.timestamp.getTime();
      const finish = (tally: Tally) => {
        const { outcome, platform, calls, callsMs } = tally;
        const ms = deps.clock() - begunAt;
        const { kind, mode } = body.data;
        deps.metrics.message({ mode, platform, kind, outcome, age, duration: ms, calls, callsDuration: callsMs });
        const work = { outcome, ms, age_ms: age, platform, platform_calls: calls, platform_ms: callsMs };
        return { message_id: message.id, attempt: message.attempts, ...subjectOf(body.data), ...work };
      };
      try {
        deps.log.info("a message was handled", finish(await handle(deps, body.data, begin)));
        message.ack();
      } catch (error) {
        deps.log.error("a message failed", error, finish(newTally("failed")));
        message.retry({ delaySeconds: REDELIVERY / SECOND });
      }
    }),
  );
}

/**
 * Takes the messages that were given up, and counts them. Each wakes its object, which knows what to do: settle what is
 * armed, send again what is not.
 */
export async function consumeDeadLetters(deps: ConsumerDeps, batch: MessageBatch): Promise<void> {
  for (const message of batch.messages) {
    const body = PUBLISH_MESSAGE.safeParse(message.body);
    const subject = body.success ? subjectOf(body.data) : {};
    deps.log.error("a message was given up", null, { message_id: message.id, ...subject });
    try {
      // A renewal is found by the next sweep.
      if (body.success && body.data.kind !== "renew") await deps.posts(refOf(body.data)).wake();
      await insertDeadLetter(deps.db, {
        id: message.id,
        kind: body.success ? body.data.kind : "unreadable",
        postId: body.success && body.data.kind !== "renew" ? body.data.post_id : null,
        receivedAt: deps.clock(),
      });
      message.ack();
    } catch (error) {
      deps.log.error("a post could not be woken", error);
      message.retry({ delaySeconds: REDELIVERY / SECOND });
    }
  }
}

async function handle(deps: ConsumerDeps, message: PublishMessage, begin: ReturnType<typeof beginner>): Promise<Tally> {
  switch (message.kind) {
    case "task":
      return publishTask(deps, refOf(message), taskOf(message), await begin(message));
    case "wake":
      await deps.posts(refOf(message)).wake();
      return newTally("woken");
    case "resume":
      await deps.posts(refOf(message)).resume(message.account_id);
      return newTally("resumed");
    case "renew":
      await renewGrant(deps, {
        workspaceId: message.workspace_id,
        mode: message.mode,
        grantId: message.grant_id,
      });
      return newTally("renewal_tried");
  }
}

function subjectOf(message: PublishMessage): LogFields {
  const { kind, workspace_id, mode } = message;
  const about = message.kind === "renew" ? { grant_id: message.grant_id } : { post_id: message.post_id };
  const account = "account_id" in message ? { account_id: message.account_id } : {};
  return { kind, workspace_id, mode, ...about, ...account };
}
