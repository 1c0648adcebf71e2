import { sweepInChild } from "./child.ts";
import { Coverage } from "./coverage.ts";
import { GUARDS } from "./guards.ts";
import { readOptions } from "./options.ts";
import { shrink } from "./shrink.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { sweep } from "./sweep.ts";

/*
 * `npm run simulate`:
 *
 *   -- --seed 1234                        replays a seed; one that fails is shrunk first
 *   -- --seeds 1..100000 --workers 2      runs seeds up to the first that fails
 *   -- --mutations                        looks for the seeds that catch each missing guard
 */

/** A missing guard is caught within so many seeds. */
const MUTATION_SEEDS = 2_000;

const options = readOptions(process.argv.slice(2));
const print = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (since: bigint) => Number(process.hrtime.bigint() - since) / 1e9;

if (options.json) print(JSON.stringify(await sweep(options)));
else if (options.mutations) await findSeeds();
else if (options.seed !== null) await replay(options.seed);
else await sweepAll();

async function sweepAll(): Promise<void> {
  const began = process.hrtime.bigint();
  const { from, to, workers } = options;
  const results = await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      sweepInChild(["--seeds", `${from + worker}..${to}`, "--stride", String(workers)]),
    ),
  );
  const coverage = new Coverage();
  for (const { reached } of results) coverage.add(reached);
  for (const [label, times] of [...coverage.reached].sort(([a], [b]) => (a < b ? -1 : 1))) {
    print(`${String(times).padStart(10)} ${label}`);
  }
  const seeds = results.reduce((sum, result) => sum + result.seeds, 0);
  const took = seconds(began);
  print(`${seeds} seeds in ${took.toFixed(0)} s, ${((seeds / took) * 60).toFixed(0)} a minute`);
  for (const { failed } of results) {
    if (!failed) continue;
    print(`seed ${failed.seed} fails: ${failed.violations.join("; ")}`);
    print(`npm run simulate -- --seed ${failed.seed}`);
    process.exitCode = 1;
  }
}

async function replay(seed: number): Promise<void> {
  const outcome = await simulate(seed);
  const hasFailed = outcome.violations.length > 0;
  const disabled = hasFailed && !options.whole ? await shrink(outcome) : new Set<string>();
  report(await simulate(seed, { disabled, onTrace: print }));
  if (hasFailed) process.exitCode = 1;
}

function report(outcome: Outcome): void {
  print(`seed ${outcome.seed}, trace ${outcome.hash.toString(16)}, ${outcome.posts.join(", ")}`);
  for (const name of outcome.fired) print(`fault: ${name}`);
  for (const violation of outcome.violations) print(`VIOLATION ${violation}`);
  if (outcome.violations.length === 0) print("everything holds");
}

async function findSeeds(): Promise<void> {
  for (const { name } of GUARDS.filter((guard) => options.guard === null || guard.name === options.guard)) {
    const began = process.hrtime.bigint();
    const { failed, seeds } = await sweepInChild(["--seeds", `1..${MUTATION_SEEDS}`], name);
    const caught = failed ? `seed ${failed.seed}: ${failed.violations[0]}` : `NOT CAUGHT in ${seeds} seeds`;
    print(`${name.padEnd(52)} ${caught} (${seconds(began).toFixed(0)} s)`);
    if (!failed) process.exitCode = 1;
  }
}
