import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { restoreStatements, tellsOfRestore } from "../../scripts/backup/epoch.ts";
import { KEPT_FOR, KEPT_FOR_ASKING, LOADED_LATE } from "../../src/post/timing.ts";
import { tables } from "../scale/month.ts";

const DOCS = resolve(import.meta.dirname, "../../docs");
const DAY = 86_400_000;

it("docs/scale.md has the month as it is worked out from what the ledger counts: npx node test/scale/month.ts --write", {
  timeout: 60_000,
}, () => {
  const { fresh, written } = tables();
  expect(written).toBe(fresh);
});

it("what is loaded so late that it is held has not been forgotten by then, as docs/backup.md and docs/scale.md say", () => {
  expect([LOADED_LATE, KEPT_FOR, KEPT_FOR_ASKING].map((span) => span / DAY)).toEqual([3, 7, 30]);
});

it("docs/backup.md has the statements that a dump ends with", () => {
  const page = readFileSync(join(DOCS, "backup.md"), "utf8");
  const statements = restoreStatements(0).split("\n").slice(1).join("\n").replace(", 0)", ", …)").trim();
  expect(page).toContain(statements);
  expect([tellsOfRestore(`CREATE TABLE posts (id);\n${restoreStatements(1)}`), tellsOfRestore(page)]).toEqual([
    true,
    false,
  ]);
});
