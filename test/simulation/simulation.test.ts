import { describe, expect, it } from "vitest";
import { scenariosInChild, sweepInChild } from "./child.ts";
import { SOMETIMES } from "./coverage.ts";
import { FAULTS, PLANNED_FAULTS } from "./faults.ts";
import { GUARDS } from "./guards.ts";

/*
 * The whole Worker in a simulated world, in which all that can go wrong does: `npm run simulate` runs more seeds, and
 * replays one.
 */

const SEEDS = 1_500;
/** A missing guard is caught within so many. */
const MUTATION_SEEDS = 2_000;
const TIMEOUT = 900_000;

it("holds what it promises, whatever goes wrong", { timeout: TIMEOUT }, async () => {
  const halves = await Promise.all(
    [1, 2].map((from) => sweepInChild(["--seeds", `${from}..${SEEDS}`, "--stride", "2"])),
  );
  const failed = halves.flatMap((half) => half.failed ?? []);
  expect(failed.map(({ seed, violations }) => `npm run simulate -- --seed ${seed}: ${violations}`)).toEqual([]);
  const labels = new Set(halves.flatMap(({ reached }) => reached.map(([label]) => label)));
  const faults = [...Object.keys(FAULTS), ...PLANNED_FAULTS].map((kind) => `fault: ${kind}`);
  expect([...SOMETIMES, ...faults].filter((label) => !labels.has(label))).toEqual([]);
});

it("is the same run again for the same seed", { timeout: TIMEOUT }, async () => {
  const [first, second] = await Promise.all([1, 2].map(() => sweepInChild(["--seeds", "1..20"])));
  expect(first?.hash).toBe(second?.hash);
});

describe.concurrent("without", { timeout: TIMEOUT }, () => {
  it.each(GUARDS)("$name something goes wrong", async (guard) => {
    if ("scenario" in guard) {
      const wrong = await scenariosInChild(guard.scenario, guard.name);
      expect(wrong[guard.scenario]).not.toEqual([]);
      return;
    }
    const known = await sweepInChild(["--seeds", `${guard.seed}..${guard.seed}`], guard.name);
    if (known.failed) return;
    // What a seed brings about changes with the code: another catches it, and stands to be written down.
    const { failed } = await sweepInChild(["--seeds", `1..${MUTATION_SEEDS}`], guard.name);
    expect(failed).not.toBeNull();
  });
});
