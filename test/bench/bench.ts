import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import { measure } from "./measure.ts";
import { drawPlots } from "./plot.ts";
import { timePosts } from "./punctuality.ts";
import type { Results } from "./report.ts";
import { load, missed, paste, printResults } from "./report.ts";
import { rowsOf } from "./rows.ts";
import { setUp } from "./stage.ts";

/*
 * `npm run bench`: ours beside the floor, and how punctual posts are. It writes what it finds to `docs/benchmarks.md` and
 * `docs/punctuality.svg`, and fails where a target is missed. `--quick` is for whoever works on it: it shows the same in a
 * minute, measures next to nothing, and writes nothing down.
 */

interface Plan {
  rounds: number;
  span: Millis;
  /** Posts at random seconds of so long a window. */
  idle: { posts: number; window: Millis };
  herd: number;
}

const FULL: Plan = { rounds: 5, span: 3 * SECOND, idle: { posts: 200, window: MINUTE }, herd: 1_000 };
const QUICK: Plan = { rounds: 1, span: SECOND / 2, idle: { posts: 10, window: 5 * SECOND }, herd: 30 };
/** A run that is not over by then is given up. */
const AT_MOST: Millis = 8 * MINUTE;
const [PAGE, PLOT] = ["docs/benchmarks.md", "docs/punctuality.svg"];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
  const results = await run(values.quick ? QUICK : FULL);
  const printed = printResults(results);
  console.log(`\n${printed}`);
  if (!values.quick) {
    writeFileSync(PAGE, paste(readFileSync(PAGE, "utf8"), printed));
    writeFileSync(PLOT, plotOf(results));
  }
  const misses = missed(results);
  for (const miss of misses) console.log(`missed: ${miss}`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}

async function run({ rounds, span, idle, herd }: Plan): Promise<Results> {
  const [startedAt, loadBefore] = [new Date(), load()];
  const stage = await setUp(console.log);
  try {
    const rows = await measure(stage, rowsOf(stage), { rounds, span }, console.log);
    const publish = rows.find(({ row }) => row.name === "publish" && row.connections === 10);
    if (!publish) throw new Error("no row says how fast posts are accepted");
    const { ours, floor } = publish.samples;
    console.log(`${idle.posts} posts at random seconds`);
    const scattered = await timePosts(stage, "ours", { ...idle, perSecond: ours.perSecond });
    console.log(`${herd} posts in one second, of each`);
    const herds = {
      floor: await timePosts(stage, "floor", { posts: herd, window: 0, perSecond: floor.perSecond }),
      ours: await timePosts(stage, "ours", { posts: herd, window: 0, perSecond: ours.perSecond }),
    };
    return { rows, idle: scattered, herd: herds, startedAt, loadBefore };
  } finally {
    await stage.stop();
  }
}

function plotOf({ idle, herd }: Results): string {
  const ours = "#1a73e8";
  return drawPlots([
    { title: "Posts at random seconds", lines: [{ label: "ours", color: ours, late: idle.late }] },
    {
      title: "Posts that are due in the same second",
      lines: [
        { label: "ours", color: ours, late: herd.ours.late },
        { label: "floor", color: "#999", late: herd.floor.late },
      ],
    },
  ]);
}

// Ended by a person: what was started ends too, see `server.ts`.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
setTimeout(() => {
  console.error(`it was not over within ${AT_MOST / MINUTE} minutes`);
  process.exit(1);
}, AT_MOST).unref();
await main();
