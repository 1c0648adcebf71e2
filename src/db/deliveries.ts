import type { SQL } from "drizzle-orm";
import { and, asc, isNotNull, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Mode, Scope, WebhookFormat } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { deliveriesOf } from "./events.ts";
import { deliveries, events } from "./schema.ts";
import { endHolding } from "./webhooks.ts";

/** Names the sending of one event to one endpoint. */
export interface DeliveryRef {
  webhookId: string;
  eventAt: Millis;
  eventId: string;
}

/** What came of sending it once. */
export interface DeliveryAttempt {
  at: Millis;
  /** How long it took, in milliseconds. */
  ms: number;
  /** Null where there was no answer. */
  status: number | null;
  /** Why it does not count as delivered; null when it does. */
  error: string | null;
  /** The first of the answer. */
  response: string;
}

/** Attempts of one delivery that are remembered. */
const LOGGED = 20;

/** How early a message may be: queues and clocks are not exact. */
const EARLY: Millis = SECOND;

/** A delivery that a consumer has for itself, with all that sending it takes. */
export interface ClaimedDelivery {
  ref: DeliveryRef;
  scope: Scope;
  /** Counts what its schedule sends; 0: on trial, while the endpoint is failing. */
  attempt: number;
  claimedUntil: Millis;
  /** Null when the event was deleted. */
  body: string | null;
  url: string;
  format: WebhookFormat;
  /** Of a member's, the address itself is sealed in it. */
  secretEnvelope: string;
}

/** Picks one delivery. */
export function isDelivery({ webhookId, eventAt, eventId }: DeliveryRef) {
  return sql`webhook_id = ${webhookId} AND event_at = ${eventAt} AND event_id = ${eventId}`;
}

const OF_WEBHOOK = (column: string) => sql`(SELECT ${sql.raw(column)} FROM webhooks WHERE id = webhook_id)`;

/** Whether an endpoint's deliveries are held, and not just being let go: what is let go first must not be held again. */
const IS_FAILING = sql`(probe_at IS NOT NULL AND failures > 0)`;

const CLAIMED = sql`webhook_id, event_at, event_id, attempts, claimed_until,
  (SELECT body FROM events WHERE id = event_id) AS body, ${OF_WEBHOOK("url")} AS url, ${OF_WEBHOOK("format")} AS format,
  ${OF_WEBHOOK("secret_envelope")} AS secret_envelope, ${OF_WEBHOOK("workspace_id")} AS workspace_id,
  ${OF_WEBHOOK("mode")} AS mode`;

interface ClaimedRow {
  webhook_id: string;
  event_at: Millis;
  event_id: string;
  attempts: number;
  claimed_until: Millis;
  body: string | null;
  url: string;
  format: WebhookFormat;
  secret_envelope: string;
  workspace_id: string;
  mode: Mode;
}

function claimedOf(result: unknown): ClaimedDelivery[] {
  return (result as { results: ClaimedRow[] }).results.map((row) => ({
    ref: { webhookId: row.webhook_id, eventAt: row.event_at, eventId: row.event_id },
    scope: { workspaceId: row.workspace_id, mode: row.mode },
    attempt: row.attempts,
    claimedUntil: row.claimed_until,
    body: row.body,
    url: row.url,
    format: row.format,
    secretEnvelope: row.secret_envelope,
  }));
}

/**
 * Takes deliveries that are due for oneself: a second message for the same attempt finds nothing. One whose endpoint is
 * failing, or was made inactive, is held instead, and one whose endpoint was given up fails.
 *
 * @param wanted `isAsked`: a person wants it sent, whatever the endpoint is like
 */
