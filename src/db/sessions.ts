import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Database } from "./database.ts";
import { people, sessions } from "./schema.ts";

export type SessionRow = typeof sessions.$inferSelect;

export async function insertSession(db: Database, row: SessionRow): Promise<void> {
  await db.insert(sessions).values(row).onConflictDoNothing();
}

/**
 * A session that has not ended, with its person.
 *
 * @param seenSince one that was used last before that has ended
 */
export async function findSession(
  db: Database,
  tokenHash: string,
  { now, seenSince }: { now: Millis; seenSince: Millis },
): Promise<{ session: SessionRow; name: string } | null> {
  const [row] = await db
    .select({ session: sessions, name: people.name })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, now), gt(sessions.seenAt, seenSince)));
  return row ?? null;
}

export async function noteUseOfSession(db: Database, tokenHash: string, now: Millis): Promise<void> {
  await db
    .update(sessions)
    .set({ seenAt: now })
    .where(and(eq(sessions.tokenHash, tokenHash), lt(sessions.seenAt, now)));
}

export async function deleteSession(db: Database, tokenHash: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.tokenHash, tokenHash));
}

/** Ends all sessions of a person. */
export async function deleteSessionsOf(db: Database, personId: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.personId, personId));
}

/** Forgets sessions that have ended. */
export async function deleteOldSessions(db: Database, now: Millis): Promise<void> {
  await db.run(sql`DELETE FROM sessions WHERE expires_at <= ${now}`);
}
