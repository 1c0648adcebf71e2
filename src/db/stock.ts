import type { Millis } from "../lib/clock.ts";
import { HOUR } from "../lib/clock.ts";
import type { Database } from "./database.ts";
import { deleteOldDeadLetters, selectLastDeadLetter } from "./dead-letters.ts";
import { selectHeldApps } from "./pauses.ts";

/** A limit is looked at for a while after it has lifted. */
const LOOKED_BACK: Millis = HOUR;

/** What alerts are made of and nothing else reads. */
export interface Stock {
  /** Null: in the last 30 days no message was given up. */
  lastDeadLetterAt: Millis | null;
  /** The apps that a platform holds back, or has not long ago, by their host. */
  heldApps: { host: string; until: Millis; code: string }[];
}

/** Forgets dead letters of long ago, and reads what alerts are made of: a row for each that is found, in one call. */
export async function takeStock(db: Database, now: Millis): Promise<Stock> {
  const [, [last], heldApps] = await db.batch([
    deleteOldDeadLetters(db, now),
    selectLastDeadLetter(db),
    selectHeldApps(db, now - LOOKED_BACK),
  ]);
  return { lastDeadLetterAt: last?.at ?? null, heldApps };
}
