import { readdirSync, readFileSync } from "node:fs";
import { Failure } from "../start/failure.ts";
import { say } from "./say.ts";
import { failure, mustWrangler, wrangler } from "./wrangler.ts";

/*
 * The database, and what its schema lacks. Migrations only add: the release before works with the schema after.
 */

const MIGRATIONS = "migrations";
const CONFIG = "wrangler.toml";

/** How the database is. */
export interface DatabaseState {
  exists: boolean;
  /** Migrations that it lacks. */
  pending: string[];
  /** Whether it never had any: nothing can be in it. */
  isEmpty: boolean;
}

/** The names of all migrations, in their order. */
export function allMigrations(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}

/** Looks at the database and changes nothing. */
export async function lookAtDatabase(): Promise<DatabaseState> {
  const all = allMigrations();
  const answer = await wrangler(["d1", "migrations", "list", "DB", "--remote"]);
  if (answer.ok) {
    const pending = all.filter((name) => answer.output.includes(name));
    return { exists: true, pending, isEmpty: pending.length === all.length };
  }
  if (/Couldn't find a D1 DB/.test(answer.said)) return { exists: false, pending: all, isEmpty: true };
  throw failure("Looking at the database", answer);
}

/** Creates the database where there is none, and applies the migrations that it lacks. */
export async function ensureDatabase({ exists, pending }: DatabaseState): Promise<void> {
  const name = databaseName();
  if (!exists) await mustWrangler("Creating the database", ["d1", "create", name]);
  say("Database", exists ? `${name}, already there` : `${name}, created`);
  if (pending.length === 0) return say("Migrations", "all applied already");
  await mustWrangler("A migration of the database", ["d1", "migrations", "apply", "DB", "--remote"]);
  say("Migrations", `${pending.length} applied: ${pending.join(", ")}`);
}

/** The name that it has, or is to get. */
export function databaseName(): string {
  const name = /^\s*database_name\s*=\s*"([^"]+)"/m.exec(readFileSync(CONFIG, "utf8"))?.[1];
  if (name === undefined) throw new Failure(`${CONFIG} has no database_name.`);
  return name;
}
