import { sql } from "drizzle-orm";
import journal from "../../migrations/meta/_journal.json" with { type: "json" };
import type { Database } from "./database.ts";

/*
 * Which migrations the database has. It is asked only once something in it was not found: no request pays for it that
 * goes well.
 */

/** Whether an error may come of a migration that was not applied. */
export function isSchemaTrouble(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (/no such (table|column)|has no column named/.test(cause.message)) return true;
  }
  return false;
}

/** The migrations of this release that were not applied, by their names, in order. */
export async function findMissingMigrations(db: Database): Promise<string[]> {
  const names = journal.entries.map(({ tag }) => tag);
  const [table] = await db.all(sql`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'd1_migrations'`);
  if (!table) return names;
  const applied = await db.all<{ name: string }>(sql`SELECT name FROM d1_migrations`);
  return names.filter((name) => !applied.some((row) => row.name === `${name}.sql`));
}
