import { and, desc, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { EventType, Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import { isDelivery } from "./deliveries.ts";
import { deliveriesOf } from "./events.ts";
import { deliveries, events, webhooks } from "./schema.ts";

/*
 * Deliveries as people see them, and what they ask of them.
 */

export type DeliveryRow = typeof deliveries.$inferSelect & { type: EventType | null };

const WITH_TYPE = { ...getTableColumns(deliveries), type: events.type };

/** What was, and is to be, sent to an endpoint, newest first. */
export async function listDeliveries(
  db: Database,
  webhookId: string,
  page: { after: Pick<DeliveryRef, "eventAt" | "eventId"> | null; limit: number },
): Promise<DeliveryRow[]> {
  const { after } = page;
  const isBehind = after && sql`(${deliveries.eventAt}, ${deliveries.eventId}) < (${after.eventAt}, ${after.eventId})`;
  return db
    .select(WITH_TYPE)
    .from(deliveries)
    .leftJoin(events, eq(events.id, deliveries.eventId))
    .where(and(eq(deliveries.webhookId, webhookId), isBehind ?? undefined))
    .orderBy(desc(deliveries.eventAt), desc(deliveries.eventId))
    .limit(page.limit);
}

/** @returns null when the workspace has no such delivery */
export async function findDelivery(db: Database, scope: Scope, ref: DeliveryRef): Promise<DeliveryRow | null> {
  const [row] = await db
    .select(WITH_TYPE)
    .from(deliveries)
    .innerJoin(
      webhooks,
      and(
        eq(webhooks.id, deliveries.webhookId),
        eq(webhooks.workspaceId, scope.workspaceId),
        eq(webhooks.mode, scope.mode),
        isNull(webhooks.personId),
      ),
    )
    .leftJoin(events, eq(events.id, deliveries.eventId))
    .where(
      and(
        eq(deliveries.webhookId, ref.webhookId),
        eq(deliveries.eventAt, ref.eventAt),
        eq(deliveries.eventId, ref.eventId),
      ),
    );
  return row ?? null;
}

/** What a delivery becomes that is sent again: one that had ended begins its schedule anew. */
export function sentAgain(now: Millis) {
  return { status: "pending", nextAttemptAt: now, claimedUntil: null } as const;
}

/** Has a delivery sent again. @returns whether it will be: not while it is being sent */
export async function sendAgain(db: Database, ref: DeliveryRef, now: Millis, record: ChangeRecord): Promise<boolean> {
  const [sent] = await commitChange(db, record, [
    db
      .update(deliveries)
      .set({ ...sentAgain(now), attempts: sql`iif(status IN ('failed', 'delivered'), 0, attempts)` })
      .where(and(isDelivery(ref), sql`(claimed_until IS NULL OR claimed_until <= ${now})`))
      .returning({ webhookId: deliveries.webhookId }),
  ]);
  return sent.length > 0;
}

/** An event that an endpoint was to be told of. */
export type Missed = Pick<DeliveryRef, "eventAt" | "eventId">;

/** Events since a time that did not arrive at an endpoint, oldest first, so many at most. */
export async function findMissed(
  db: Database,
  webhook: Scope & { id: string },
  since: Millis,
  limit: number,
): Promise<Missed[]> {
  return db.all<Missed>(
    sql`SELECT e.created_at AS eventAt, e.id AS eventId FROM events AS e JOIN webhooks AS w ON w.id = ${webhook.id}
      WHERE e.workspace_id = ${webhook.workspaceId} AND e.mode = ${webhook.mode} AND e.created_at >= ${since}
        AND e.type IN (SELECT value FROM json_each(w.events))
        AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.webhook_id = w.id AND d.event_at = e.created_at
          AND d.event_id = e.id AND d.status <> 'failed')
      ORDER BY e.created_at, e.id LIMIT ${limit}`,
  );
}

/**
 * Has events sent to an endpoint that did not arrive. What is on its way by now is left alone.
 *
 * @returns what is to be sent
 */
export async function recoverDeliveries(
  db: Database,
  webhookId: string,
  missed: readonly Missed[],
  now: Millis,
  record: ChangeRecord,
): Promise<DeliveryRef[]> {
  const recover = statement(
    db,
    sql`INSERT INTO deliveries (webhook_id, event_at, event_id, status, next_attempt_at)
      SELECT w.id, e.value ->> 'eventAt', e.value ->> 'eventId', 'pending', ${now}
      FROM json_each(${JSON.stringify(missed)}) AS e JOIN webhooks AS w ON w.id = ${webhookId} WHERE true
      ON CONFLICT (webhook_id, event_at, event_id) DO UPDATE SET status = 'pending', attempts = 0,
        next_attempt_at = excluded.next_attempt_at, claimed_until = NULL WHERE status = 'failed'
      RETURNING webhook_id, event_at, event_id, status`,
  );
  // Made also where another call has just done the same: all of it is on its way.
  const [recovered] = await commitChange(db, record, [recover], sql`true`);
  return deliveriesOf(recovered);
}
