import { scenariosInChild, sweepInChild } from "./child.ts";
import { Coverage } from "./coverage.ts";
import { GUARDS } from "./guards.ts";
import { readOptions } from "./options.ts";
import { runScenario } from "./run-scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { shrink } from "./shrink.ts";
import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { sweep } from "./sweep.ts";

/*
 * `npm run simulate`:
 *
 *   -- --seed 1234                        replays a seed; one that fails is shrunk first
 *   -- --seeds 1..100000 --workers 2      runs seeds up to the first that fails
 *   -- --scenario all                     runs what is scripted; by its name, one, and shows what happens
 *   -- --mutations                        looks for the seeds that catch each missing guard
 */

/** A missing guard is caught within so many seeds. */
const MUTATION_SEEDS = 2_000;

const options = readOptions(process.argv.slice(2));
const print = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (since: bigint) => Number(process.hrtime.bigint() - since) / 1e9;

if (options.scenario !== null) await runScenarios(options.scenario);
else if (options.json) print(JSON.stringify(await sweep(options)));
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
  const mostEvents = Math.max(...results.map((result) => result.mostEvents));
  print(
    `${seeds} seeds in ${took.toFixed(0)} s, ${((seeds / took) * 60).toFixed(0)} a minute, up to ${mostEvents} events`,
  );
  for (const { failed } of results) {
    if (!failed) continue;
    print(`seed ${failed.seed} fails: ${failed.violations.join("; ")}`);
    print(`npm run simulate -- --seed ${failed.seed}`);
    process.exitCode = 1;
  }
}

async function runScenarios(asked: string): Promise<void> {
  if (options.json) {
    const names = asked === "all" ? Object.keys(SCENARIOS) : [asked];
    const results: Record<string, string[]> = {};
    for (const name of names) results[name] = await runScenario(name);
    print(JSON.stringify(results));
    return;
  }
  for (const name of asked === "all" ? Object.keys(SCENARIOS) : [asked]) {
    const wrong = await runScenario(name, asked === "all" ? undefined : print);
    print(`${wrong.length === 0 ? "holds" : "FAILS"}: ${name}`);
    for (const what of wrong) print(`  ${what}`);
    if (wrong.length > 0) process.exitCode = 1;
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
  for (const guard of GUARDS.filter(({ name }) => options.guard === null || options.guard === name)) {
    const { name } = guard;
    const began = process.hrtime.bigint();
    if ("scenario" in guard) {
      const wrong = (await scenariosInChild(guard.scenario, name))[guard.scenario] ?? [];
      print(`${name.padEnd(52)} scenario: ${wrong[0] ?? "NOT CAUGHT"}`);
      if (wrong.length === 0) process.exitCode = 1;
      continue;
    }
    const { failed, seeds } = await sweepInChild(["--seeds", `1..${MUTATION_SEEDS}`], name);
    const caught = failed ? `seed ${failed.seed}: ${failed.violations[0]}` : `NOT CAUGHT in ${seeds} seeds`;
    print(`${name.padEnd(52)} ${caught} (${seconds(began).toFixed(0)} s)`);
    if (!failed) process.exitCode = 1;
  }
}
