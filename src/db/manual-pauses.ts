import { and, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import type { OverdueAction, PostRef, Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { manualPauses, posts } from "./schema.ts";

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

/** The statement that reads the pauses that a task is under, in force or lifted not long ago. */
export function selectManualPauses(db: Database, scope: Scope, accountId: string, now: Millis) {
  const scopes = [
    pauseScope({ is: "deployment" }),
    pauseScope({ is: "workspace", ...scope }),
    pauseScope({ is: "account", ...scope, accountId }),
  ];
  return db
    .select()
    .from(manualPauses)
    .where(
      and(
        inArray(manualPauses.scope, scopes),
        or(isNull(manualPauses.liftedAt), gt(manualPauses.liftedAt, now - LIFTED_LIFE)),
      ),
    );
}

/** The pauses that a task is under, in force or lifted not long ago. */
export async function findManualPauses(
  db: Database,
  scope: Scope,
  accountId: string,
  now: Millis,
): Promise<ManualPause[]> {
  return selectManualPauses(db, scope, accountId, now);
}

/** @returns null when it was never paused */
export async function findManualPause(db: Database, subject: PauseSubject): Promise<ManualPause | null> {
  const [row] = await db
    .select()
    .from(manualPauses)
    .where(eq(manualPauses.scope, pauseScope(subject)));
  return row ?? null;
}

/** Pauses something; what is paused already stays so. */
export async function insertManualPause(
  db: Database,
  subject: PauseSubject,
  id: string,
  pausedAt: Millis,
): Promise<ManualPause> {
  const made: ManualPause = {
    scope: pauseScope(subject),
    id,
    pausedAt,
    liftedAt: null,
    overdue: null,
    rescheduleTo: null,
  };
  const [, [row]] = await db.batch([
    db
      .insert(manualPauses)
      .values(made)
      .onConflictDoUpdate({
        target: manualPauses.scope,
        set: made,
        setWhere: sql`${manualPauses.liftedAt} IS NOT NULL`,
      }),
    db.select().from(manualPauses).where(eq(manualPauses.scope, made.scope)),
  ]);
  return row ?? made;
}

/** Lifts a pause, and writes down what becomes of what came due meanwhile. */
export async function liftManualPause(
  db: Database,
  subject: PauseSubject,
  lifted: { at: Millis; overdue: OverdueAction; rescheduleTo: Millis | null },
): Promise<ManualPause | null> {
  const { at: liftedAt, overdue, rescheduleTo } = lifted;
  const scope = pauseScope(subject);
  const [row] = await db
    .update(manualPauses)
    .set({ liftedAt, overdue, rescheduleTo })
    .where(and(eq(manualPauses.scope, scope), isNull(manualPauses.liftedAt)))
    .returning();
  return row ?? null;
}

/** A task that came due while it was paused. */
export interface OverdueTask {
  ref: PostRef;
  accountId: string;
  scheduledAt: Millis;
}

/**
 * The tasks that are held by a pause, the soonest first. A task that came due a moment ago and has not been looked at
 * yet is not among them; it heeds the pause all the same.
 *
 * @returns some of them, and how many there are
 */
export async function findOverdue(
  db: Database,
  subject: PauseSubject,
  limit: number,
): Promise<{ tasks: OverdueTask[]; total: number }> {
  const where = sql.join(
    [
      sql`p.wake_by IS NOT NULL AND s.value ->> '$.error.code' = 'paused'`,
      ...(subject.is === "deployment"
        ? []
        : [sql`p.workspace_id = ${subject.workspaceId} AND p.mode = ${subject.mode}`]),
      ...(subject.is === "account" ? [sql`s.value ->> 'accountId' = ${subject.accountId}`] : []),
    ],
    sql` AND `,
  );
  const from = sql`FROM ${posts} p, json_each(p.state, '$.tasks') s WHERE ${where}`;
  const [rows, [counted]] = await Promise.all([
    db.all<{ workspaceId: string; mode: PostRef["mode"]; postId: string; accountId: string; scheduledAt: number }>(sql`
      SELECT p.workspace_id AS workspaceId, p.mode AS mode, p.id AS postId, s.value ->> 'accountId' AS accountId,
        p.scheduled_at AS scheduledAt ${from} ORDER BY p.scheduled_at, p.id LIMIT ${limit}`),
    db.all<{ total: number }>(sql`SELECT count(*) AS total ${from}`),
  ]);
  const tasks = rows.map(({ accountId, scheduledAt, ...ref }) => ({ ref, accountId, scheduledAt }));
  return { tasks, total: counted?.total ?? 0 };
}
