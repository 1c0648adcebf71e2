import type { Vault } from "../accounts/vault.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { WebhookRow } from "../db/webhooks.ts";
import { insertWebhook } from "../db/webhooks.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { checkOutboundUrl } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope, SubscribedEvent } from "../lib/vocabulary.ts";
import { sealSecrets } from "./secrets.ts";
import { newWebhookSecret } from "./signature.ts";

const MAX_WEBHOOKS = 20;

export interface WebhookDeps {
  db: Database;
  vault: Vault;
  clock: Clock;
  outbound: OutboundPolicy;
}

/** An endpoint, and the secret that was made; null where it is the client's own. */
export interface WithSecret {
  row: WebhookRow;
  secret: string | null;
}

/**
 * Registers an endpoint.
 *
 * @param asked without a secret, one is made
 * @throws Refusal when the address is not allowed, or the workspace has as many as it may
 */
export async function createWebhook(
  deps: WebhookDeps,
  scope: Scope,
  asked: { url: string; events: SubscribedEvent[]; description: string | null; secret: string | null },
  change: Change<WithSecret>,
): Promise<WithSecret> {
  const now = deps.clock();
  const id = newId("webhook", now);
  const made = asked.secret === null ? newWebhookSecret() : null;
  const row: WebhookRow = {
    id,
    ...scope,
    url: checkWebhookUrl(asked.url, deps.outbound),
    description: asked.description,
    events: asked.events,
    format: "event",
    personId: null,
    active: true,
    secretEnvelope: await sealSecrets(
      deps.vault,
      { ...scope, id },
      { current: asked.secret ?? made ?? "", previous: [] },
    ),
    createdAt: now,
    disabledAt: null,
    disabledReason: null,
    failures: 0,
    failingSince: null,
    probes: 0,
    probeAt: null,
  };
  const created = { row, secret: made };
  const entry = { action: "webhook.created", target: id, details: { events: asked.events } } as const;
  const record = await change.record(entry, created);
  if (!(await retryWrite(() => insertWebhook(deps.db, row, MAX_WEBHOOKS, record)))) {
    throw new Refusal("conflict", `The workspace has ${MAX_WEBHOOKS} webhooks already. Delete one first.`);
  }
  return created;
}

/**
 * The address of an endpoint, as it was written.
 *
 * @throws Refusal when the Worker may not call it
 */
export function checkWebhookUrl(url: string, outbound: OutboundPolicy): string {
  const checked = checkOutboundUrl(url, outbound);
  if (checked.is === "refused") throw invalid("url", `url ${checked.reason}.`);
  return url;
}

export function webhookNotFound(): Refusal {
  return new Refusal("not_found", "Webhook does not exist in this workspace.");
}
