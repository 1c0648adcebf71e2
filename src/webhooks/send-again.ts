import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { DeliveryRow } from "../db/delivery-log.ts";
import { findDelivery, findMissed, recoverDeliveries, sendAgain, sentAgain } from "../db/delivery-log.ts";
import { findWebhook } from "../db/webhooks.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { webhookNotFound } from "./create-webhook.ts";
import { readDeliveryId } from "./delivery-id.ts";
import type { WebhookMessage } from "./messages.ts";
import { sendDeliveries } from "./messages.ts";
import { inactive } from "./test-webhook.ts";

interface SendAgainDeps {
  db: Database;
  clock: Clock;
  log: Log;
  webhookQueue: Queue<WebhookMessage>;
}

/** Deliveries that one call recovers. */
const MAX_RECOVERED = 1_000;

/**
 * Has a delivery sent again, whatever came of it before and whatever its endpoint is like.
 *
 * @returns the delivery as it is until it is sent
 * @throws Refusal when there is no such delivery, its endpoint is not active, or it is being sent
 */
export async function retryDelivery(
  deps: SendAgainDeps,
  scope: Scope,
  id: string,
  change: Change<DeliveryRow>,
): Promise<DeliveryRow> {
  const ref = readDeliveryId(id);
  const found = ref && (await findDelivery(deps.db, scope, ref));
  if (!found) throw new Refusal("not_found", "Delivery does not exist in this workspace.");
  const webhook = await findWebhook(deps.db, scope, ref.webhookId);
  if (!webhook?.active) throw inactive();
  const now = deps.clock();
  const row = { ...found, ...sentAgain(now) };
  const record = await change.record({ action: "delivery.replayed", target: id }, row);
  if (!(await sendAgain(deps.db, ref, now, record))) {
    throw new Refusal("conflict", "The delivery is being sent in this moment.", undefined, { isPassing: true });
  }
  await sendDeliveries({ queue: deps.webhookQueue, log: deps.log }, [ref], true);
  return row;
}

/** What `recoverMissed` has sent. */
export interface Recovery {
  recovered: number;
  hasMore: boolean;
}

/**
 * Has everything sent to an endpoint that it missed since a time, oldest first, so much at once.
 *
 * @throws Refusal when there is no such endpoint, or it is not active
 */
export async function recoverMissed(
  deps: SendAgainDeps,
  scope: Scope,
  id: string,
  since: Millis,
  change: Change<Recovery>,
): Promise<Recovery> {
  const webhook = await findWebhook(deps.db, scope, id);
  if (!webhook) throw webhookNotFound();
  if (!webhook.active) throw inactive();
  const missed = await findMissed(deps.db, webhook, since, MAX_RECOVERED);
  const recovery = { recovered: missed.length, hasMore: missed.length === MAX_RECOVERED };
  if (missed.length === 0) return recovery;
  const entry = { action: "delivery.replayed", target: id, details: { recovered: missed.length } } as const;
  const record = await change.record(entry, recovery);
  const refs = await recoverDeliveries(deps.db, id, missed, deps.clock(), record);
  await sendDeliveries({ queue: deps.webhookQueue, log: deps.log }, refs);
  return recovery;
}
