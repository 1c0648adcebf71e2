import type { SQL } from "drizzle-orm";
import { and, asc, desc, eq, gt, gte, lt, lte, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { AuditAction, Scope } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { auditLog } from "./schema.ts";

export type AuditRow = typeof auditLog.$inferSelect;

/** A line that is to be written; the database numbers it. */
export type AuditLine = Omit<AuditRow, "seq">;

/** Who asks for something, as the log and timelines name them. */
export interface Requester {
  /** The id of an API key, or of a person; null: nobody in particular. */
  asker: string | null;
  requestId: string | null;
  ip: string | null;
  /** Whether its posts wait for approval, where a workspace has those of some wait. */
  needsApproval: boolean;
}

/**
 * The statement that writes a line into the log, to stand in the batch of the change. Repeating it writes nothing.
 *
 * @param condition the line is written only where this holds: that the change was made
 */
export function insertAuditLine(db: Database, line: AuditLine, condition: SQL) {
  const { id, workspaceId, mode, at, action, actor, target, requestId, ip, details } = line;
  return statement(
    db,
    sql`
    INSERT INTO audit_log (id, workspace_id, mode, at, action, actor, target, request_id, ip, details)
    SELECT ${id}, ${workspaceId}, ${mode}, ${at}, ${action}, ${actor}, ${target}, ${requestId}, ${ip},
      ${details && JSON.stringify(details)}
    WHERE ${condition} ON CONFLICT DO NOTHING`,
  );
}

/** The same of several lines that belong to one change. */
export function insertAuditLines(db: Database, lines: readonly AuditLine[]) {
  return statement(
    db,
    sql`
    INSERT INTO audit_log (id, workspace_id, mode, at, action, actor, target, request_id, ip, details)
    SELECT value ->> 'id', value ->> 'workspaceId', value ->> 'mode', value ->> 'at', value ->> 'action',
      value ->> 'actor', value ->> 'target', value ->> 'requestId', value ->> 'ip', value -> 'details'
    FROM json_each(${JSON.stringify(lines)}) WHERE true ON CONFLICT DO NOTHING`,
  );
}

/** Writes a line by itself: of what an object has done, or of what changes nothing. Repeating it writes nothing. */
export async function writeAuditLine(db: Database, line: AuditLine): Promise<void> {
  await db.batch([insertAuditLine(db, line, sql`true`)]);
}

/** Which lines are asked for; what is undefined does not matter. */
export interface AuditFilters {
  action: AuditAction | undefined;
  actor: string | undefined;
  target: string | undefined;
  /** Lines whose time is not before it. */
  from: Millis | undefined;
  /** Lines whose time is before it. */
  to: Millis | undefined;
}

/**
 * The lines of a workspace in one mode, newest first.
 *
 * @param page.before only lines with a smaller number; null: from the newest
 */
export async function listLines(
  db: Database,
  scope: Scope,
  { action, actor, target, from, to }: AuditFilters,
  page: { before: number | null; limit: number },
): Promise<AuditRow[]> {
  const conditions = [
    linesOf(scope),
    page.before === null ? undefined : lt(auditLog.seq, page.before),
    action && eq(auditLog.action, action),
    actor === undefined ? undefined : eq(auditLog.actor, actor),
    target === undefined ? undefined : eq(auditLog.target, target),
    from === undefined ? undefined : gte(auditLog.at, from),
    to === undefined ? undefined : lt(auditLog.at, to),
  ];
  return db
    .select()
    .from(auditLog)
    .where(and(...conditions))
    .orderBy(desc(auditLog.seq))
    .limit(page.limit);
}

/**
 * Lines in the order in which they came about.
 *
 * @param range behind which number, and up to which; null: up to the newest
 * @param limit undefined: all that are within the range
 */
export async function listLinesUpwards(
  db: Database,
  scope: Scope,
  { after, through }: { after: number; through: number | null },
  limit?: number,
): Promise<AuditRow[]> {
  const lines = db
    .select()
    .from(auditLog)
    .where(and(linesOf(scope), gt(auditLog.seq, after), through === null ? undefined : lte(auditLog.seq, through)))
    .orderBy(asc(auditLog.seq));
  return limit === undefined ? lines : lines.limit(limit);
}

function linesOf(scope: Scope) {
  return and(eq(auditLog.workspaceId, scope.workspaceId), eq(auditLog.mode, scope.mode));
}
