import type { SQL } from "drizzle-orm";
import { and, eq, gt, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Database } from "./database.ts";
import { selectValues } from "./database.ts";
import { ceremonies, passkeys, people } from "./schema.ts";

export type PasskeyRow = typeof passkeys.$inferSelect;
export type CeremonyRow = typeof ceremonies.$inferSelect;

/** @param condition the passkey is stored only where this holds */
export function insertPasskey(db: Database, row: PasskeyRow, condition: SQL) {
  return db
    .insert(passkeys)
    .select(selectValues(passkeys, row, condition))
    .onConflictDoNothing();
}

/** A passkey with the person whose it is. */
export async function findPasskey(db: Database, id: string): Promise<(PasskeyRow & { name: string }) | null> {
  const [row] = await db
    .select({ passkey: passkeys, name: people.name })
    .from(passkeys)
    .innerJoin(people, eq(people.id, passkeys.personId))
    .where(eq(passkeys.id, id));
  return row ? { ...row.passkey, name: row.name } : null;
}

/**
 * Takes note that a passkey was used.
 *
 * @returns whether it was: not when its counter has passed this one, as a copy's would
 */
export async function noteUseOfPasskey(db: Database, id: string, counter: number, now: Millis): Promise<boolean> {
  const isAhead = sql`(${passkeys.counter} < ${counter} OR (${passkeys.counter} = 0 AND ${counter} = 0))`;
  const used = await db
    .update(passkeys)
    .set({ counter, lastUsedAt: now })
    .where(and(eq(passkeys.id, id), isAhead))
    .returning({ id: passkeys.id });
  return used.length > 0;
}

/** Keeps what a browser is asked to sign; what it was asked before does not count any more. */
export async function putCeremony(db: Database, row: CeremonyRow): Promise<void> {
  const { browserHash, ...others } = row;
  await db.insert(ceremonies).values(row).onConflictDoUpdate({ target: ceremonies.browserHash, set: others });
}

/** Takes what a browser was asked to sign, so that it can be answered once. */
export async function takeCeremony(db: Database, browserHash: string, now: Millis): Promise<CeremonyRow | null> {
  const [row] = await db
    .delete(ceremonies)
    .where(and(eq(ceremonies.browserHash, browserHash), gt(ceremonies.expiresAt, now)))
    .returning();
  return row ?? null;
}

/** Forgets what was never answered. */
export async function deleteOldCeremonies(db: Database, now: Millis): Promise<void> {
  await db.run(sql`DELETE FROM ceremonies WHERE expires_at <= ${now}`);
}
