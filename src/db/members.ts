import type { SQL } from "drizzle-orm";
import { and, eq, sql } from "drizzle-orm";
import type { Role } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { members, people, workspaces } from "./schema.ts";

export type MemberRow = typeof members.$inferSelect;

/** A member with the name of the person, and whether an address of theirs is told of failures or approvals. */
export type NamedMember = MemberRow & { name: string; isNotified: boolean };

function selectMembers(db: Database) {
  return db
    .select({
      workspaceId: members.workspaceId,
      personId: members.personId,
      role: members.role,
      groupIds: members.groupIds,
      createdAt: members.createdAt,
      name: people.name,
      isNotified: sql`EXISTS (SELECT 1 FROM webhooks WHERE webhooks.workspace_id = ${members.workspaceId}
        AND webhooks.person_id = ${members.personId} AND webhooks.active)`.mapWith(Boolean),
    })
    .from(members)
    .innerJoin(people, eq(people.id, members.personId));
}

/** All members of a workspace, those first that are so longest. */
export async function listMembers(db: Database, workspaceId: string): Promise<NamedMember[]> {
  return selectMembers(db).where(eq(members.workspaceId, workspaceId)).orderBy(members.createdAt, members.personId);
}

/** @returns null when the person is no member */
export async function findMember(db: Database, workspaceId: string, personId: string): Promise<NamedMember | null> {
  const [row] = await selectMembers(db).where(
    and(eq(members.workspaceId, workspaceId), eq(members.personId, personId)),
  );
  return row ?? null;
}

/** A workspace that a person belongs to, and as what. */
export interface Membership {
  workspace: typeof workspaces.$inferSelect;
  role: Role;
  /** The only groups of accounts that they see; null: all of them. */
  groupIds: string[] | null;
}

export async function listMemberships(db: Database, personId: string): Promise<Membership[]> {
  return db
    .select({ workspace: workspaces, role: members.role, groupIds: members.groupIds })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(members.personId, personId), sql`${workspaces.deletedAt} IS NULL`))
    .orderBy(workspaces.name, members.workspaceId);
}

/** Holds where a workspace has another admin than this person. */
const hasOtherAdmin = (workspaceId: string, personId: string) => sql`EXISTS (SELECT 1 FROM members AS other
  WHERE other.workspace_id = ${workspaceId} AND other.person_id <> ${personId} AND other.role = 'admin')`;

/** Takes back what lets people in by a person's word, or lets the person in: who is no admin any more lets nobody in. */
function deleteLinksOf(db: Database, workspaceId: string, personId: string, condition: SQL) {
  return statement(
    db,
    sql`DELETE FROM sign_in_links WHERE workspace_id = ${workspaceId}
      AND (created_by = ${personId} OR person_id = ${personId}) AND ${condition}`,
  );
}

/**
 * Changes what a member is, unless nobody would be admin afterwards. Repeating it changes nothing.
 *
 * @returns whether it is changed
 */
export async function updateMember(
  db: Database,
  { workspaceId, personId, role, groupIds }: Pick<MemberRow, "workspaceId" | "personId" | "role" | "groupIds">,
  record: ChangeRecord,
): Promise<boolean> {
  const groups = groupIds && JSON.stringify(groupIds);
  const [, result] = await commitChange(db, record, [
    deleteLinksOf(db, workspaceId, personId, sql`${role} <> 'admin' AND ${hasOtherAdmin(workspaceId, personId)}`),
    statement(
      db,
      sql`UPDATE members SET role = ${role}, group_ids = ${groups} WHERE workspace_id = ${workspaceId}
        AND person_id = ${personId} AND (role <> 'admin' OR ${role} = 'admin' OR ${hasOtherAdmin(workspaceId, personId)})`,
    ),
  ]);
  return result.meta.changes > 0;
}

/**
 * The statements that forget who belongs to no workspace any more, with all that they sign in with.
 *
 * @param personId the one who may be forgotten; null: anybody, for which all of them are read
 */
export function forgetStrangers(db: Database, personId: string | null) {
  const named = (column: string) => (personId === null ? sql`true` : sql`${sql.raw(column)} = ${personId}`);
  const forget = (table: "passkeys" | "sessions") =>
    statement(
      db,
      sql`DELETE FROM ${sql.raw(table)} WHERE ${named("person_id")} AND NOT EXISTS
        (SELECT 1 FROM people WHERE people.id = ${sql.raw(table)}.person_id)`,
    );
  return [
    statement(
      db,
      sql`DELETE FROM people WHERE ${named("id")} AND NOT EXISTS
        (SELECT 1 FROM members WHERE members.person_id = people.id)`,
    ),
    forget("passkeys"),
    forget("sessions"),
  ] as const;
}

/**
 * Takes a person out of a workspace, unless nobody would be admin afterwards: they are told nothing of it any more, and out of
 * the last one, they are forgotten. Repeating it changes nothing.
 *
 * @returns whether they are out
 */
export async function deleteMember(
  db: Database,
  { workspaceId, personId }: Pick<MemberRow, "workspaceId" | "personId">,
  record: ChangeRecord,
): Promise<boolean> {
  const mayGo = sql`(role <> 'admin' OR ${hasOtherAdmin(workspaceId, personId)})`;
  const isMember = and(eq(members.workspaceId, workspaceId), eq(members.personId, personId));
  const goes = sql`EXISTS (SELECT 1 FROM members WHERE ${isMember} AND ${mayGo})`;
  const isTheirs = sql`workspace_id = ${workspaceId} AND person_id = ${personId}`;
  const results = await commitChange(db, record, [
    deleteLinksOf(db, workspaceId, personId, goes),
    statement(
      db,
      sql`DELETE FROM deliveries WHERE webhook_id IN (SELECT id FROM webhooks WHERE ${isTheirs}) AND ${goes}`,
    ),
    statement(db, sql`DELETE FROM webhooks WHERE ${isTheirs} AND ${goes}`),
    statement(
      db,
      sql`DELETE FROM members WHERE workspace_id = ${workspaceId} AND person_id = ${personId} AND ${mayGo}`,
    ),
    db.select({ personId: members.personId }).from(members).where(isMember),
  ]);
  const isOut = results[4].length === 0;
  if (isOut) await db.batch(forgetStrangers(db, personId));
  return isOut;
}
