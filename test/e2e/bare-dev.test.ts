import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

/*
 * `wrangler dev` by itself in a fresh clone: whatever is missing is told of by one error.
 */

let project: Project;
let running: Run;
beforeEach(() => {
  project = newProject();
});
afterEach(async () => {
  await running.stop();
  project.remove();
});

const TOKEN = "admin-token-of-this-test-alone";

/** Starts it, and asks for workspaces until somebody answers. */
async function ask(): Promise<string> {
  const port = await freePort();
  const env = { CI: "true", WRANGLER_SEND_METRICS: "false" };
  running = project.run("node_modules/wrangler/bin/wrangler.js", env, ["dev", "--port", String(port)]);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/workspaces`, { headers }).catch(() => null);
    if (response) {
      expect(response.status).toBe(500);
      return ((await response.json()) as { error: { message: string } }).error.message;
    }
    await sleep(100);
  }
}

it("names the settings that are missing, and the command that sets them", async () => {
  const message = await ask();
  for (const name of ["ADMIN_TOKEN", "API_KEY_PEPPER", "ENCRYPTION_KEYS", "PUBLIC_ORIGIN"]) {
    expect(message).toContain(`${name} is missing`);
  }
  expect(message).toContain("`npm start`");
});

it("names the migrations that are missing, and the command that applies them", async () => {
  const settings = {
    ADMIN_TOKEN: TOKEN,
    API_KEY_PEPPER: "api-key-pepper-of-this-test-alone",
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
    PUBLIC_ORIGIN: "http://localhost:8787",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(project.folder, ".dev.vars"), lines.join(""));
  expect(await ask()).toMatch(/^The database lacks migrations: 0000_initial, .*`npm start`/);
});