export async function claimDeliveries(
  db: Database,
  wanted: readonly { ref: DeliveryRef; isAsked: boolean }[],
  now: Millis,
  until: Millis,
): Promise<ClaimedDelivery[]> {
  const statements = wanted.flatMap(({ ref, isAsked }) => {
    const isFree = sql`${isDelivery(ref)} AND status = 'pending' AND (claimed_until IS NULL OR claimed_until <= ${now})`;
    return [
      statement(
        db,
        sql`UPDATE deliveries SET attempts = attempts + 1, claimed_until = ${until}
          WHERE ${isFree} AND next_attempt_at <= ${now + EARLY} AND EXISTS (SELECT 1 FROM webhooks
            WHERE id = webhook_id AND active AND (NOT ${IS_FAILING} OR ${isAsked ? 1 : 0}))
          RETURNING ${CLAIMED}`,
      ),
      statement(
        db,
        sql`UPDATE deliveries SET status = iif(${OF_WEBHOOK("disabled_at")} IS NULL, 'held', 'failed'), next_attempt_at = NULL
          WHERE ${isFree} AND next_attempt_at <= ${now + EARLY} AND EXISTS (SELECT 1 FROM webhooks
            WHERE id = webhook_id AND (NOT active OR ${IS_FAILING}))`,
      ),
    ];
  });
  const [first, ...others] = statements;
  if (!first) return [];
  const results = await db.batch([first, ...others]);
  return results.filter((_result, index) => index % 2 === 0).flatMap(claimedOf);
}

/** Takes the oldest delivery that waits for an endpoint, to try whether it answers. @returns null when none waits */
export async function claimHeld(
  db: Database,
  webhookId: string,
  now: Millis,
  until: Millis,
): Promise<ClaimedDelivery | null> {
  const [result] = await db.batch([
    statement(
      db,
      sql`UPDATE deliveries SET claimed_until = ${until} WHERE (webhook_id, event_at, event_id) = (
          SELECT webhook_id, event_at, event_id FROM deliveries WHERE webhook_id = ${webhookId} AND status = 'held'
            AND (claimed_until IS NULL OR claimed_until <= ${now}) ORDER BY event_at LIMIT 1)
        RETURNING ${CLAIMED}`,
    ),
  ]);
  const [claimed] = claimedOf(result);
  return claimed ? { ...claimed, attempt: 0 } : null;
}

/** What is to become of a delivery after an attempt. */
export type DeliveryEnd =
  | { is: "delivered" }
  | { is: "failed" }
  | { is: "again"; at: Millis }
  /** It was on trial, and waits on, unless it was let go meanwhile: nobody looks after one that is held by itself. */
  | { is: "held" };

function columnsOf(end: DeliveryEnd): SQL {
  if (end.is === "held") return sql`status = status`;
  if (end.is === "again") return sql`status = 'pending', next_attempt_at = ${end.at}`;
  return sql`status = ${end.is}, next_attempt_at = NULL`;
}

/** How an endpoint stands after an attempt. */
export interface EndpointState {
  failingSince: Millis | null;
  probeAt: Millis | null;
}

/** What a failed attempt says of its endpoint. */
export interface Failure {
  /** Whether it was its delivery's first: of so many in a row all other deliveries wait, until then. */
  isFirst: boolean;
  holdFrom: number;
  probeAt: Millis;
}

/** An attempt that is over. */
export interface AttemptRecord {
  claimed: ClaimedDelivery;
  attempt: DeliveryAttempt;
  end: DeliveryEnd;
  /** What it says of the endpoint. */
  says: "well" | "nothing" | Failure;
  now: Millis;
}

/**
 * Records attempts, and what they say of their endpoints.
 *
 * @returns for each how its endpoint stands; null when it says no news, or the endpoint is gone or inactive
 */
export async function recordAttempts(
  db: Database,
  records: readonly AttemptRecord[],
): Promise<(EndpointState | null)[]> {
  const statements = records.map(({ claimed, attempt, end, says, now }) => {
    const { ref, claimedUntil } = claimed;
    const logged = sql`json_remove(json_insert(log, '$[#]', json(${JSON.stringify(attempt)})),
      iif(json_array_length(log) >= ${LOGGED}, '$[0]', '$[#]'))`;
    const recorded = statement(
      db,
      sql`UPDATE deliveries SET ${columnsOf(end)}, claimed_until = NULL, log = ${logged}
        WHERE ${isDelivery(ref)} AND claimed_until = ${claimedUntil}`,
    );
    return says === "nothing" ? [recorded] : [recorded, statement(db, noteOf(ref.webhookId, says, now))];
  });
  const [first, ...others] = statements.flat();
  if (!first) return [];
  const results = await db.batch([first, ...others]);
  let next = 0;
  return statements.map(({ length }) => {
    const result = length === 2 ? results[next + 1] : undefined;
    next += length;
    const [row] = (result as unknown as { results: EndpointRow[] } | undefined)?.results ?? [];
    return row ? { failingSince: row.failing_since, probeAt: row.probe_at } : null;
  });
}

