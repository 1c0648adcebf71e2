import { spawn } from "node:child_process";

/*
 * All tests, as `npm test` runs them. What waits runs beside what computes, or a machine with two cores would use one of them:
 * vitest by itself takes one file after the other there. What measures how quick something is runs alone.
 */

/** Run at the same time; those that are named nowhere are a run of their own beside them. */
const BESIDE = ["integration", "e2e-slow"];
/** Run one after the other, and beside nothing. */
const ALONE = ["simulation", "pace"];
const OTHERS = [...BESIDE, ...ALONE, "browser"].map((name) => `!${name}`);

await together([...BESIDE.map((name) => vitest([name])), vitest(OTHERS)]);
for (const name of ALONE) await together([vitest([name])]);
await together([run(["test/browser/run.ts"])]);

function vitest(projects: string[]): Promise<number | null> {
  return run(["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((name) => ["--project", name])]);
}

/** @returns the code that it exits with */
function run(args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
}

/** Waits for all of them, and ends this process when one has failed. */
async function together(runs: Promise<number | null>[]): Promise<void> {
  const codes = await Promise.all(runs);
  if (codes.some((code) => code !== 0)) process.exit(1);
}
