import { and, eq, isNull, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { manualPauses } from "./schema.ts";

/*
 * What holds a workspace's posts back while the deployment's owner keeps the workspace out, or deletes it: a pause of
 * its own, of both modes, which is none of those that the workspace's own keys make and lift.
 */

/** Where it stands in `manual_pauses`. */
export function suspensionScope(workspaceId: string): string {
  return `workspace:${workspaceId}`;
}

/** The statement that holds the posts back. What is held already stays so. */
export function holdWorkspace(db: Database, workspaceId: string, pauseId: string, now: Millis) {
  const scope = suspensionScope(workspaceId);
  const made = { scope, id: pauseId, pausedAt: now, liftedAt: null, liftedBy: null, overdue: null, rescheduleTo: null };
  return db.insert(manualPauses).values(made).onConflictDoNothing();
}

/** The statement that lets them go: what came due meanwhile is sent. Those of a workspace that is deleted stay. */
export function letWorkspaceGo(db: Database, workspaceId: string, now: Millis) {
  return statement(
    db,
    sql`UPDATE manual_pauses SET lifted_at = ${now}, overdue = 'send'
      WHERE scope = ${suspensionScope(workspaceId)} AND lifted_at IS NULL
        AND EXISTS (SELECT 1 FROM workspaces WHERE id = ${workspaceId} AND deleted_at IS NULL)`,
  );
}

/** @returns the id of the pause that is in force; null when there is none */
export async function findHold(db: Database, workspaceId: string): Promise<string | null> {
  const [row] = await db
    .select({ id: manualPauses.id })
    .from(manualPauses)
    .where(and(eq(manualPauses.scope, suspensionScope(workspaceId)), isNull(manualPauses.liftedAt)));
  return row?.id ?? null;
}
