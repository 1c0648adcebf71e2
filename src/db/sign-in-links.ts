import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { AuditLine } from "./audit-log.ts";
import { insertAuditLine } from "./audit-log.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { PasskeyRow } from "./passkeys.ts";
import { insertPasskey } from "./passkeys.ts";
import { passkeys, people, signInLinks, workspaces } from "./schema.ts";

export type SignInLinkRow = typeof signInLinks.$inferSelect;

export async function insertSignInLink(db: Database, row: SignInLinkRow, record: ChangeRecord): Promise<void> {
  await commitChange(db, record, [db.insert(signInLinks).values(row).onConflictDoNothing()]);
}

/** A link that can still be used, with the workspace that it leads to. */
export async function findSignInLink(
  db: Database,
  tokenHash: string,
  now: Millis,
): Promise<{ link: SignInLinkRow; workspaceName: string; personName: string | null } | null> {
  const [row] = await db
    .select({ link: signInLinks, workspaceName: workspaces.name, personName: people.name })
    .from(signInLinks)
    .innerJoin(workspaces, eq(workspaces.id, signInLinks.workspaceId))
    .leftJoin(people, eq(people.id, signInLinks.personId))
    .where(
      and(
        eq(signInLinks.tokenHash, tokenHash),
        gt(signInLinks.expiresAt, now),
        isNull(signInLinks.usedAt),
        isNull(workspaces.deletedAt),
      ),
    );
  return row ?? null;
}

/**
 * Uses a link up: the person, who may be new, gets a passkey and belongs to the workspace. Once; who comes second finds it used.
 *
 * @returns whether this was it
 */
export async function useSignInLink(
  db: Database,
  link: SignInLinkRow,
  person: { id: string; name: string },
  passkey: PasskeyRow,
  line: AuditLine,
): Promise<boolean> {
  const { at: now } = line;
  const groups = link.groupIds && JSON.stringify(link.groupIds);
  // Holds where this use of the link has put the passkey there.
  const isOurs = sql`EXISTS (SELECT 1 FROM passkeys WHERE id = ${passkey.id} AND person_id = ${person.id}
    AND created_at = ${now})`;
  const results = await db.batch([
    statement(
      db,
      sql`UPDATE sign_in_links SET used_at = ${now} WHERE token_hash = ${link.tokenHash} AND used_at IS NULL
        AND expires_at > ${now}`,
    ),
    insertPasskey(db, passkey, sql`changes() > 0`),
    statement(
      db,
      sql`INSERT INTO people (id, name, created_at) SELECT ${person.id}, ${person.name}, ${now} WHERE ${isOurs}
        ON CONFLICT DO NOTHING`,
    ),
    statement(
      db,
      sql`INSERT INTO members (workspace_id, person_id, role, group_ids, created_at)
        SELECT ${link.workspaceId}, ${person.id}, ${link.role}, ${groups}, ${now}
        WHERE ${isOurs} AND ${link.personId === null} ON CONFLICT DO NOTHING`,
    ),
    insertAuditLine(db, line, isOurs),
    db.select({ id: passkeys.id }).from(passkeys).where(isOurs),
  ]);
  return results[5].length > 0;
}

/**
 * Uses a link up for somebody who is signed in: they belong to its workspace from now on.
 *
 * @returns whether this was it: not when it was used, or they belong there already
 */
export async function acceptSignInLink(db: Database, link: SignInLinkRow, line: AuditLine & { actor: string }) {
  const { at: now, actor: personId } = line;
  const groups = link.groupIds && JSON.stringify(link.groupIds);
  const isMember = sql`EXISTS (SELECT 1 FROM members WHERE workspace_id = ${link.workspaceId} AND person_id = ${personId})`;
  const results = await db.batch([
    statement(
      db,
      sql`UPDATE sign_in_links SET used_at = ${now} WHERE token_hash = ${link.tokenHash} AND used_at IS NULL
        AND person_id IS NULL AND expires_at > ${now} AND NOT ${isMember}`,
    ),
    statement(
      db,
      sql`INSERT INTO members (workspace_id, person_id, role, group_ids, created_at)
        SELECT ${link.workspaceId}, ${personId}, ${link.role}, ${groups}, ${now} WHERE changes() > 0`,
    ),
    insertAuditLine(db, line, sql`changes() > 0`),
  ]);
  return results[1].meta.changes > 0;
}

/** Forgets links whose time is over. */
export async function deleteOldSignInLinks(db: Database, now: Millis): Promise<void> {
  await db.run(sql`DELETE FROM sign_in_links WHERE expires_at <= ${now}`);
}
