import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import { disableWebhook, findEndpoint } from "../db/webhooks.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { printTime } from "../lib/time.ts";
import type { DisabledReason, Scope } from "../lib/vocabulary.ts";
import type { WebhookMessage } from "./messages.ts";
import { sendDeliveries } from "./messages.ts";
import { printWebhook } from "./print-webhook.ts";

/** Gives an endpoint up, and tells the workspace's others, unless it is a member's own. */
export async function disable(
  deps: { db: Database; clock: Clock; log: Log; webhookQueue: Queue<WebhookMessage> },
  webhook: Scope & { id: string },
  reason: DisabledReason,
): Promise<void> {
  const now = deps.clock();
  const row = await findEndpoint(deps.db, webhook, webhook.id);
  if (!row?.active) return;
  const shown = printWebhook({ ...row, active: false, disabledAt: now, disabledReason: reason });
  const event = {
    id: `evt_${webhook.id.replace(/^wh_/, "")}_${now.toString(36)}_webhook_disabled`,
    type: "webhook.disabled" as const,
    body: JSON.stringify({ type: "webhook.disabled", timestamp: printTime(now), data: { webhook: shown } }),
    createdAt: now,
  };
  const line = {
    id: newId("auditLine", now),
    workspaceId: row.workspaceId,
    mode: row.mode,
    at: now,
    action: "webhook.disabled" as const,
    actor: "system",
    target: webhook.id,
    requestId: null,
    ip: null,
    details: { reason },
  };
  const told = await retryWrite(() =>
    disableWebhook(deps.db, webhook, reason, row.personId === null ? event : null, line, now),
  );
  deps.log.error("a webhook endpoint was disabled", null, { webhook_id: webhook.id, reason });
  await sendDeliveries({ queue: deps.webhookQueue, log: deps.log }, told);
}
