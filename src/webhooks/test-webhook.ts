import type { Change } from "../db/change.ts";
import type { ClaimedDelivery, DeliveryRef } from "../db/deliveries.ts";
import { claimDeliveries, insertTestDelivery } from "../db/deliveries.ts";
import type { DeliveryRow } from "../db/delivery-log.ts";
import { findDelivery } from "../db/delivery-log.ts";
import { findEvent } from "../db/events.ts";
import { retryWrite } from "../db/retry.ts";
import { findWebhook } from "../db/webhooks.ts";
import type { Millis } from "../lib/clock.ts";
import { Refusal } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { webhookNotFound } from "./create-webhook.ts";
import type { DeliverDeps } from "./deliver.ts";
import { deliver } from "./deliver.ts";
import { printWebhook } from "./print-webhook.ts";
import { CLAIM } from "./schedule.ts";

/** How often somebody who asks again looks whether the endpoint has answered. */
const LOOK_EVERY: Millis = 250;

/**
 * Sends an event of its own to an endpoint, once, and waits for what comes of it. Asked again meanwhile, it is waited for
 * and not sent again, unless whoever sent it was cut off.
 *
 * @throws Refusal when there is no such endpoint, or it is not active
 */
export async function testWebhook(
  deps: DeliverDeps,
  scope: Scope,
  id: string,
  change: Change<DeliveryRow>,
): Promise<DeliveryRow> {
  const begun = change.earlier && (await findEvent(deps.db, scope, testEventId(id, change.earlier)));
  if (begun) return endOfTest(deps, scope, { webhookId: id, eventAt: begun.createdAt, eventId: begun.id });
  const webhook = await findWebhook(deps.db, scope, id);
  if (!webhook) throw webhookNotFound();
  if (!webhook.active) throw inactive();
  const { url, format, secretEnvelope } = webhook;
  const now = deps.clock();
  const type = "webhook.test";
  const record = await change.begin({ action: "webhook.tested", target: id });
  const event = {
    id: testEventId(id, record.claim?.claim ?? record.audit.id),
    type,
    body: JSON.stringify({ type, timestamp: printTime(now), data: { webhook: printWebhook(webhook) } }),
    createdAt: now,
  } as const;
  const ref: DeliveryRef = { webhookId: id, eventAt: now, eventId: event.id };
  const { body } = event;
  const claimed: ClaimedDelivery = {
    ref,
    scope,
    attempt: 1,
    claimedUntil: now + CLAIM,
    body,
    url,
    format,
    secretEnvelope,
  };
  await retryWrite(() => insertTestDelivery(deps.db, scope, event, claimed, record));
  await deliver(deps, claimed, { isTest: true });
  return endOfTest(deps, scope, ref);
}

/** Waits until a test is over; one that was cut off is sent again when its claim has ended. */
async function endOfTest(deps: DeliverDeps, scope: Scope, ref: DeliveryRef): Promise<DeliveryRow> {
  for (;;) {
    const row = await findDelivery(deps.db, scope, ref);
    // Deleted meanwhile, with its endpoint.
    if (!row) throw webhookNotFound();
    if (row.status !== "pending" || row.claimedUntil === null) return row;
    const now = deps.clock();
    const [claimed] = await claimDeliveries(deps.db, [{ ref, isAsked: true }], now, now + CLAIM);
    if (claimed) await deliver(deps, claimed, { isTest: true });
    else await deps.sleep(LOOK_EVERY);
  }
}

/** @param name whose test it is: asked for once, it has one event */
function testEventId(webhookId: string, name: string): string {
  return `evt_${[webhookId, name].map((id) => id.replace(/^[a-z]+_/, "")).join("_")}_webhook_test`;
}

export function inactive(): Refusal {
  return new Refusal("conflict", "The webhook is not active. Make it active first.");
}
