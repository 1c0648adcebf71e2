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
import type { PersonalEvent, PersonalFormat, Scope } from "../lib/vocabulary.ts";
import type { WebhookDeps } from "./create-webhook.ts";
import { checkWebhookUrl } from "./create-webhook.ts";
import { sealSecrets } from "./secrets.ts";

/*
 * Where members are told of failures and approvals: a Slack-compatible URL, or an e-mail address. Whoever knows such a URL may
 * write to what it leads to, so that it is kept as a secret is; and so is an address.
 */

const SHOWN_CHARACTERS = 4;

/** Where a member wants to be told, and of what. */
export interface NotificationsRequest {
  format: PersonalFormat;
  /** A URL, or an e-mail address that is known to be theirs; null: the one that they have. */
  address: string | null;
  events: PersonalEvent[];
}

/**
 * Has a member told of some events in one mode.
 *
 * @throws Refusal when the address is not allowed or missing, or who asks is no member any more
 */
export async function saveNotifications(
  deps: WebhookDeps,
  scope: Scope,
  personId: string,
  asked: NotificationsRequest,
  change: Change<void>,
): Promise<void> {
  const known = await findNotifications(deps.db, scope, personId);
  const { format, events } = asked;
  const address = checkAddress(deps, asked);
  if (known?.format !== format && address === null) throw isMissing(format);
  const now = deps.clock();
  const id = known?.id ?? newId("webhook", now);
  const sealed = address === null ? null : await sealAddress(deps, { ...scope, id }, format, address);
  const details = { format, events };
  if (known) {
    const { url: shown, secretEnvelope } = known;
    const edit = { ...(sealed ?? { url: shown, secretEnvelope }), format, events };
    const record = await change.record({ action: "notifications.changed", target: personId, details }, undefined);
    if (await updateNotifications(deps.db, known, edit, now, record)) return;
  } else if (sealed) {
    const row = { ...newNotifications(id, scope, personId), ...sealed, format, events, createdAt: now };
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

/** @returns null where they keep the one that they have @throws Refusal when a URL is not allowed */
function checkAddress({ outbound }: WebhookDeps, { format, address }: NotificationsRequest): string | null {
  return address === null || format === "email" ? address : checkWebhookUrl(address, outbound);
}

function isMissing(format: PersonalFormat): Refusal {
  return format === "slack" ? invalid("url", "url is required.") : invalid("email", "email is required.");
}

/** What an address can be told by. */
function hintOf(format: PersonalFormat, address: string): string {
  if (format === "slack") return `${new URL(address).origin}/…${address.slice(-SHOWN_CHARACTERS)}`;
  return `${address.slice(0, 1)}…${address.slice(address.lastIndexOf("@"))}`;
}

/** What is stored of an address: the whole of it sealed, and what it can be told by. */
async function sealAddress(
  { vault }: Pick<WebhookDeps, "vault">,
  endpoint: { workspaceId: string; id: string },
  format: PersonalFormat,
  address: string,
): Promise<Pick<WebhookRow, "url" | "secretEnvelope">> {
  return {
    url: hintOf(format, address),
    secretEnvelope: await sealSecrets(vault, endpoint, { current: address, previous: [] }),
  };
}

function newNotifications(id: string, scope: Scope, personId: string) {
  return {
    id,
    ...scope,
    description: null,
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
