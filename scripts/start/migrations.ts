import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const MIGRATIONS = "migrations";
/** Where wrangler keeps local databases. */
const DATABASES = ".wrangler/state/v3/d1/miniflare-D1DatabaseObject";
/** The database's name is a hash; beside it stands one of the runtime's own. */
const DATABASE = /^[0-9a-f]{64}\.sqlite$/;

/** Whether the local database has every migration there is. False also when that cannot be told: wrangler tells why. */
export function areMigrationsApplied(): boolean {
  if (!existsSync(DATABASES)) return false;
  const [name, ...others] = readdirSync(DATABASES).filter((file) => DATABASE.test(file));
  if (name === undefined || others.length > 0) return false;
  try {
    const applied = appliedTo(join(DATABASES, name));
    return readdirSync(MIGRATIONS).every((file) => !file.endsWith(".sql") || applied.has(file));
  } catch {
    return false;
  }
}

/** The names of the migrations that a database has. */
function appliedTo(file: string): Set<unknown> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return new Set(
      database
        .prepare("SELECT name FROM d1_migrations")
        .all()
        .map(({ name }) => name),
    );
  } finally {
    database.close();
  }
}
