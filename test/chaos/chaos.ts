import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { isGood, reportOf } from "./report.ts";
import { runChaos } from "./run.ts";

/*
 * `npm run chaos`: posts on accounts of a platform that lies, while the Worker is killed again and again; then what became
 * public is held against what the API says. Without arguments it is the long form.
 */

const OPTIONS = {
  posts: { type: "string", default: "500" },
  kills: { type: "string", default: "50" },
  "accepted-then-killed": { type: "string", default: "200" },
  seed: { type: "string" },
  scale: { type: "string", default: "0.05" },
  log: { type: "string" },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const options = {
    posts: whole("posts", values.posts),
    kills: whole("kills", values.kills),
    acceptedThenKilled: whole("accepted-then-killed", values["accepted-then-killed"]),
    seed: values.seed === undefined ? randomInt(1_000_000) : whole("seed", values.seed),
    scale: positive("scale", values.scale),
    logFile: values.log ?? null,
  };
  console.log(`chaos with seed ${options.seed}`);
  const results = await runChaos(options, console.log);
  console.log(`\n${reportOf(results).join("\n")}`);
  process.exitCode = isGood(results) ? 0 : 1;
}

function whole(name: string, given: string): number {
  if (!/^\d{1,6}$/.test(given)) throw new Error(`--${name} takes a whole number, and not "${given}".`);
  return Number(given);
}

function positive(name: string, given: string): number {
  const value = Number(given);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, and not "${given}".`);
  return value;
}

// Ended by a person: what was started ends too, see `worker.ts`.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
await main();
