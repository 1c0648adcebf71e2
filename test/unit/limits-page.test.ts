import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { printPolicies } from "../../src/api/rate-limit.ts";
import { DEFAULT_RATE_LIMITS } from "../../src/lib/rate-limits.ts";

const read = (file: string) => readFileSync(resolve(import.meta.dirname, "../..", file), "utf8");

it("docs/limits.md says what the default limits are", () => {
  const { key, workspace } = DEFAULT_RATE_LIMITS;
  const rows = read("docs/limits.md").matchAll(/^\| of .*?\| ([\d,]+) +\| ([\d,]+) +\|$/gm);
  const printed = [...rows].map(([, burst = "", perMinute = ""]) => [burst, perMinute]);
  const print = (count: number) => count.toLocaleString("en-US");
  expect(printed).toEqual([key, workspace].map(({ burst, perMinute }) => [print(burst), print(perMinute)]));
  expect(read("docs/limits.md")).toContain(`RateLimit-Policy: ${printPolicies(DEFAULT_RATE_LIMITS)}`);
});
