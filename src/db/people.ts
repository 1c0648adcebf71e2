import type { SQL } from "drizzle-orm";
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Millis } from "../lib/clock.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { AccountRow } from "./accounts.ts";
import { accountRow, ERASED_TOKEN, WITH_GRANT } from "./accounts.ts";
import type { Database } from "./database.ts";
import { statement } from "./database.ts";
import type { DeliveryRef } from "./deliveries.ts";
import type { NewEvent } from "./events.ts";
import { deliveriesOf, tell } from "./events.ts";
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

/** The connected accounts that a person connected. */
export async function findPersonAccounts(db: Database, personId: string, grantedBy: Millis): Promise<AccountRow[]> {
  const rows = await db
    .select(WITH_GRANT)
    .from(accounts)
    .innerJoin(grants, eq(grants.id, accounts.grantId))
    .where(and(isNull(accounts.disconnectedAt), inArray(accounts.id, sql`(${accountsOf(personId, grantedBy)})`)));
  return rows.map(accountRow);
}

/** What is told of an account, and in which workspace. */
export interface AccountNews {
  scope: Scope;
  event: NewEvent;
}

/** Tells of accounts that nobody has told of before. */
function tellOf(db: Database, news: readonly AccountNews[], now: Millis) {
  const isNews = sql`EXISTS (SELECT 1 FROM accounts AS a
    WHERE a.id = e.value ->> 'accountId' AND a.health <> 'needs_reconnect')`;
  return news.flatMap(({ scope, event }) => tell(db, scope, [event], now, isNews));
}

/** The deliveries among the results of a batch that begins with what was told. */
function toldIn(results: readonly unknown[], news: readonly AccountNews[]): DeliveryRef[] {
  return news.flatMap((_each, index) => deliveriesOf(results[2 * index]));
}

/** Erases a person's tokens and shows their accounts so. @returns what is to be sent */
export async function revokePerson(
  db: Database,
  personId: string,
  grantedBy: Millis,
  reason: string,
  news: readonly AccountNews[],
  now: Millis,
): Promise<DeliveryRef[]> {
  const theirs = accountsOf(personId, grantedBy);
  const results = await db.batch([
    ...tellOf(db, news, now),
    db
      .update(accounts)
      .set({ health: "needs_reconnect", healthReason: reason })
      .where(inArray(accounts.id, sql`(${theirs})`)),
    db
      .update(grants)
      .set(ERASED_TOKEN)
      .where(inArray(grants.id, grantsOf(theirs))),
  ] as unknown as [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]]);
  return toldIn(results, news);
}

/** What an account is called whose person asked for the deletion of their data. */
const DELETED = "deleted";

/** What is left of what an account tells of a person. */
export const WITHOUT_PERSON = { username: DELETED, name: null, avatarUrl: null, profileUrl: null } as const;

/**
 * Erases all that is stored of a person, and notes that it was done. What was published stays theirs to delete.
 *
 * @returns what is to be sent
 */
export async function deletePerson(
  db: Database,
  personId: string,
  request: { grantedBy: Millis; code: string; now: Millis; reason: string },
  news: readonly AccountNews[],
): Promise<DeliveryRef[]> {
  const theirs = accountsOf(personId, request.grantedBy);
  const results = await db.batch([
    // Their bodies hold names and pictures.
    statement(db, sql`DELETE FROM events WHERE account_id IN (${theirs})`),
    ...tellOf(db, news, request.now),
    db
      .update(accounts)
      .set({
        ...WITHOUT_PERSON,
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
  return toldIn(results.slice(1), news);
}

/** @returns when the deletion was done, or null when there is no such request */
export async function findDataDeletion(db: Database, code: string): Promise<Millis | null> {
  const [row] = await db.select().from(dataDeletions).where(eq(dataDeletions.code, code));
  return row?.completedAt ?? null;
}
