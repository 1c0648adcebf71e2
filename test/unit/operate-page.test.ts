import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { ALERTS } from "../../src/alerts/conditions.ts";
import { Sqlite } from "../simulation/d1.ts";

/*
 * What docs/operate.md says agrees with what there is.
 */

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/operate.md"), "utf8");
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(ROOT, "src", name), "utf8"))
  .join("\n");

it("has a section for every alert, and for no other", () => {
  const chapter = /\n## Alerts\n([\s\S]*?)\n## /.exec(PAGE)?.[1] ?? "";
  expect([...chapter.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual([...ALERTS]);
});

it("names messages of the log that there are", () => {
  const chapter = /\n## The log\n([\s\S]*?)\n### /.exec(PAGE)?.[1] ?? "";
  const named = [...chapter.matchAll(/^\| `([^`]+)`/gm)]
    .map(([, message = ""]) => message)
    .filter((m) => m !== "message");
  expect(named.length).toBeGreaterThan(6);
  const others = [...PAGE.matchAll(/`((?:a|an|the|messages) [a-z' ]+)`/g)].map(([, message = ""]) => message);
  expect([...named, ...others].filter((message) => !SOURCE.includes(`"${message}"`))).toEqual([]);
});

it("has queries that the database answers", () => {
  const sqlite = new Sqlite();
  const queries = [...PAGE.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query = ""]) => query);
  const own = queries.filter((query) => !query.includes("FROM apionics"));
  expect([own.length, queries.length]).toEqual([3, 8]);
  for (const query of own) expect(sqlite.all(query)).toEqual([]);
});

it("tells of every field of the health", () => {
  const document = JSON.parse(readFileSync(join(ROOT, "docs/openapi.json"), "utf8"));
  const { properties } = document.components.schemas.Health;
  const chapter = /\n### What `GET \/v1\/health` says\n([\s\S]*?)\n## /.exec(PAGE)?.[1] ?? "";
  expect(Object.keys(properties).filter((name) => !chapter.includes(`\`${name}`))).toEqual([]);
});
