import { sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Access, Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { isReached } from "./posts.ts";

/*
 * How well posts and webhooks do, read from what became of the last of them: nothing is counted up when they end.
 */

/** Something that took a while, and when it was due. */
export interface Delay {
  at: Millis;
  ms: Millis;
}

interface Span {
  from: Millis;
  to: Millis;
}

/**
 * How long after its time each of the last tasks became public. Reads two rows of each post, `posts` of them at most, by
 * `posts_by_schedule`.
 */
export async function listLateness(db: Database, access: Access, { from, to }: Span, posts: number): Promise<Delay[]> {
  const { workspaceId, mode } = access.scope;
  return db.all<Delay>(sql`
    SELECT last.scheduled_at AS at, (task.value ->> 'publishedAt') - last.scheduled_at AS ms FROM (
      SELECT scheduled_at, state FROM posts INDEXED BY posts_by_schedule
      WHERE workspace_id = ${workspaceId} AND mode = ${mode} AND scheduled_at >= ${from} AND scheduled_at < ${to}
        AND ${isReached(access) ?? sql`true`}
      ORDER BY scheduled_at DESC LIMIT ${posts}) AS last, json_each(last.state, '$.tasks') AS task
    WHERE task.value ->> 'publishedAt' IS NOT NULL`);
}

/**
 * How long it took from an event until an endpoint had taken it for the first time, of the last events. Reads the rows of
 * `deliveries` by the primary key, for each endpoint twice `perEndpoint` of them at most. In test mode the clock must not have
 * been moved: events are of that clock, and deliveries of the real one.
 */
export async function listDeliveryDelays(
  db: Database,
  { workspaceId, mode }: Scope,
  { from, to }: Span,
  perEndpoint: number,
): Promise<Delay[]> {
  return db.all<Delay>(sql`
    SELECT taken.event_at AS at, taken.until - taken.event_at AS ms FROM (
      SELECT event_at, (SELECT (value ->> 'at') + (value ->> 'ms') FROM json_each(deliveries.log)
        WHERE value ->> 'error' IS NULL LIMIT 1) AS until
      FROM webhooks CROSS JOIN deliveries
      WHERE webhooks.workspace_id = ${workspaceId} AND webhooks.mode = ${mode} AND deliveries.webhook_id = webhooks.id
        AND deliveries.event_at < ${to} AND deliveries.event_at >= coalesce((
          SELECT last.event_at FROM deliveries AS last
          WHERE last.webhook_id = webhooks.id AND last.event_at >= ${from} AND last.event_at < ${to}
          ORDER BY last.event_at DESC LIMIT 1 OFFSET ${perEndpoint - 1}), ${from})) AS taken
    WHERE taken.until IS NOT NULL`);
}
