import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { client } from "./helpers/client.ts";
import { startGraph } from "./helpers/graph-server.ts";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

/*
 * The commands of docs/backup.md, one after the other, on a database of `wrangler dev`: export, publish 50 more, wipe,
 * import; with the objects as they are, and with objects that are gone too. What is public is counted on the platform's side.
 */

const shell = promisify(execFile);
const SINCE = ["due since 0", "due since 1", "due since 2"];
const MORE = Array.from({ length: 50 }, (_, index) => `one of fifty more ${index}`);

let project: Project;
let running: Run;
let graph: Awaited<ReturnType<typeof startGraph>>;
let origin: string;
let port: number;
let key: string;
let account: string;
let page: string;

async function start(): Promise<void> {
  running = project.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);
}

beforeAll(async () => {
  project = newProject();
  port = await freePort();
  origin = `http://localhost:${port}`;
  graph = await startGraph();
  writeFileSync(join(project.folder, ".dev.vars"), `META_GRAPH_ORIGIN=${graph.origin}\nSETTLE_SCALE=0.05\n`);
  await start();
  const adminToken = /ADMIN_TOKEN=(.*)/.exec(readFileSync(join(project.folder, ".dev.vars"), "utf8"))?.[1] ?? "";
  const workspace = await client(origin, adminToken).call("POST", "/v1/workspaces", { name: "Restored" });
  key = workspace.body.api_keys.live;
  const { externalId, token } = graph.standIn.open("facebook");
  page = externalId;
  const body = { platform: "facebook", external_id: externalId, access_token: token };
  account = (await client(origin, key).call("POST", "/v1/accounts", body)).body.id;
});
afterAll(async () => {
  await running.stop();
  await graph.close();
  project.remove();
});

async function script(name: string, args: string[]): Promise<string> {
  const run = project.run(`scripts/${name}.ts`, {}, args);
  expect([await run.exited, run.output()]).toMatchObject([0, expect.any(String)]);
  return run.output();
}

async function publish(content: string, schedule?: string): Promise<string> {
  const body = { content, accounts: [account], ...(schedule && { schedule }) };
  const answer = await client(origin, key).call("POST", "/v1/publish", body, {
    "Idempotency-Key": encodeURIComponent(content),
  });
  expect(answer.status).toBe(202);
  return answer.body.id;
}

async function statusOf(id: string): Promise<string> {
  return (await client(origin, key).call("GET", `/v1/posts/${id}`)).body.status;
}

async function until(id: string, status: string): Promise<void> {
  while ((await statusOf(id)) !== status) await sleep(500);
}

const shown = () => graph.standIn.posts(page).map(({ text }) => text);

it("a backup is restored, and nothing goes out twice", { timeout: 600_000 }, async () => {
  const { ended, call } = client(origin, key);
  const before = await publish('before the backup: "quoted", it\'s two lines;\n-- é 😀');
  expect((await ended(before)).status).toBe("published");
  const due = new Date(Date.now() + 60_000).toISOString();
  const since: string[] = [];
  for (const content of SINCE) since.push(await publish(content, due));
  const later = await publish("due later", new Date(Date.now() + 86_400_000).toISOString());
  expect(await script("backup", ["--file", "backup.sql"])).toContain("backup.sql holds the database");
  for (const id of since) expect(await statusOf(id)).toBe("queued");

  const more: string[] = [];
  for (const content of MORE) more.push(await publish(content));
  // The cache knows the answers of those who have asked again.
  for (const content of MORE.slice(0, 3)) await publish(content);
  for (const id of more) expect((await ended(id)).status).toBe("published");
  const sendAgain = async () => {
    for (const [index, content] of MORE.slice(0, 3).entries()) expect(await publish(content)).toBe(more[index]);
  };
  for (const id of since) await until(id, "published");
  expect(shown()).toHaveLength(1 + SINCE.length + MORE.length);

  await running.stop();
  await script("restore", ["--file", "backup.sql"]);
  await start();
  // The objects know better, and say so when the sweeper wakes them.
  for (const id of since) await until(id, "published");
  expect((await call("GET", `/v1/posts/${before}`)).body.content).toContain('"quoted", it\'s two lines;\n-- é 😀');
  await sendAgain();

  await running.stop();
  await script("restore", ["--file", "backup.sql"]);
  await shell("rm", ["-rf", join(project.folder, ".wrangler/state/v3/do")]);
  await start();
  for (const id of since) await until(id, "unconfirmed");
  await sendAgain();
  expect((await call("PATCH", `/v1/posts/${later}`, { schedule: "now" })).status).toBe(200);
  expect((await ended(later)).status).toBe("published");
  expect(new Set(shown()).size).toBe(shown().length);
  expect(shown()).toHaveLength(1 + SINCE.length + MORE.length + 1);
});

it("a file that does not say when it is restored is refused, and a backup is not overwritten", async () => {
  const file = join(project.folder, "bare.sql");
  writeFileSync(file, "CREATE TABLE something (id text);\n");
  const refused = project.run("scripts/restore.ts", {}, ["--file", "bare.sql"]);
  expect([await refused.exited, refused.output()]).toEqual([
    1,
    expect.stringContaining("was not made by npm run backup"),
  ]);
  const again = project.run("scripts/backup.ts", {}, ["--file", "bare.sql"]);
  expect([await again.exited, again.output()]).toEqual([1, expect.stringContaining("is there already")]);
  rmSync(file);
});
