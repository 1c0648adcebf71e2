import * as z from "zod";
import type { DeliveryRef } from "../db/deliveries.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

/*
 * What travels through the queue of webhooks: ids, nothing else. Any message may come twice, late or never: what is due
 * stands in the database, where the sweeper finds it.
 */

export const WEBHOOK_MESSAGE = z.discriminatedUnion("kind", [
  /** Send an event to an endpoint. */
  z.object({
    kind: z.literal("deliver"),
    v: z.literal(1),
    webhook_id: z.string(),
    event_at: z.number(),
    event_id: z.string(),
    /** Whether a person wants it sent, whatever the endpoint is like. */
    asked: z.boolean().optional(),
  }),
  /** Try whether an endpoint answers again, or let go what waited for it. */
  z.object({ kind: z.literal("probe"), v: z.literal(1), webhook_id: z.string() }),
]);

export type WebhookMessage = z.infer<typeof WEBHOOK_MESSAGE>;

/** Messages in one `sendBatch`, by the queue's limit. */
const MESSAGES_PER_SEND = 100;

/** @param isAsked whether a person wants it sent, whatever the endpoint is like */
export function deliverMessage({ webhookId, eventAt, eventId }: DeliveryRef, isAsked = false): WebhookMessage {
  const asked = isAsked ? { asked: true } : {};
  return { kind: "deliver", v: 1, webhook_id: webhookId, event_at: eventAt, event_id: eventId, ...asked };
}

export function probeMessage(webhookId: string): WebhookMessage {
  return { kind: "probe", v: 1, webhook_id: webhookId };
}

export function refOfMessage(message: Extract<WebhookMessage, { kind: "deliver" }>): DeliveryRef {
  return { webhookId: message.webhook_id, eventAt: message.event_at, eventId: message.event_id };
}

/** Sends messages to the queue of webhooks, as many at once as it takes. */
export async function sendWebhookMessages(
  queue: Queue<WebhookMessage>,
  messages: readonly WebhookMessage[],
  delay: Millis = 0,
): Promise<void> {
  const requests = messages.map((body) => ({ body, delaySeconds: Math.ceil(delay / SECOND) }));
  for (let from = 0; from < requests.length; from += MESSAGES_PER_SEND) {
    await queue.sendBatch(requests.slice(from, from + MESSAGES_PER_SEND));
  }
}

/**
 * Has deliveries sent that were just stored. Never throws: the sweeper finds what was not sent.
 *
 * @param isAsked whether a person wants it sent, whatever the endpoint is like
 */
export async function sendDeliveries(
  { queue, log }: { queue: Queue<WebhookMessage>; log: Log },
  deliveries: readonly DeliveryRef[],
  isAsked = false,
): Promise<void> {
  try {
    await sendWebhookMessages(
      queue,
      deliveries.map((ref) => deliverMessage(ref, isAsked)),
    );
  } catch (error) {
    log.error("webhooks were not sent at once", error, { deliveries: deliveries.length });
  }
}
