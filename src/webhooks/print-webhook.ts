import type { WebhookRow } from "../db/webhooks.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import type { DisabledReason, SubscribedEvent } from "../lib/vocabulary.ts";

/** An endpoint as answers and events carry it: the contract's three members first, then ours. */
export interface PrintedWebhook {
  id: string;
  url: string;
  active: boolean;
  events: SubscribedEvent[];
  description: string | null;
  created_at: string;
  failing_since: string | null;
  disabled_at: string | null;
  disabled_reason: DisabledReason | null;
}

export function printWebhook(row: WebhookRow): PrintedWebhook {
  return {
    id: row.id,
    url: row.url,
    active: row.active,
    events: row.events,
    description: row.description,
    created_at: printTime(row.createdAt),
    failing_since: printTimeOrNull(row.failingSince),
    disabled_at: printTimeOrNull(row.disabledAt),
    disabled_reason: row.disabledReason,
  };
}
