import type { SQL } from "drizzle-orm";
import { DrizzleError, getTableColumns, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "./schema.ts";

const known = new WeakMap<D1Database, Database>();

/**
 * The database, through drizzle. D1 has no interactive transactions: what belongs together goes through `batch`. One for
 * each binding: reading the schema takes longer than a statement.
 */
export function database(d1: D1Database): Database {
  const made = known.get(d1) ?? connect(d1);
  known.set(d1, made);
  return made;
}

function connect(d1: D1Database) {
  return drizzle(d1, { schema, casing: "snake_case" });
}

export type Database = ReturnType<typeof connect>;

/**
 * A query that many requests ask, built once for each database: building it takes longer than asking it. Its statement is
 * prepared each time, which costs next to nothing, so that whoever counts statements counts this one.
 *
 * @param build makes it, with placeholders for what differs
 */
export function prepared<Prepared extends { getQuery(): { sql: string } }>(build: (db: Database) => Prepared) {
  const built = new WeakMap<Database, Prepared>();
  return (db: Database): Prepared => {
    const query = built.get(db) ?? build(db);
    built.set(db, query);
    return Object.assign(query, { stmt: db.$client.prepare(query.getQuery().sql) });
  };
}

/**
 * A statement written in SQL, for a batch. (drizzle 0.45's D1 batch binds parameters to a statement that it prepares
 * for built queries only; here it is prepared for it.)
 */
export function statement(db: Database, query: SQL) {
  const raw = db.run(query);
  const built = raw.getQuery();
  // The batch asks for it once more, and would have it built a second time.
  return Object.assign(raw, { getQuery: () => built, stmt: db.$client.prepare(built.sql) });
}

/**
 * A row as a SELECT, for an insert that has a condition.
 *
 * @param condition the row is there only where this holds
 */
export function selectValues<T extends SQLiteTable>(table: T, row: T["$inferSelect"], condition: SQL): SQL {
  const values = Object.entries(getTableColumns(table)).map(([name, column]) =>
    sql.param((row as Record<string, unknown>)[name] ?? null, column),
  );
  return sql`SELECT ${sql.join(values, sql`, `)} WHERE ${condition}`;
}

/** Whether an error is the database's, and not one of ours: it passes when the database is back. */
export function isDatabaseTrouble(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DrizzleError || cause.name === "DrizzleQueryError" || /\bD1\b|D1_/.test(cause.message))
      return true;
  }
  return false;
}
