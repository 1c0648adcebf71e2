import { and, eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { selectValues, statement } from "./database.ts";
import { deliveries, webhooks } from "./schema.ts";
import type { WebhookRow } from "./webhooks.ts";

/*
 * Where members are told of what happens: an endpoint of their own for each mode, which is none of the workspace's.
 */

function isOf({ workspaceId, mode }: Scope, personId: string) {
  return and(eq(webhooks.workspaceId, workspaceId), eq(webhooks.mode, mode), eq(webhooks.personId, personId));
}

/** @returns null when the member is not told */
export async function findNotifications(db: Database, scope: Scope, personId: string): Promise<WebhookRow | null> {
  const [row] = await db.select().from(webhooks).where(isOf(scope, personId));
  return row ?? null;
}

/** Stores where a member is told. @returns whether it is stored: not when they are none any more, or have one already */
export async function insertNotifications(
  db: Database,
  row: WebhookRow & { personId: string },
  record: ChangeRecord,
): Promise<boolean> {
  const { workspaceId, mode, personId } = row;
  const isFirst = sql`EXISTS (SELECT 1 FROM members WHERE workspace_id = ${workspaceId} AND person_id = ${personId})
    AND NOT EXISTS (SELECT 1 FROM webhooks AS w WHERE w.workspace_id = ${workspaceId} AND w.mode = ${mode}
      AND w.person_id = ${personId})`;
  const [, stored] = await commitChange(db, record, [
    db
      .insert(webhooks)
      .select(selectValues(webhooks, row, isFirst))
      .onConflictDoNothing(),
    db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.id, row.id)),
  ]);
  return stored.length > 0;
}

/** What a member changes of where they are told; it begins as if nothing had ever failed. */
export type NotificationsEdit = Pick<WebhookRow, "format" | "url" | "events" | "secretEnvelope">;

/** @param now when what was held meanwhile is let go @returns whether they are still told there */
export async function updateNotifications(
  db: Database,
  { id, secretEnvelope }: WebhookRow,
  edit: NotificationsEdit,
  now: Millis,
  record: ChangeRecord,
): Promise<boolean> {
  const probeAt = sql`iif(EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = ${id} AND status = 'held'), ${now}, NULL)`;
  const fresh = { active: true, disabledAt: null, disabledReason: null, failures: 0, failingSince: null, probes: 0 };
  const [updated] = await commitChange(db, record, [
    db
      .update(webhooks)
      .set({ ...edit, ...fresh, probeAt })
      .where(and(eq(webhooks.id, id), eq(webhooks.secretEnvelope, secretEnvelope)))
      .returning({ id: webhooks.id }),
  ]);
  return updated.length > 0;
}

/**
 * Writes into the audit log that a member has a link sent to an address.
 *
 * @returns whether it is written: not when as many were sent as may be
 */
export async function noteLinkSent(
  db: Database,
  { workspaceId, mode }: Scope,
  personId: string,
  { since, atMost }: { since: Millis; atMost: number },
  record: ChangeRecord,
): Promise<boolean> {
  const hasRoom = sql`(SELECT count(*) FROM audit_log WHERE workspace_id = ${workspaceId} AND mode = ${mode}
    AND action = 'notifications.link_sent' AND target = ${personId} AND at > ${since}) < ${atMost}`;
  const [read] = await commitChange(db, record, [statement(db, sql`SELECT ${hasRoom} AS has_room`)], hasRoom);
  return (read as unknown as { results: { has_room: number }[] }).results[0]?.has_room === 1;
}

/** Tells a member nothing more. */
export async function deleteNotifications(db: Database, id: string, record: ChangeRecord): Promise<void> {
  await commitChange(db, record, [
    db.delete(deliveries).where(eq(deliveries.webhookId, id)),
    db.delete(webhooks).where(eq(webhooks.id, id)),
  ]);
}
