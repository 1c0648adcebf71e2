import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { SECRETS } from "../../scripts/start/secrets.ts";
import type { Env } from "../../src/env.ts";
import { settingsOf } from "../../src/env.ts";

/*
 * What a deployment is made of beside the code: that it fits together, and that nothing of it is a secret.
 */

const ROOT = resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(resolve(ROOT, name), "utf8");

const EXAMPLES = Object.fromEntries(
  [...read(".dev.vars.example").matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, ...pair]) => pair),
);
const CONFIG = read("wrangler.toml");
const PACKAGE = JSON.parse(read("package.json"));

it("the secrets that the button asks for are those that a deployment must have", () => {
  expect(Object.keys(EXAMPLES)).toEqual(Object.keys(SECRETS));
});

it.each(Object.keys(SECRETS))("%s is refused as it stands in .dev.vars.example", (name) => {
  const made = Object.fromEntries(Object.entries(SECRETS).map(([each, make]) => [each, make()]));
  const good = { ...made, PUBLIC_ORIGIN: "https://api.example.com" };
  expect(() => settingsOf(good as unknown as Env)).not.toThrow();
  const bad = { ...good, [name]: EXAMPLES[name] };
  expect(() => settingsOf(bad as unknown as Env)).toThrow(new RegExp(`^This deployment is not set up: ${name} `));
});

it("each resource and each secret has a description for whoever uses the button", () => {
  const resources = /\[\[(?:d1_databases|kv_namespaces|r2_buckets|queues\.producers)\]\]\nbinding = "(\w+)"/g;
  const bound = [...CONFIG.matchAll(resources)].map(([, name = ""]) => name);
  expect(bound).toHaveLength(7);
  expect(Object.keys(PACKAGE.cloudflare.bindings).sort()).toEqual([...bound, ...Object.keys(SECRETS)].sort());
});

it("a queue that is consumed is bound too: wrangler creates no other", () => {
  const queues = (kind: string) =>
    [...CONFIG.matchAll(new RegExp(`\\[\\[queues\\.${kind}\\]\\]\\n(?:binding.*\\n)?queue = "(.*)"`, "g"))].map(
      ([, name]) => name,
    );
  expect(queues("producers").sort()).toEqual(queues("consumers").sort());
  expect(queues("consumers")).toHaveLength(4);
});

it("a bare deployment leaves the address as it is", () => {
  expect(CONFIG).toMatch(/^keep_vars = true$/m);
  expect(CONFIG).not.toMatch(/^PUBLIC_ORIGIN/m);
});

it("migrations take nothing away that the release before may read", () => {
  const files = readdirSync(resolve(ROOT, "migrations")).filter((name) => name.endsWith(".sql"));
  const taken = files.flatMap((name) => {
    const sql = read(`migrations/${name}`);
    // SQLite changes a table's columns by making it anew.
    const isMadeAnew = (table: string) => sql.includes(`ALTER TABLE \`__new_${table}\` RENAME TO \`${table}\``);
    const dropped = [...sql.matchAll(/DROP TABLE `(\w+)`/g)].map(([, table = ""]) => table);
    const columns = sql.match(/ALTER TABLE .* (DROP COLUMN|RENAME COLUMN) .*/g) ?? [];
    return [...dropped.filter((table) => !isMadeAnew(table)), ...columns];
  });
  expect(taken).toEqual([]);
  expect(files.length).toBeGreaterThan(5);
});
