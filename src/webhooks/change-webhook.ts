import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { WebhookChange, WebhookRow } from "../db/webhooks.ts";
import { changedWebhook, deleteWebhook, findWebhook, updateWebhook } from "../db/webhooks.ts";
import type { Clock } from "../lib/clock.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { checkWebhookUrl, webhookNotFound } from "./create-webhook.ts";

/**
 * Changes an endpoint. Made active, or given another address, it begins as a new one.
 *
 * @returns the endpoint as the change makes it of what it was when it was read
 * @throws Refusal when there is no such endpoint, or the address is not allowed
 */
export async function changeWebhook(
  deps: { db: Database; clock: Clock; outbound: OutboundPolicy },
  scope: Scope,
  id: string,
  fields: WebhookChange,
  change: Change<WebhookRow>,
): Promise<WebhookRow> {
  if (fields.url !== undefined) checkWebhookUrl(fields.url, deps.outbound);
  const row = await findWebhook(deps.db, scope, id);
  if (!row) throw webhookNotFound();
  const changed = changedWebhook(row, fields);
  const entry = { action: "webhook.updated", target: id, details: { changed: Object.keys(fields) } } as const;
  const record = await change.record(entry, changed);
  if (!(await updateWebhook(deps.db, scope, id, fields, deps.clock(), record))) throw webhookNotFound();
  return changed;
}

/**
 * Deletes an endpoint with its deliveries.
 *
 * @throws Refusal when there is no such endpoint
 */
export async function removeWebhook(db: Database, scope: Scope, id: string, change: Change<void>): Promise<void> {
  const record = await change.record({ action: "webhook.deleted", target: id }, undefined);
  if (!(await deleteWebhook(db, scope, id, record))) throw webhookNotFound();
}
