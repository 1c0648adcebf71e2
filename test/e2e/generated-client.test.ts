import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

/*
 * A client that orval generates of docs/openapi.json, and a program that a stranger wrote with it: see test/client.
 */

const ROOT = resolve(import.meta.dirname, "../..");
const CLIENT = join(ROOT, "test/client");
const shell = promisify(execFile);

/** Runs one of the project's commands. @throws with what it printed */
async function run(command: string, args: string[], cwd: string): Promise<void> {
  const script = join(ROOT, "node_modules", command);
  await shell(process.execPath, [script, ...args], { cwd }).catch(({ stdout, stderr }) => {
    throw new Error(`${stdout}${stderr}`);
  });
}

let project: Project;
let running: Run;
let origin: string;
beforeAll(async () => {
  await run("orval/dist/bin/orval.mjs", ["--config", "orval.config.ts"], CLIENT);
  project = newProject();
  const port = await freePort();
  origin = `http://localhost:${port}`;
  running = project.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);
});
afterAll(async () => {
  await running.stop();
  project.remove();
});

it("a client generated of the document compiles, and tells wrong requests from right ones", async () => {
  await run("typescript/bin/tsc", ["-p", "."], CLIENT);
});

it("a client generated of the document publishes, lists and cancels", async () => {
  // Only now is there a client to import.
  const program: string = join(CLIENT, "integrate.ts");
  const { integrate } = await import(program);
  const key = /apionics_test_\w+/.exec(running.output())?.[0] ?? "";
  const picture = new Blob([readFileSync(join(ROOT, "scripts/first-post.jpg"))], { type: "image/jpeg" });
  const schedule = new Date(Date.now() + 86_400_000).toISOString();
  const done = await integrate(origin, key, picture, schedule);
  expect(done).toEqual({
    accepted: { id: expect.stringMatching(/^post_/), replayedId: done.accepted.id },
    listed: { ids: [done.accepted.id], total: 1 },
    canceled: true,
    after: { status: "canceled", task: "canceled" },
    refused: { status: 404, code: "not_found", message: "Post does not exist in this workspace." },
    unauthorized: "unauthorized",
  });
});
