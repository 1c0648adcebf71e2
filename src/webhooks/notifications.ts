import type { Change } from "../db/change.ts";
import {
  deleteNotifications,
  findNotifications,
  insertNotifications,
  updateNotifications,
} from "../db/notifications.ts";
import { retryWrite } from "../db/retry.ts";
import type { WebhookRow } from "../db/webhooks.ts";
import { newId } from "../lib/ids.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { PersonalEvent, Scope } from "../lib/vocabulary.ts";
import type { WebhookDeps } from "./create-webhook.ts";
import { checkWebhookUrl } from "./create-webhook.ts";
import { sealSecrets } from "./secrets.ts";

/*
 * Where members are told of failures and approvals: a Slack-compatible URL. Whoever knows such a URL may write to what it
 * leads to, so that it is kept as a secret is.
 */

const SHOWN_CHARACTERS = 4;

/**
 * Has a member told of some events in one mode.
 *
 * @param asked `url` null: the one that they have
 * @throws Refusal when the address is not allowed or missing, or who asks is no member any more
 */
export async function saveNotifications(
  deps: WebhookDeps,
  scope: Scope,
  personId: string,
  asked: { url: string | null; events: PersonalEvent[] },
  change: Change<void>,
): Promise<void> {
  const known = await findNotifications(deps.db, scope, personId);
  const url = asked.url === null ? null : checkWebhookUrl(asked.url, deps.outbound);
  if (known === null && url === null) throw invalid("url", "url is required.");
  const now = deps.clock();
  const id = known?.id ?? newId("webhook", now);
  const sealed = url === null ? null : await sealUrl(deps, { ...scope, id }, url);
  const details = { events: asked.events };
  if (known) {
    const { url: shown, secretEnvelope } = known;
    const edit = { ...(sealed ?? { url: shown, secretEnvelope }), events: asked.events };
    const record = await change.record({ action: "notifications.changed", target: personId, details }, undefined);
    if (await updateNotifications(deps.db, known, edit, now, record)) return;
  } else if (sealed) {
    const row = { ...newNotifications(id, scope, personId), ...sealed, events: asked.events, createdAt: now };
    const record = await change.record({ action: "notifications.changed", target: personId, details }, undefined);
    if (await retryWrite(() => insertNotifications(deps.db, row, record))) return;
  }
  throw new Refusal("conflict", "This was changed in the same moment. Look at it and try again.");
}

/** Tells a member nothing more in one mode. */
export async function removeNotifications(
  { db }: Pick<WebhookDeps, "db">,
  scope: Scope,
  personId: string,
  change: Change<void>,
): Promise<void> {
  const known = await findNotifications(db, scope, personId);
  if (!known) return;
  const record = await change.record({ action: "notifications.removed", target: personId }, undefined);
  await deleteNotifications(db, known.id, record);
}

/** What is stored of an address: the whole of it sealed, and what it can be told by. */
async function sealUrl(
  { vault }: Pick<WebhookDeps, "vault">,
  endpoint: { workspaceId: string; id: string },
  address: string,
): Promise<Pick<WebhookRow, "url" | "secretEnvelope">> {
  return {
    url: `${new URL(address).origin}/…${address.slice(-SHOWN_CHARACTERS)}`,
    secretEnvelope: await sealSecrets(vault, endpoint, { current: address, previous: [] }),
  };
}

function newNotifications(id: string, scope: Scope, personId: string) {
  return {
    id,
    ...scope,
    description: null,
    format: "slack" as const,
    personId,
    active: true,
    disabledAt: null,
    disabledReason: null,
    failures: 0,
    failingSince: null,
    probes: 0,
    probeAt: null,
  };
}
