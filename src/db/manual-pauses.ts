import { and, desc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY, HOUR } from "../lib/clock.ts";
import type { PostRef, Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { prepared } from "./database.ts";
import { manualPauses } from "./schema.ts";
import { suspensionScope } from "./suspensions.ts";

/** A pause that a person made, in force or lifted. */
export type ManualPause = typeof manualPauses.$inferSelect;

/** What can be paused. */
export type PauseSubject =
  | { is: "deployment" }
  | ({ is: "workspace" } & Scope)
  | ({ is: "account"; accountId: string } & Scope);

export function pauseScope(subject: PauseSubject): string {
  switch (subject.is) {
    case "deployment":
      return "deployment";
    case "workspace":
      return `workspace:${subject.workspaceId}/${subject.mode}`;
    case "account":
      return `account:${subject.accountId}`;
  }
}

/** How long a lifted pause is remembered: whoever it held has looked again by then. */
const LIFTED_LIFE: Millis = 2 * DAY;
/** A held task looks again within an hour, and its post's `wake_by` lies little behind that. */
const HELD_WAKE: Millis = 2 * HOUR;

const selectOfScopes = prepared((db) => {
  const scopes = ["deployment", "suspension", "workspace", "account"].map((name) => sql.placeholder(name));
  const isRecent = or(isNull(manualPauses.liftedAt), gt(manualPauses.liftedAt, sql.placeholder("since")));
  return db
    .select()
    .from(manualPauses)
    .where(and(inArray(manualPauses.scope, scopes), isRecent));
});

/** The statement that reads the pauses that a task is under, in force or lifted not long ago. */
export function selectManualPauses(db: Database, scope: Scope, accountId: string, now: Millis) {
  return selectOfScopes(db, {
    deployment: pauseScope({ is: "deployment" }),
    suspension: suspensionScope(scope.workspaceId),
    workspace: pauseScope({ is: "workspace", ...scope }),
    account: pauseScope({ is: "account", ...scope, accountId }),
    since: now - LIFTED_LIFE,
  });
}

/** The pauses that a task is under, in force or lifted not long ago. */
export async function findManualPauses(
  db: Database,
  scope: Scope,
  accountId: string,
  now: Millis,
): Promise<ManualPause[]> {
  return selectManualPauses(db, scope, accountId, now).all();
}

/** @returns the pause in force, or the one that was lifted last; null when it was never paused */
export async function findManualPause(db: Database, subject: PauseSubject): Promise<ManualPause | null> {
  const [row] = await selectLast(db, subject);
  return row ?? null;
}

/** One in force comes before any that was lifted; of those the ids tell which was last. */
function selectLast(db: Database, subject: PauseSubject) {
  return db
    .select()
    .from(manualPauses)
    .where(eq(manualPauses.scope, pauseScope(subject)))
    .orderBy(sql`${manualPauses.liftedAt} IS NOT NULL`, desc(manualPauses.id))
    .limit(1);
}

/** A pause that begins, not stored yet. */
export function newManualPause(subject: PauseSubject, id: string, pausedAt: Millis): ManualPause {
  const scope = pauseScope(subject);
  return { scope, id, pausedAt, liftedAt: null, liftedBy: null, overdue: null, rescheduleTo: null };
}

/**
 * Stores a pause, unless one of the same is in force.
 *
 * @returns the pause in force, which may be another; null when it was lifted in the same moment
 */
export async function insertManualPause(
  db: Database,
  made: ManualPause,
  record: ChangeRecord,
): Promise<ManualPause | null> {
  const [, [inForce]] = await commitChange(db, record, [
    db.insert(manualPauses).values(made).onConflictDoNothing(),
    db.select().from(manualPauses).where(isInForce(made.scope)),
  ]);
  return inForce ?? null;
}

function isInForce(scope: string) {
  return and(eq(manualPauses.scope, scope), isNull(manualPauses.liftedAt));
}

/**
 * Lifts a pause, and writes down what becomes of what came due meanwhile.
 *
 * @param lifted the pause as it is to be
 * @returns whether it was in force
 */
export async function liftManualPause(db: Database, lifted: ManualPause, record: ChangeRecord): Promise<boolean> {
  const { scope, id, liftedAt, liftedBy, overdue, rescheduleTo } = lifted;
  const [rows] = await commitChange(db, record, [
    db
      .update(manualPauses)
      .set({ liftedAt, liftedBy, overdue, rescheduleTo })
      .where(and(isInForce(scope), eq(manualPauses.id, id)))
      .returning({ id: manualPauses.id }),
  ]);
  return rows.length > 0;
}

/** Forgets pauses that were lifted long ago, but for the last of each scope, which answers show. */
export async function deleteOldManualPauses(db: Database, now: Millis): Promise<void> {
  await db.run(sql`
    DELETE FROM manual_pauses WHERE lifted_at < ${now - LIFTED_LIFE}
      AND EXISTS (SELECT 1 FROM manual_pauses later
        WHERE later.scope = manual_pauses.scope AND later.id > manual_pauses.id)`);
}

/** A task that came due while it was paused. */
export interface OverdueTask {
  ref: PostRef;
  accountId: string;
  scheduledAt: Millis;
}

/** What is counted of held tasks: beyond, there are at least so many. */
const MAX_COUNTED = 10_000;

/**
 * The tasks that a pause holds. One that came due a moment ago and has not been looked at yet is not among them; it heeds
 * the pause all the same. Reads the open posts that have something to do within hours, and no others.
 *
 * @returns the soonest, and how many there are
 */
export async function findOverdue(
  db: Database,
  pauseId: string,
  now: Millis,
  limit: number,
): Promise<{ tasks: OverdueTask[]; total: number }> {
  const from = sql`FROM posts p INDEXED BY posts_to_wake, json_each(p.state, '$.tasks') s
    WHERE p.wake_by IS NOT NULL AND p.wake_by <= ${now + HELD_WAKE}
      AND s.value ->> '$.error.code' = 'paused'
      AND EXISTS (SELECT 1 FROM json_each(s.value, '$.pausedBy') WHERE value = ${pauseId})`;
  const [rows, [counted]] = await Promise.all([
    db.all<{ workspaceId: string; mode: PostRef["mode"]; postId: string; accountId: string; scheduledAt: number }>(sql`
      SELECT p.workspace_id AS workspaceId, p.mode AS mode, p.id AS postId, s.value ->> 'accountId' AS accountId,
        p.scheduled_at AS scheduledAt ${from} ORDER BY p.scheduled_at, p.id LIMIT ${limit}`),
    db.all<{ total: number }>(sql`SELECT count(*) AS total FROM (SELECT 1 ${from} LIMIT ${MAX_COUNTED})`),
  ]);
  const tasks = rows.map(({ accountId, scheduledAt, ...ref }) => ({ ref, accountId, scheduledAt }));
  return { tasks, total: counted?.total ?? 0 };
}
