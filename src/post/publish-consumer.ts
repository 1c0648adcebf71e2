import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { PublishMessage } from "./messages.ts";
import { PUBLISH_MESSAGE, refOf } from "./messages.ts";
import type { PublishDeps } from "./prepare-task.ts";
import { publishTask } from "./publish-task.ts";

/** When a message whose object could not be reached is delivered again. */
const REDELIVERY: Millis = 10 * SECOND;

/** Takes a batch of the publish queue, each message on its own: what goes wrong with one leaves the others alone. */
export async function consumePublishQueue(deps: PublishDeps, batch: MessageBatch): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const body = PUBLISH_MESSAGE.safeParse(message.body);
      if (!body.success) {
        // Of a later release perhaps, mid-rollout. The object sends its own again.
        deps.log.error("a message was not understood", null, { message_id: message.id });
        message.ack();
        return;
      }
      try {
        await handle(deps, body.data);
        message.ack();
      } catch (error) {
        deps.log.error("a message failed", error, { post_id: body.data.post_id, attempt: message.attempts });
        message.retry({ delaySeconds: REDELIVERY / SECOND });
      }
    }),
  );
}

/**
 * Takes the messages that were given up. Each wakes its object, which knows what to do: settle what is armed, send
 * again what is not.
 */
export async function consumeDeadLetters(deps: PublishDeps, batch: MessageBatch): Promise<void> {
  for (const message of batch.messages) {
    const body = PUBLISH_MESSAGE.safeParse(message.body);
    deps.log.error("a message was given up", null, body.success ? { post_id: body.data.post_id } : {});
    try {
      if (body.success) await deps.posts(refOf(body.data)).wake();
      message.ack();
    } catch (error) {
      deps.log.error("a post could not be woken", error);
      message.retry({ delaySeconds: REDELIVERY / SECOND });
    }
  }
}

async function handle(deps: PublishDeps, message: PublishMessage): Promise<void> {
  const ref = refOf(message);
  if (message.kind === "wake") await deps.posts(ref).wake();
  else await publishTask(deps, ref, { accountId: message.account_id, part: message.part, epoch: message.epoch });
}
