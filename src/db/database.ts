import type { SQL, SQLWrapper } from "drizzle-orm";
import { DrizzleError, fillPlaceholders, getTableColumns, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Mode } from "../lib/vocabulary.ts";
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

/** A statement with its values: for a batch, or, where it is a query, to be asked alone. */
export type Prepared<Statement extends BatchItem<"sqlite">> = Pick<Statement, Extract<keyof Statement, "_" | "all">>;

/** What drizzle makes of a statement of a batch; its types do not tell. */
interface Built {
  getQuery(): { sql: string; params: unknown[] };
}

/**
 * A statement that many requests ask, built once for each database: building it takes longer than asking it.
 *
 * @param build makes it, with placeholders for what differs
 * @returns gives it its values, by the names of the placeholders
 */
export function prepared<Statement extends BatchItem<"sqlite">>(build: (db: Database) => Statement) {
  const known = new WeakMap<Database, { built: Built; query: ReturnType<Built["getQuery"]> }>();
  return (db: Database, values: object): Prepared<Statement> => {
    const { built, query } = known.get(db) ?? buildOnce(build(db));
    known.set(db, { built, query });
    const filled = { ...query, params: fillPlaceholders(query.params, values as Record<string, unknown>) };
    const asked = {
      query: filled,
      getQuery: () => filled,
      stmt: db.$client.prepare(query.sql),
      _prepare: () => statement,
    };
    const statement = Object.assign(Object.create(built), asked);
    return statement;
  };
}

function buildOnce(statement: BatchItem<"sqlite">) {
  const built = (statement as unknown as { _prepare(): Built })._prepare();
  return { built, query: built.getQuery() };
}

/** A workspace's posts and accounts in one mode: named, or found out by the database itself. */
export interface World {
  workspaceId: string | SQLWrapper;
  mode: Mode | SQLWrapper;
}

/** Of a prepared statement: the scope that is among its values. */
export const SCOPE: World = { workspaceId: sql.placeholder("workspaceId"), mode: sql.placeholder("mode") };

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
