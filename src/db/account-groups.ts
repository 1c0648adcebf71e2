import { and, asc, eq, sql } from "drizzle-orm";
import type { Scope } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { accountGroups, accounts } from "./schema.ts";

export type AccountGroupRow = typeof accountGroups.$inferSelect;

/** The groups of a workspace, by name. */
export async function listAccountGroups(db: Database, workspaceId: string): Promise<AccountGroupRow[]> {
  return db
    .select()
    .from(accountGroups)
    .where(eq(accountGroups.workspaceId, workspaceId))
    .orderBy(asc(accountGroups.name));
}

/** @returns null when the workspace has no such group */
export async function findAccountGroup(db: Database, workspaceId: string, id: string): Promise<AccountGroupRow | null> {
  const [row] = await db
    .select()
    .from(accountGroups)
    .where(and(eq(accountGroups.workspaceId, workspaceId), eq(accountGroups.id, id)));
  return row ?? null;
}

/** The accounts of one mode that are in any of the groups. */
export async function listAccountIdsOfGroups(
  db: Database,
  scope: Scope,
  groupIds: readonly string[],
): Promise<string[]> {
  const rows = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(
      and(
        eq(accounts.workspaceId, scope.workspaceId),
        eq(accounts.mode, scope.mode),
        sql`${accounts.groupId} IN (SELECT value FROM json_each(${JSON.stringify(groupIds)}))`,
      ),
    );
  return rows.map(({ id }) => id);
}

/** @returns whether it is stored: not when another group has its name, or there are as many as there may be */
export async function insertAccountGroup(
  db: Database,
  row: AccountGroupRow,
  limit: number,
  record: ChangeRecord,
): Promise<boolean> {
  const { id, workspaceId, name, createdAt } = row;
  const [, stored] = await commitChange(db, record, [
    statement(
      db,
      sql`INSERT INTO account_groups (id, workspace_id, name, created_at)
        SELECT ${id}, ${workspaceId}, ${name}, ${createdAt}
        WHERE (SELECT count(*) FROM account_groups WHERE workspace_id = ${workspaceId}) < ${limit} ON CONFLICT DO NOTHING`,
    ),
    db.select({ id: accountGroups.id }).from(accountGroups).where(eq(accountGroups.id, id)),
  ]);
  return stored.length > 0;
}

/** @returns whether it is renamed: not when another group has the name */
export async function renameAccountGroup(
  db: Database,
  { workspaceId, id, name }: AccountGroupRow,
  record: ChangeRecord,
): Promise<boolean> {
  const [result] = await commitChange(db, record, [
    statement(
      db,
      sql`UPDATE OR IGNORE account_groups SET name = ${name} WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    ),
  ]);
  return result.meta.changes > 0;
}

/** Deletes a group that nobody is limited to, and lets its accounts go. @returns whether it is deleted */
export async function deleteAccountGroup(
  db: Database,
  { workspaceId, id }: Pick<AccountGroupRow, "workspaceId" | "id">,
  record: ChangeRecord,
): Promise<boolean> {
  const names = (table: "members" | "sign_in_links" | "api_keys", condition = sql`true`) =>
    sql`EXISTS (SELECT 1 FROM ${sql.raw(table)} AS limited, json_each(limited.group_ids)
      WHERE limited.workspace_id = ${workspaceId} AND ${condition} AND json_each.value = ${id})`;
  const isNamed = sql`(${names("members")} OR ${names("sign_in_links", sql`limited.used_at IS NULL`)}
    OR ${names("api_keys", sql`limited.revoked_at IS NULL`)})`;
  const results = await commitChange(db, record, [
    statement(
      db,
      sql`UPDATE accounts SET group_id = NULL WHERE workspace_id = ${workspaceId} AND group_id = ${id}
        AND NOT ${isNamed}`,
    ),
    statement(
      db,
      sql`DELETE FROM account_groups WHERE workspace_id = ${workspaceId} AND id = ${id} AND NOT ${isNamed}`,
    ),
    db.select({ id: accountGroups.id }).from(accountGroups).where(eq(accountGroups.id, id)),
  ]);
  return results[2].length === 0;
}
