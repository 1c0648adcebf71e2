import { count, desc, lt, max } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import type { Database } from "./database.ts";
import { deadLetters } from "./schema.ts";

const KEPT_FOR: Millis = 30 * DAY;

/** Counts a message that was given up. Delivered again, it is the same. */
export async function insertDeadLetter(db: Database, letter: typeof deadLetters.$inferInsert): Promise<void> {
  await db.insert(deadLetters).values(letter).onConflictDoNothing();
}

/** How many messages were given up in the last 30 days, and when the last one was. */
export async function countDeadLetters(db: Database): Promise<{ total: number; lastAt: Millis | null }> {
  const [row] = await db.select({ total: count(), lastAt: max(deadLetters.receivedAt) }).from(deadLetters);
  return row ?? { total: 0, lastAt: null };
}

/** The statement that forgets those of long ago. */
export function deleteOldDeadLetters(db: Database, now: Millis) {
  return db.delete(deadLetters).where(lt(deadLetters.receivedAt, now - KEPT_FOR));
}

/** The statement that reads when a message was last given up, in one row. */
export function selectLastDeadLetter(db: Database) {
  const { receivedAt } = deadLetters;
  return db.select({ at: receivedAt }).from(deadLetters).orderBy(desc(receivedAt)).limit(1);
}
