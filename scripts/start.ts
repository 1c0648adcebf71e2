import { parseArgs } from "node:util";
import { Failure } from "./start/failure.ts";
import { followFirstPost } from "./start/first-post.ts";
import { ensureSecrets } from "./start/secrets.ts";
import { applyMigrations, ensurePortIsFree, startWorker } from "./start/worker.ts";

/*
 * `npm start`: everything from a fresh checkout to a first post. Writes local secrets that are missing, brings the local
 * database up to date, starts the Worker, publishes a first post to the sandbox and stays up.
 */

const DEFAULT_PORT = 8787;

async function main(): Promise<void> {
  const port = readPort();
  await ensurePortIsFree(port);
  const adminToken = ensureSecrets();
  await applyMigrations();
  const worker = await startWorker(port);
  await followFirstPost(worker.origin, adminToken);
  worker.showLog();
  await worker.stopped;
}

function readPort(): number {
  let given: string | undefined;
  try {
    given = parseArgs({ options: { port: { type: "string" } } }).values.port;
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : error} Try: npm start -- --port 9000`);
  }
  const port = Number(given ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Failure(`--port takes a number from 1 to 65535, and not "${given}".`);
  }
  return port;
}

main().catch((error: unknown) => {
  if (!(error instanceof Failure)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
});
