import { and, asc, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { DisabledReason, Scope } from "../lib/vocabulary.ts";
import type { AuditLine } from "./audit-log.ts";
import { insertAuditLine } from "./audit-log.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { selectValues, statement } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import type { NewEvent } from "./events.ts";
import { deliveriesOf, tell } from "./events.ts";
import { deliveries, webhooks } from "./schema.ts";

export type WebhookRow = typeof webhooks.$inferSelect;

/** The workspace's own endpoints: those by which members are told are theirs, see `notifications.ts`. */
function inScope(scope: Scope) {
  return and(inMode(scope), isNull(webhooks.personId));
}

function inMode(scope: Scope) {
  return and(eq(webhooks.workspaceId, scope.workspaceId), eq(webhooks.mode, scope.mode));
}

function isWebhook(scope: Scope, id: string) {
  return and(inScope(scope), eq(webhooks.id, id));
}

function isEndpoint(scope: Scope, id: string) {
  return and(inMode(scope), eq(webhooks.id, id));
}

/** @returns whether the workspace has it: not when it has as many as it may */
export async function insertWebhook(
  db: Database,
  row: WebhookRow,
  atMost: number,
  record: ChangeRecord,
): Promise<boolean> {
  const hasRoom = sql`(SELECT count(*) FROM webhooks WHERE workspace_id = ${row.workspaceId} AND mode = ${row.mode}
    AND person_id IS NULL AND id <> ${row.id}) < ${atMost}`;
  const [, stored] = await commitChange(db, record, [
    db
      .insert(webhooks)
      .select(selectValues(webhooks, row, hasRoom))
      .onConflictDoNothing(),
    db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.id, row.id)),
  ]);
  return stored.length > 0;
}

/** All endpoints of a workspace, oldest first. */
export async function listWebhooks(db: Database, scope: Scope): Promise<WebhookRow[]> {
  return db.select().from(webhooks).where(inScope(scope)).orderBy(asc(webhooks.id));
}

/** @returns null when the workspace has no such endpoint */
export async function findWebhook(db: Database, scope: Scope, id: string): Promise<WebhookRow | null> {
  const [row] = await db.select().from(webhooks).where(isWebhook(scope, id));
  return row ?? null;
}

/** The same, also of one by which a member is told. */
export async function findEndpoint(db: Database, scope: Scope, id: string): Promise<WebhookRow | null> {
  const [row] = await db.select().from(webhooks).where(isEndpoint(scope, id));
  return row ?? null;
}

/** What a person changes of an endpoint. */
export type WebhookChange = {
  [Field in "url" | "events" | "description" | "active"]?: WebhookRow[Field] | undefined;
};

/** One that is made active, or has another address, begins as if nothing had ever failed. */
const FRESH = { failures: 0, failingSince: null, probes: 0 } as const;
const ENABLED = { disabledAt: null, disabledReason: null } as const;

function isFresh(change: WebhookChange): boolean {
  return change.active === true || change.url !== undefined;
}

/** An endpoint after a change, as people see it. */
export function changedWebhook(row: WebhookRow, change: WebhookChange): WebhookRow {
  const { url = row.url, events = row.events, description = row.description, active = row.active } = change;
  const changed = { ...row, url, events, description, active };
  return { ...changed, ...(change.active === true && ENABLED), ...(isFresh(change) && FRESH) };
}

/** @returns whether the workspace has it */
export async function updateWebhook(
  db: Database,
  scope: Scope,
  id: string,
  change: WebhookChange,
  now: Millis,
  record: ChangeRecord,
): Promise<boolean> {
  // What was held meanwhile is let go.
  const probeAt = sql`iif(EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = ${id} AND status = 'held'), ${now}, NULL)`;
  const [updated] = await commitChange(db, record, [
    db
      .update(webhooks)
      .set({ ...change, ...(change.active === true && ENABLED), ...(isFresh(change) && { ...FRESH, probeAt }) })
      .where(isWebhook(scope, id))
      .returning({ id: webhooks.id }),
  ]);
  return updated.length > 0;
}

