import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { newExport } from "../helpers/audit-export.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "audit-"));

/** Runs the command as `npm run verify-audit` does. */
async function verify(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = ["scripts/verify-audit.ts", ...args];
  const run = promisify(execFile)(process.execPath, all, { cwd: ROOT });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error) => error,
  );
}

function write(name: string, entries: unknown[]): string {
  const file = join(folder, name);
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  return file;
}

describe("npm run verify-audit", () => {
  it("says how much there is, what is not sealed yet, and the last seal", async () => {
    const entries = await newExport(6, [2, 3]);
    const last = entries.findLast((entry) => "seal" in entry)?.seal.hash;
    const { code, stdout, stderr } = await verify(write("good.jsonl", entries));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      `OK: 6 lines, 2 seals; 1 not sealed yet.\nThe last seal is ${last}. Keep it where the deployment's owner cannot change it.\n`,
    );
  });

  it("says which line or seal of the file does not fit, and fails", async () => {
    const entries: unknown[] = await newExport(6, [2, 3]);
    entries.splice(4, 1);
    const file = write("bad.jsonl", entries);
    const { code, stdout, stderr } = await verify(file);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`NOT OK: ${file}, line 6: the seal covers 3 lines, and there are 2.\n`);
  });

  it("takes the seal behind which an export begins", async () => {
    const entries = await newExport(5, [2, 2]);
    const [, , first] = entries;
    const hash = first && "seal" in first ? first.seal.hash : "";
    const file = write("later.jsonl", [...entries.slice(3, -1), { end: { lines: 3, seals: 1 } }]);
    expect((await verify(file)).code).toBe(1);
    expect(await verify(file, "--after", hash)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^OK: 3 lines/),
    });
  });

  it("says how it is called, and that a file cannot be read", async () => {
    for (const args of [[], ["a", "b"], ["--no-such", "a"]]) {
      const { code, stderr } = await verify(...args);
      expect([code, stderr]).toEqual([1, expect.stringContaining("npm run verify-audit -- export.jsonl")]);
    }
    const { code, stderr } = await verify(join(folder, "missing.jsonl"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be read")]);
  });
});
