import type { RenewDeps } from "../accounts/renew-grant.ts";
import { renewGrant } from "../accounts/renew-grant.ts";
import { insertDeadLetter } from "../db/dead-letters.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { LogFields } from "../lib/log.ts";
import { beginner } from "./begin-together.ts";
import type { PublishMessage } from "./messages.ts";
import { PUBLISH_MESSAGE, refOf, taskOf } from "./messages.ts";
import type { PublishDeps } from "./prepare-task.ts";
import { publishTask } from "./publish-task.ts";

type ConsumerDeps = PublishDeps & RenewDeps;

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
      try {
        await handle(deps, body.data, begin);
        message.ack();
      } catch (error) {
        deps.log.error("a message failed", error, { ...subjectOf(body.data), attempt: message.attempts });
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
    deps.log.error("a message was given up", null, body.success ? subjectOf(body.data) : {});
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

async function handle(deps: ConsumerDeps, message: PublishMessage, begin: ReturnType<typeof beginner>): Promise<void> {
  switch (message.kind) {
    case "task":
      return publishTask(deps, refOf(message), taskOf(message), await begin(message));
    case "wake":
      return deps.posts(refOf(message)).wake();
    case "resume":
      return deps.posts(refOf(message)).resume(message.account_id);
    case "renew":
      return renewGrant(deps, {
        workspaceId: message.workspace_id,
        mode: message.mode,
        grantId: message.grant_id,
      });
  }
}

function subjectOf(message: PublishMessage): LogFields {
  return message.kind === "renew" ? { grant_id: message.grant_id } : { post_id: message.post_id };
}
