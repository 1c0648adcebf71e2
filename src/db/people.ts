import type { SQL } from "drizzle-orm";
import { eq, inArray, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { ERASED_TOKEN } from "./accounts.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import { accounts, dataDeletions, grants } from "./schema.ts";

/*
 * What a person takes back, over the whole deployment: the platform names the person, and no workspace.
 */

/**
 * The accounts that a person connected. Instagram's documentation leaves open whether its callbacks name the person or
 * the account, which there are one.
 *
 * @param grantedBy grants taken from the platform after this moment are another story
 */
function accountsOf(personId: string, grantedBy: Millis): SQL {
  return sql`SELECT a.id FROM accounts a JOIN grants g ON g.id = a.grant_id WHERE g.updated_at <= ${grantedBy}
    AND (g.person_id = ${personId} OR (a.graph_host = 'instagram' AND a.mode = 'live' AND a.external_id = ${personId}))`;
}

function grantsOf(accountIds: SQL): SQL {
  return sql`(SELECT grant_id FROM accounts WHERE id IN (${accountIds}))`;
}

/** Erases a person's tokens and shows their accounts so. */
export async function revokePerson(db: Database, personId: string, grantedBy: Millis, reason: string): Promise<void> {
  const theirs = accountsOf(personId, grantedBy);
  await db.batch([
    db
      .update(accounts)
      .set({ health: "needs_reconnect", healthReason: reason })
      .where(inArray(accounts.id, sql`(${theirs})`)),
    db
      .update(grants)
      .set(ERASED_TOKEN)
      .where(inArray(grants.id, grantsOf(theirs))),
  ]);
}

/** What an account is called whose person asked for the deletion of their data. */
const DELETED = "deleted";

/** Erases all that is stored of a person, and notes that it was done. What was published stays theirs to delete. */
export async function deletePerson(
  db: Database,
  personId: string,
  request: { grantedBy: Millis; code: string; now: Millis; reason: string },
): Promise<void> {
  const theirs = accountsOf(personId, request.grantedBy);
  await db.batch([
    // Their bodies hold names and pictures.
    statement(db, sql`DELETE FROM events WHERE account_id IN (${theirs})`),
    db
      .update(accounts)
      .set({
        username: DELETED,
        name: null,
        avatarUrl: null,
        profileUrl: null,
        health: "needs_reconnect",
        healthReason: request.reason,
      })
      .where(inArray(accounts.id, sql`(${theirs})`)),
    // Last: from here on nothing says that they were theirs.
    db
      .update(grants)
      .set({ ...ERASED_TOKEN, personId: null })
      .where(inArray(grants.id, grantsOf(theirs))),
    db.insert(dataDeletions).values({ code: request.code, completedAt: request.now }),
  ]);
}

/** @returns when the deletion was done, or null when there is no such request */
export async function findDataDeletion(db: Database, code: string): Promise<Millis | null> {
  const [row] = await db.select().from(dataDeletions).where(eq(dataDeletions.code, code));
  return row?.completedAt ?? null;
}
