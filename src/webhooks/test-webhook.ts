import type { DeliveryRef } from "../db/deliveries.ts";
import { claimDeliveries, insertTestDelivery } from "../db/deliveries.ts";
import type { DeliveryRow } from "../db/delivery-log.ts";
import { findDelivery } from "../db/delivery-log.ts";
import { findWebhook } from "../db/webhooks.ts";
import { Refusal } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { webhookNotFound } from "./create-webhook.ts";
import type { DeliverDeps } from "./deliver.ts";
import { deliver } from "./deliver.ts";
import { printWebhook } from "./print-webhook.ts";
import { CLAIM } from "./schedule.ts";

/**
 * Sends an event of its own to an endpoint, once, and waits for what comes of it.
 *
 * @throws Refusal when there is no such endpoint, or it is not active
 */
export async function testWebhook(deps: DeliverDeps, scope: Scope, id: string): Promise<DeliveryRow> {
  const webhook = await findWebhook(deps.db, scope, id);
  if (!webhook) throw webhookNotFound();
  if (!webhook.active) throw inactive();
  const now = deps.clock();
  const type = "webhook.test";
  const event = {
    id: `evt_${id.replace(/^wh_/, "")}_${now.toString(36)}_webhook_test`,
    type,
    body: JSON.stringify({ type, timestamp: printTime(now), data: { webhook: printWebhook(webhook) } }),
    createdAt: now,
  } as const;
  const ref: DeliveryRef = { webhookId: id, eventAt: now, eventId: event.id };
  await insertTestDelivery(deps.db, scope, event, ref);
  const [claimed] = await claimDeliveries(deps.db, [{ ref, isAsked: true }], now, now + CLAIM);
  if (claimed) await deliver(deps, claimed, { isTest: true });
  const row = await findDelivery(deps.db, scope, ref);
  // Deleted meanwhile, with its endpoint.
  if (!row) throw webhookNotFound();
  return row;
}

export function inactive(): Refusal {
  return new Refusal("conflict", "The webhook is not active. Make it active first.");
}
