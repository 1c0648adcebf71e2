import type { Placeholder, SQL } from "drizzle-orm";
import { and, desc, eq, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { EventType, Scope } from "../lib/vocabulary.ts";
import type { Database, World } from "./database.ts";
import { prepared, SCOPE, statement } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import { events, workspaces } from "./schema.ts";

/** Events, and what was sent of them, are kept so long. */
const KEPT_FOR: Millis = 30 * DAY;

export type EventRow = typeof events.$inferSelect;

/** An event that is to be stored, with its frozen body. */
export interface NewEvent {
  /** A function of what it tells: told twice, it is the same event. */
  id: string;
  type: EventType;
  body: string;
  /** On the clock of what it tells of. */
  createdAt: Millis;
  postId?: string;
  accountId?: string;
}

/**
 * Two statements for the batch of the transition that events tell of: first a delivery for each endpoint that is to hear
 * of them, then the events. Events that are there already are told to nobody again. What the first one returns is read by
 * `deliveriesOf`.
 *
 * @param now real time
 * @param condition what must hold for an event to be told; may name it as `e.value`
 */
export function tell(db: Database, scope: Scope, told: readonly NewEvent[], now: Millis, condition: SQL | null = null) {
  const rows = JSON.stringify(told);
  if (!condition) {
    const values = { workspaceId: scope.workspaceId, mode: scope.mode, rows, now };
    return [insertDeliveries(db, values), insertEvents(db, values)] as const;
  }
  return [
    statement(db, deliveriesSql(scope, rows, now, condition)),
    statement(db, eventsSql(scope, rows, condition)),
  ] as const;
}

type Rows = string | Placeholder;

function deliveriesSql({ workspaceId, mode }: World, rows: Rows, now: Millis | Placeholder, condition: SQL): SQL {
  return sql`
      INSERT INTO deliveries (webhook_id, event_at, event_id, status, next_attempt_at)
      SELECT w.id, e.value ->> 'createdAt', e.value ->> 'id', iif(w.probe_at IS NULL, 'pending', 'held'),
        iif(w.probe_at IS NULL, ${now}, NULL)
      FROM json_each(${rows}) AS e
      JOIN webhooks AS w ON w.workspace_id = ${workspaceId} AND w.mode = ${mode} AND w.active
      WHERE e.value ->> 'type' IN (SELECT value FROM json_each(w.events))
        AND NOT EXISTS (SELECT 1 FROM events WHERE id = e.value ->> 'id') AND ${MAY_HEAR} AND ${condition}
      ON CONFLICT DO NOTHING RETURNING webhook_id, event_at, event_id, status`;
}

function eventsSql({ workspaceId, mode }: World, rows: Rows, condition: SQL): SQL {
  return sql`
      INSERT INTO events (id, workspace_id, mode, type, post_id, account_id, body, created_at)
      SELECT e.value ->> 'id', ${workspaceId}, ${mode}, e.value ->> 'type', e.value ->> 'postId',
        e.value ->> 'accountId', e.value ->> 'body', e.value ->> 'createdAt'
      FROM json_each(${rows}) AS e WHERE ${condition} ON CONFLICT DO NOTHING`;
}

const insertDeliveries = prepared((db) =>
  db.run(deliveriesSql(SCOPE, sql.placeholder("rows"), sql.placeholder("now"), sql`1`)),
);
const insertEvents = prepared((db) => db.run(eventsSql(SCOPE, sql.placeholder("rows"), sql`1`)));

/**
 * Holds where an endpoint is the workspace's, or of a member who sees the post that an event tells of: all accounts that it goes
 * to, where they are limited to groups.
 */
const MAY_HEAR = sql`(w.person_id IS NULL OR EXISTS (SELECT 1 FROM members AS m
  WHERE m.workspace_id = w.workspace_id AND m.person_id = w.person_id AND (m.group_ids IS NULL OR EXISTS (
    SELECT 1 FROM posts AS p WHERE p.workspace_id = w.workspace_id AND p.mode = w.mode AND p.id = e.value ->> 'postId'
      AND NOT EXISTS (SELECT 1 FROM json_each(p.state, '$.tasks') AS t
        LEFT JOIN accounts AS a ON a.id = t.value ->> 'accountId'
        WHERE a.group_id IS NULL OR a.group_id NOT IN (SELECT value FROM json_each(m.group_ids)))))))`;

/** What a statement of a batch gave back that returns rows of `deliveries`: those that are to be sent now. */
export function deliveriesOf(result: unknown): DeliveryRef[] {
  const { results } = result as {
    results: { webhook_id: string; event_at: Millis; event_id: string; status: string }[];
  };
  return results
    .filter(({ status }) => status === "pending")
    .map((row) => ({ webhookId: row.webhook_id, eventAt: row.event_at, eventId: row.event_id }));
}

/** Tells of something that changes nothing else. @returns what is to be sent */
export async function tellAlone(db: Database, scope: Scope, event: NewEvent, now: Millis): Promise<DeliveryRef[]> {
  const [told] = await db.batch([...tell(db, scope, [event], now)]);
  return deliveriesOf(told);
}

function inScope(scope: Scope) {
  return and(eq(events.workspaceId, scope.workspaceId), eq(events.mode, scope.mode));
}

/** What an event says. */
export interface EventBody {
  type: string;
  timestamp: string;
  data: { [name: string]: Json };
}

/** The same for who may not decide on posts: whoever reads the link in what asks for approval may. */
export function withoutLink(body: EventBody): EventBody {
  return body.data.link === undefined ? body : { ...body, data: { ...body.data, link: null } };
}

/** Where a page of events begins: behind this one. */
export interface EventPosition {
  createdAt: Millis;
  id: string;
}

/** What a workspace was told, newest first. */
export async function listEvents(
  db: Database,
  scope: Scope,
  page: { after: EventPosition | null; limit: number },
): Promise<EventRow[]> {
  const { after } = page;
  const isBehind = after && sql`(${events.createdAt}, ${events.id}) < (${after.createdAt}, ${after.id})`;
  return db
    .select()
    .from(events)
    .where(and(inScope(scope), isBehind ?? undefined))
    .orderBy(desc(events.createdAt), desc(events.id))
    .limit(page.limit);
}

/** @returns null when the workspace was not told of it, or it is too long ago */
export async function findEvent(db: Database, scope: Scope, id: string): Promise<EventRow | null> {
  const [row] = await db
    .select()
    .from(events)
    .where(and(inScope(scope), eq(events.id, id)));
  return row ?? null;
}

/**
 * Deletes what was told long ago in some workspaces, with all that was sent of it.
 *
 * @param after the last workspace of the time before; null: begin with the first
 * @returns the last workspace of this time; null when there are no more
 */
export async function deleteOldEvents(
  db: Database,
  now: Millis,
  after: string | null,
  limit: number,
): Promise<string | null> {
  const rows = await db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(after === null ? undefined : sql`${workspaces.id} > ${after}`)
    .orderBy(workspaces.id)
    .limit(limit);
  const ids = JSON.stringify(rows.map(({ id }) => id));
  const before = now - KEPT_FOR;
  await db.batch([
    statement(
      db,
      sql`DELETE FROM deliveries WHERE event_at < ${before} AND webhook_id IN (SELECT w.id FROM webhooks AS w
        WHERE w.mode IN ('live', 'test') AND w.workspace_id IN (SELECT value FROM json_each(${ids})))`,
    ),
    statement(
      db,
      sql`DELETE FROM events WHERE created_at < ${before} AND mode IN ('live', 'test')
        AND workspace_id IN (SELECT value FROM json_each(${ids}))`,
    ),
  ]);
  return rows.length === limit ? (rows.at(-1)?.id ?? null) : null;
}