/** Replaces the secrets of an endpoint, unless somebody else did meanwhile. @returns whether they are these now */
export async function replaceSecrets(
  db: Database,
  { id, secretEnvelope }: WebhookRow,
  envelope: string,
  record: ChangeRecord,
): Promise<boolean> {
  const [replaced] = await commitChange(db, record, [
    db
      .update(webhooks)
      .set({ secretEnvelope: envelope })
      .where(and(eq(webhooks.id, id), eq(webhooks.secretEnvelope, secretEnvelope)))
      .returning({ id: webhooks.id }),
  ]);
  return replaced.length > 0;
}

/** Deletes an endpoint with all that was sent to it. @returns whether the workspace had it */
export async function deleteWebhook(db: Database, scope: Scope, id: string, record: ChangeRecord): Promise<boolean> {
  const [, deleted] = await commitChange(db, record, [
    db.delete(deliveries).where(sql`${deliveries.webhookId} = (SELECT id FROM webhooks WHERE id = ${id}
        AND workspace_id = ${scope.workspaceId} AND mode = ${scope.mode} AND person_id IS NULL)`),
    db.delete(webhooks).where(isWebhook(scope, id)).returning({ id: webhooks.id }),
  ]);
  return deleted.length > 0;
}

/** Endpoints whose deliveries are held and that are to be looked at. Inactive ones must not keep others from it. */
export async function findWebhooksToProbe(db: Database, now: Millis, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(isNotNull(webhooks.probeAt), lte(webhooks.probeAt, now), eq(webhooks.active, true)))
    .orderBy(webhooks.probeAt)
    .limit(limit);
  return rows.map(({ id }) => id);
}

/**
 * Gives an endpoint up, and tells the others. What waits for it fails; what is pending does when its time comes.
 *
 * @param event null: the others are not told
 * @param line what the audit log says of it
 * @returns what is to be sent to the others
 */
export async function disableWebhook(
  db: Database,
  webhook: Scope & { id: string },
  reason: DisabledReason,
  event: NewEvent | null,
  line: AuditLine,
  now: Millis,
): Promise<DeliveryRef[]> {
  const isNews = sql`EXISTS (SELECT 1 FROM webhooks WHERE id = ${webhook.id} AND disabled_at = ${now})`;
  const [, , , told] = await db.batch([
    db
      .update(webhooks)
      .set({ active: false, disabledAt: now, disabledReason: reason, probeAt: null })
      .where(and(isEndpoint(webhook, webhook.id), eq(webhooks.active, true))),
    insertAuditLine(db, line, sql`changes() > 0`),
    db
      .update(deliveries)
      .set({ status: "failed" })
      .where(and(eq(deliveries.webhookId, webhook.id), eq(deliveries.status, "held"), isNews)),
    ...(event === null ? [] : tell(db, webhook, [event], now, isNews)),
  ]);
  return event === null ? [] : deliveriesOf(told);
}

/**
 * Takes the look at an endpoint for oneself.
 *
 * @param next when it is to be looked at again unless something comes of it
 * @returns null when it is not due, or somebody else has it
 */
export async function takeProbe(
  db: Database,
  id: string,
  now: Millis,
  next: (probes: number) => Millis,
): Promise<{ failures: number; probes: number } | null> {
  const [row] = await db
    .select({ failures: webhooks.failures, probes: webhooks.probes, probeAt: webhooks.probeAt })
    .from(webhooks)
    .where(and(eq(webhooks.id, id), eq(webhooks.active, true), lte(webhooks.probeAt, now)));
  if (!row) return null;
  const { failures, probes } = row;
  const taken = await db
    .update(webhooks)
    .set({ probeAt: next(probes), probes: probes + 1 })
    .where(and(eq(webhooks.id, id), eq(webhooks.active, true), sql`${webhooks.probeAt} = ${row.probeAt}`))
    .returning({ id: webhooks.id });
  return taken.length > 0 ? { failures, probes } : null;
}

/** Nothing waits for the endpoint any more: what happens from now on is sent at once. */
export async function endWebhookHolding(db: Database, id: string, now: Millis): Promise<void> {
  await db.batch([endHolding(db, id, now)]);
}

/** The same, for a batch. */
export function endHolding(db: Database, id: string, now: Millis) {
  return statement(
    db,
    sql`UPDATE webhooks SET probes = 0, probe_at = iif(EXISTS (SELECT 1 FROM deliveries
      WHERE webhook_id = ${id} AND status = 'held'), ${now}, NULL) WHERE id = ${id} AND probe_at IS NOT NULL`,
  );
}
