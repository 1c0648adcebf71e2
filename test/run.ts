import { spawn } from "node:child_process";

/*
 * All tests, as `npm test` runs them. What waits runs beside what computes, or a machine with two cores would use one of them:
 * vitest by itself takes one file after the other there. What measures how quick something is runs alone.
 */

/** Projects that run one after the other, and what else runs at the same time; all projects that are not named are `OTHERS`. */
const INTEGRATION = ["integration"];
const ALONE = [["simulation"], ["pace"]];
const OTHERS = [...INTEGRATION, ...ALONE.flat(), "browser"].map((name) => `!${name}`);

await together([vitest(INTEGRATION), vitest(OTHERS)]);
for (const projects of ALONE) await together([vitest(projects)]);
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
