import { and, eq, sql } from "drizzle-orm";
import type { Role } from "../lib/vocabulary.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { members, people, workspaces } from "./schema.ts";

export type MemberRow = typeof members.$inferSelect;

/** A member with the name of the person. */
export type NamedMember = MemberRow & { name: string };

function selectMembers(db: Database) {
  return db
    .select({
      workspaceId: members.workspaceId,
      personId: members.personId,
      role: members.role,
      groupIds: members.groupIds,
      createdAt: members.createdAt,
      name: people.name,
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

/** The workspaces that a person belongs to. */
export async function listMemberships(
  db: Database,
  personId: string,
): Promise<{ workspaceId: string; workspaceName: string; role: Role }[]> {
  return db
    .select({ workspaceId: members.workspaceId, workspaceName: workspaces.name, role: members.role })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(members.personId, personId), sql`${workspaces.deletedAt} IS NULL`))
    .orderBy(workspaces.name, members.workspaceId);
}

/** Holds where a workspace has another admin than this person. */
const hasOtherAdmin = (workspaceId: string, personId: string) => sql`EXISTS (SELECT 1 FROM members AS other
  WHERE other.workspace_id = ${workspaceId} AND other.person_id <> ${personId} AND other.role = 'admin')`;

/**
 * Changes what a member is, unless nobody would be admin afterwards.
 *
 * @returns whether it is changed
 */
export async function updateMember(
  db: Database,
  { workspaceId, personId, role, groupIds }: Pick<MemberRow, "workspaceId" | "personId" | "role" | "groupIds">,
  record: ChangeRecord,
): Promise<boolean> {
  const groups = groupIds && JSON.stringify(groupIds);
  const [result] = await commitChange(db, record, [
    statement(
      db,
      sql`UPDATE members SET role = ${role}, group_ids = ${groups} WHERE workspace_id = ${workspaceId}
        AND person_id = ${personId} AND (role <> 'admin' OR ${role} = 'admin' OR ${hasOtherAdmin(workspaceId, personId)})`,
    ),
  ]);
  return result.meta.changes > 0;
}

/**
 * Takes a person out of a workspace, unless nobody would be admin afterwards.
 *
 * @returns whether they are out
 */
export async function deleteMember(
  db: Database,
  { workspaceId, personId }: Pick<MemberRow, "workspaceId" | "personId">,
  record: ChangeRecord,
): Promise<boolean> {
  const [result] = await commitChange(db, record, [
    statement(
      db,
      sql`DELETE FROM members WHERE workspace_id = ${workspaceId} AND person_id = ${personId}
        AND (role <> 'admin' OR ${hasOtherAdmin(workspaceId, personId)})`,
    ),
  ]);
  return result.meta.changes > 0;
}
