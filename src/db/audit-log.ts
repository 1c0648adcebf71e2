import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { auditLog } from "./schema.ts";

export type AuditRow = typeof auditLog.$inferSelect;

/** A line that is to be written; the database numbers it. */
export type AuditLine = Omit<AuditRow, "seq">;

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

/** Writes a line by itself: of what an object has done. Repeating it writes nothing. */
export async function writeAuditLine(db: Database, line: AuditLine): Promise<void> {
  await db.batch([insertAuditLine(db, line, sql`true`)]);
}
