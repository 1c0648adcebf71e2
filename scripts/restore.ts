import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "./backup/arguments.ts";
import { dropStatements, tellsOfRestore } from "./backup/epoch.ts";
import type { Place } from "./backup/wrangler-d1.ts";
import { wranglerD1 } from "./backup/wrangler-d1.ts";
import { Failure } from "./start/failure.ts";

/*
 * `npm run restore -- --file backup.sql`: puts the local database, or with `--remote` the deployed one, back to what a
 * backup holds. Everything that is in the database is dropped first, in the same import.
 */

const USAGE = "Try: npm run restore -- --file backup.sql, with --remote for the deployed database.";
const LIST = `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'trigger')
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;

async function main(): Promise<void> {
  const { file, place } = readArguments("Name the backup.", USAGE);
  const dump = read(file);
  if (!tellsOfRestore(dump)) {
    throw new Failure(
      `${file} was not made by npm run backup: imported, it would not say that the database was restored, and posts that ` +
        "were published since could go out again. docs/backup.md says what to run after importing it otherwise.",
    );
  }
  const objects = await listObjects(place);
  const folder = mkdtempSync(join(tmpdir(), "apionics-restore-"));
  try {
    const whole = join(folder, "restore.sql");
    writeFileSync(whole, dropStatements(objects) + dump, { mode: 0o600 });
    await wranglerD1("execute", place, ["--file", whole, "--yes"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`The database is what ${file} holds. The sweeper wakes the posts that may stand otherwise by now.`);
}

async function listObjects(place: Place): Promise<{ type: string; name: string }[]> {
  const answer = await wranglerD1("execute", place, ["--json", "--command", LIST]);
  const [result] = JSON.parse(answer) as { results: { type: string; name: string }[] }[];
  return result?.results ?? [];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
