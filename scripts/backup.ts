import { appendFileSync, existsSync } from "node:fs";
import { readArguments } from "./backup/arguments.ts";
import { restoreStatements } from "./backup/epoch.ts";
import { wranglerD1 } from "./backup/wrangler-d1.ts";
import { Failure } from "./start/failure.ts";

/*
 * `npm run backup -- --file backup.sql`: exports the local database, or with `--remote` the deployed one, as SQL that also
 * writes down when it is imported. A deployed database answers nothing while it is exported.
 */

const USAGE = "Try: npm run backup -- --file backup.sql, with --remote for the deployed database.";

async function main(): Promise<void> {
  const { file, place } = readArguments("Name the file to write.", USAGE);
  if (existsSync(file)) throw new Failure(`${file} is there already, and a backup is not overwritten.`);
  // From before the export: what happens while it runs may be in it, or not.
  const backupAt = Date.now();
  await wranglerD1("export", place, ["--output", file]);
  appendFileSync(file, `\n${restoreStatements(backupAt)}`);
  console.log(`${file} holds the database as it was at ${new Date(backupAt).toISOString()}.`);
  console.log(`Bring it back with: npm run restore -- --file ${file}${place === "--remote" ? " --remote" : ""}`);
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
});
