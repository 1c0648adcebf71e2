import { insertDeadLetter } from "../db/dead-letters.ts";
import type { DeliveryRef } from "../db/deliveries.ts";
import { claimDeliveries } from "../db/deliveries.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { DeliverDeps } from "./deliver.ts";
import { deliver, probe } from "./deliver.ts";
import type { WebhookMessage } from "./messages.ts";
import { refOfMessage, WEBHOOK_MESSAGE } from "./messages.ts";
import { Recorder } from "./recorder.ts";
import { CLAIM } from "./schedule.ts";

/** When messages are delivered again that could not be worked on. */
const REDELIVERY: Millis = 10 * SECOND;

/**
 * Takes a batch of the queue of webhooks. It waits for the database and not for endpoints, which are called after the
 * batch is done: one that hangs keeps nobody waiting. What is cut off meanwhile is due again when its claim ends.
 */
export async function consumeWebhookQueue(
  deps: DeliverDeps,
  batch: MessageBatch,
  waitUntil: (work: Promise<void>) => void,
): Promise<void> {
  const sentAt = new Map<string, Millis>();
  const messages = batch.messages.flatMap(({ id, body, timestamp }): WebhookMessage[] => {
    const parsed = WEBHOOK_MESSAGE.safeParse(body);
    // Of a later release perhaps, mid-rollout. What it was about is found again by the sweeper.
    if (!parsed.success) {
      deps.log.error("a message was not understood", null, { message_id: id });
      return [];
    }
    if (parsed.data.kind === "deliver") sentAt.set(nameOf(refOfMessage(parsed.data)), timestamp.getTime());
    return [parsed.data];
  });
  const wanted = messages.flatMap((message) =>
    message.kind === "deliver" ? [{ ref: refOfMessage(message), isAsked: message.asked === true }] : [],
  );
  const now = deps.clock();
  try {
    const claimed = await claimDeliveries(deps.db, wanted, now, now + CLAIM);
    const recorder = new Recorder(deps, claimed.length);
    for (const delivery of claimed) {
      const age = now - (sentAt.get(nameOf(delivery.ref)) ?? now);
      waitUntil(guarded(deps, delivery.ref.webhookId, () => deliver(deps, delivery, { recorder, age })));
    }
    // Late, doubled, or of an endpoint that is failing: of them there is nothing else to tell.
    const skipped = wanted.length - claimed.length;
    if (skipped > 0) deps.log.info("messages had nothing to send", { messages: skipped });
  } catch (error) {
    deps.log.error("webhooks could not be claimed", error, { messages: wanted.length });
    batch.retryAll({ delaySeconds: REDELIVERY / SECOND });
    return;
  }
  for (const message of messages) {
    if (message.kind !== "probe") continue;
    waitUntil(guarded(deps, message.webhook_id, () => probe(deps, message.webhook_id)));
  }
}

function nameOf({ webhookId, eventAt, eventId }: DeliveryRef): string {
  return JSON.stringify([webhookId, eventAt, eventId]);
}

/** What goes wrong here is found again by the sweeper. */
async function guarded(deps: DeliverDeps, webhookId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.log.error("a webhook was cut short", error, { webhook_id: webhookId });
  }
}

/** Counts the messages that were given up. What they were about is found by the sweeper. */
export async function consumeWebhookDeadLetters(deps: DeliverDeps, batch: MessageBatch): Promise<void> {
  for (const { id } of batch.messages) {
    deps.log.error("a message was given up", null, { message_id: id });
    await insertDeadLetter(deps.db, { id, kind: "webhook", postId: null, receivedAt: deps.clock() });
  }
}
