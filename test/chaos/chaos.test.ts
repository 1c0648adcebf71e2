import { expect, it } from "vitest";
import { duplicatesIn, isGood, lostIn, reportOf } from "./report.ts";
import { runChaos } from "./run.ts";

/** The waiting that settling takes is shorter than in the long form: less of a minute is spent on it. */
const SHORT = { posts: 24, kills: 3, acceptedThenKilled: 4, scale: 0.02, logFile: null };

it("the short form: nothing twice, nothing lost, nothing early", { timeout: 600_000 }, async () => {
  const results = await runChaos({ ...SHORT, seed: 20_261_124 }, () => undefined);
  const report = reportOf(results);
  console.log(report.join("\n"));
  expect(results.violations).toEqual([]);
  expect([duplicatesIn(results), lostIn(results)]).toEqual([0, 0]);
  expect(results.posts).toBe(SHORT.posts + SHORT.acceptedThenKilled);
  expect(results.kills.total).toBeGreaterThanOrEqual(SHORT.kills + 1);
  expect(isGood(results), report.join("\n")).toBe(true);
});