interface EndpointRow {
  failing_since: Millis | null;
  probe_at: Millis | null;
}

function noteOf(webhookId: string, says: "well" | Failure, now: Millis): SQL {
  if (says === "well") {
    return sql`UPDATE webhooks SET failures = 0, failing_since = NULL, probes = 0,
        probe_at = iif(probe_at IS NULL, NULL, ${now})
      WHERE id = ${webhookId} AND failing_since IS NOT NULL RETURNING failing_since, probe_at`;
  }
  const failures = sql`failures + ${says.isFirst ? 1 : 0}`;
  return sql`UPDATE webhooks SET failures = ${failures}, failing_since = coalesce(failing_since, ${now}),
      probe_at = iif(probe_at IS NULL AND ${failures} >= ${says.holdFrom}, ${says.probeAt}, probe_at)
    WHERE id = ${webhookId} AND active RETURNING failing_since, probe_at`;
}

/** Stores an event for one endpoint alone, which nobody has asked to be told of, for whoever stores it to be sent. */
export async function insertTestDelivery(
  db: Database,
  scope: Scope,
  event: Pick<typeof events.$inferInsert, "id" | "type" | "body" | "createdAt">,
  { ref, attempt, claimedUntil }: Pick<ClaimedDelivery, "ref" | "attempt" | "claimedUntil">,
  record: ChangeRecord,
): Promise<void> {
  await commitChange(db, record, [
    db
      .insert(events)
      .values({ ...event, ...scope })
      .onConflictDoNothing(),
    db
      .insert(deliveries)
      .values({ ...ref, status: "pending", attempts: attempt, nextAttemptAt: ref.eventAt, claimedUntil })
      .onConflictDoNothing(),
  ]);
}

/**
 * Lets some of what waits for an endpoint go, oldest first; with the last of it the holding ends.
 *
 * @returns what is to be sent
 */
export async function releaseHeld(db: Database, webhookId: string, now: Millis, limit: number): Promise<DeliveryRef[]> {
  const [released] = await db.batch([
    statement(
      db,
      sql`UPDATE deliveries SET status = 'pending', next_attempt_at = ${now}
        WHERE (webhook_id, event_at, event_id) IN (SELECT webhook_id, event_at, event_id FROM deliveries
          WHERE webhook_id = ${webhookId} AND status = 'held' ORDER BY event_at LIMIT ${limit})
        RETURNING webhook_id, event_at, event_id, status`,
    ),
    endHolding(db, webhookId, now),
  ]);
  return deliveriesOf(released);
}

/** What is due and was not sent: a page of it, the longest due first. */
export async function findDueDeliveries(
  db: Database,
  before: Millis,
  after: (DeliveryRef & { nextAttemptAt: Millis }) | null,
  limit: number,
): Promise<(DeliveryRef & { nextAttemptAt: Millis })[]> {
  const { nextAttemptAt, webhookId, eventAt, eventId } = deliveries;
  const isBehind =
    after &&
    sql`(${nextAttemptAt}, ${webhookId}, ${eventAt}, ${eventId})
      > (${after.nextAttemptAt}, ${after.webhookId}, ${after.eventAt}, ${after.eventId})`;
  const rows = await db
    .select({ nextAttemptAt, webhookId, eventAt, eventId })
    .from(deliveries)
    .where(and(isNotNull(nextAttemptAt), lte(nextAttemptAt, before), isBehind ?? undefined))
    .orderBy(asc(nextAttemptAt), asc(webhookId), asc(eventAt), asc(eventId))
    .limit(limit);
  return rows.map((row) => ({ ...row, nextAttemptAt: row.nextAttemptAt ?? before }));
}

/** Since when the delivery that has been longest is due; null when none is. */
export async function findOldestDue(db: Database, before: Millis): Promise<Millis | null> {
  const [oldest] = await findDueDeliveries(db, before, null, 1);
  return oldest?.nextAttemptAt ?? null;
}
