import { parseArgs } from "node:util";
import { ensureDatabase, lookAtDatabase } from "./deploy/database.ts";
import { ensureWorkspace } from "./deploy/first-workspace.ts";
import { checkLogin, tellPlan } from "./deploy/login.ts";
import { showPlan } from "./deploy/plan.ts";
import { ensureRelease } from "./deploy/release.ts";
import { adminToken, ensureSecrets } from "./deploy/secrets.ts";
import { Failure } from "./start/failure.ts";

/*
 * `npm run deploy`: from an account that has nothing to a deployment with a first workspace. Each step looks at what is
 * there and adds what is missing, so that it may be cut off anywhere and run again, and changes nothing when all is there.
 * Secrets come before the database that is sealed with them, and the database before the code that needs it.
 */

async function main(): Promise<void> {
  if (readArguments().dryRun) return showPlan();
  const account = await checkLogin();
  await tellPlan(account);
  const database = await lookAtDatabase();
  const missing = await ensureSecrets(database);
  await ensureDatabase(database);
  const origin = await ensureRelease();
  await ensureWorkspace(origin, missing.length === 0 ? adminToken() : null, missing);
}

function readArguments(): { dryRun: boolean } {
  try {
    const { values } = parseArgs({ options: { "dry-run": { type: "boolean" } } });
    return { dryRun: values["dry-run"] ?? false };
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : error} Try: npm run deploy -- --dry-run`);
  }
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
});
