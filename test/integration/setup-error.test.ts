import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newWorkspace, ORIGIN } from "./helpers/api.ts";

/*
 * A database that lacks migrations is told of by one error, which names them and what mends it.
 */

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});

/** The database as it is before a migration: a name in every statement stands for something that is not there. */
function databaseWithout(replaced: Record<string, string>): D1Database {
  const rewrite = (sql: string) =>
    Object.entries(replaced).reduce((text, [from, to]) => text.replaceAll(from, to), sql);
  return {
    prepare: (sql: string) => env.DB.prepare(rewrite(sql)),
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  } as unknown as D1Database;
}

async function ask(path: string, other: Partial<Env>) {
  const headers = { Authorization: `Bearer ${workspace.test}` };
  const response = await worker.fetch(
    new Request(`${ORIGIN}${path}`, { headers }),
    { ...env, ...other },
    createExecutionContext(),
  );
  const body = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, ...body.error };
}

describe("a database without migrations", () => {
  it("that has none of them names all, and the command", async () => {
    const DB = databaseWithout({ '"api_keys"': '"not_there"', d1_migrations: "not_there_either" });
    const answer = await ask("/v1/posts", { DB });
    expect(answer).toMatchObject({ status: 500, code: "internal_error" });
    expect(answer.message).toMatch(/^The database lacks migrations: 0000_initial, .*0006_approvals_and_people/);
    expect(answer.message).toContain("`npm run deploy` on Cloudflare");
  });

  it("that lacks some names these", async () => {
    const DB = databaseWithout({
      '"api_keys"': '"not_there"',
      "SELECT name FROM d1_migrations": "SELECT name FROM d1_migrations WHERE name < '0005'",
    });
    const { message } = await ask("/v1/posts", { DB });
    expect(message).toMatch(/^The database lacks migrations: 0005_hardened_contract, 0006_/);
  });

  it("is told of at a page of the console too", async () => {
    const DB = databaseWithout({ '"sign_in_links"': '"not_there"', d1_migrations: "not_there_either" });
    const { message } = await ask(`/join/${"x".repeat(43)}`, { DB });
    expect(message).toMatch(/^The database lacks migrations: 0000_initial/);
  });

  it("and one that lacks none tells nothing of what was not found in it", async () => {
    const DB = databaseWithout({ '"api_keys"': '"not_there"' });
    const { message } = await ask("/v1/posts", { DB });
    expect(message).toMatch(/^Something went wrong on our side/);
  });
});

it("a setting that is missing is told of with the command that sets it", async () => {
  const { message } = await ask("/v1/posts", { PUBLIC_ORIGIN: undefined } as never);
  expect(message).toMatch(/^This deployment is not set up: PUBLIC_ORIGIN is missing\. `npm start` .* `npm run deploy`/);
});
