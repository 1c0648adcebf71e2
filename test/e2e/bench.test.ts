import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

const PATIENCE_MS = 8 * 60_000;

it("the benchmarks come to their end, and every post was published once", { timeout: PATIENCE_MS }, async () => {
  const run = spawn(process.execPath, ["--no-warnings", "test/bench/bench.ts", "--quick"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = await Promise.all([text(run.stdout), once(run, "exit")]);
  // How quick it was is left to a machine that does nothing else.
  expect(printed).toMatch(/^\| refuse a bad key .* floor /m);
  expect(printed).toMatch(/^\| idle .*\| 0 +\|$/m);
  expect(printed).toMatch(/^\| herd, ours .*\| 0 +\|$/m);
  expect(printed).not.toMatch(/went out early|exactly once$/m);
});
