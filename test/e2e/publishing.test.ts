import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { client } from "./helpers/client.ts";
import { startGraph } from "./helpers/graph-server.ts";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

const shell = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");

let project: Project;
let running: Run;
let graph: Awaited<ReturnType<typeof startGraph>>;
let origin: string;
let port: number;
let key: string;
let liveKey: string;
/** Of the workspace whose clock is moved. */
let otherTestKey: string;

async function start(): Promise<void> {
  running = project.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);
}

beforeAll(async () => {
  project = newProject();
  port = await freePort();
  origin = `http://localhost:${port}`;
  graph = await startGraph();
  // What a person would write there to point live mode at a stand-in, and to wait less for what is lost.
  writeFileSync(join(project.folder, ".dev.vars"), `META_GRAPH_ORIGIN=${graph.origin}\nSETTLE_SCALE=0.05\n`);
  await start();
  key = /apionics_test_\w+/.exec(running.output())?.[0] ?? "";
  const adminToken = /ADMIN_TOKEN=(.*)/.exec(readFileSync(join(project.folder, ".dev.vars"), "utf8"))?.[1] ?? "";
  const workspace = await client(origin, adminToken).call("POST", "/v1/workspaces", { name: "Live" });
  liveKey = workspace.body.api_keys.live;
  otherTestKey = workspace.body.api_keys.test;
});
afterAll(async () => {
  await running.stop();
  await graph.close();
  project.remove();
});

async function sandboxAccount(platform: string, behavior = "ok", withKey = key): Promise<string> {
  const answer = await client(origin, withKey).call("POST", "/v1/accounts/sandbox", {
    platform,
    username: "e2e",
    behavior,
  });
  return answer.body.id;
}

async function picture(withKey: string): Promise<string> {
  const form = new FormData();
  form.set("file", new File([readFileSync(join(ROOT, "scripts/first-post.jpg"))], "picture.jpg"));
  return (await client(origin, withKey).call("POST", "/v1/media", form)).body.id;
}

describe("over the network, with a real queue and real alarms", () => {
  it("publishes now", async () => {
    const { call, ended } = client(origin, key);
    const body = {
      content: "Now",
      accounts: [await sandboxAccount("instagram"), await sandboxAccount("facebook")],
      media: [await picture(key)],
    };
    const accepted = await call("POST", "/v1/publish", body);
    expect(accepted.status).toBe(202);
    expect((await ended(accepted.body.id)).status).toBe("published");
  });

  it("publishes three seconds ahead, not before, and little later", async () => {
    const { call, ended } = client(origin, key);
    const at = Math.ceil(Date.now() / 1_000) * 1_000 + 3_000;
    const body = {
      content: "Soon",
      accounts: [await sandboxAccount("facebook")],
      schedule: new Date(at).toISOString(),
    };
    const accepted = await call("POST", "/v1/publish", body);
    expect(accepted.body.scheduled_at).toBe(new Date(at).toISOString().replace(".000Z", "Z"));
    const post = await ended(accepted.body.id);
    expect(post.status).toBe("published");
    expect(Date.parse(post.tasks[0].published_at)).toBeGreaterThanOrEqual(at);
    expect(Date.now() - at).toBeLessThan(2_000);
  });

  it("cancels what is scheduled", async () => {
    const { call } = client(origin, key);
    const body = {
      content: "Never",
      accounts: [await sandboxAccount("facebook")],
      schedule: new Date(Date.now() + 2_000).toISOString(),
    };
    const accepted = await call("POST", "/v1/publish", body);
    expect((await call("DELETE", `/v1/posts/${accepted.body.id}`)).text).toBe('{"success":true}');
    await new Promise((wait) => setTimeout(wait, 3_500));
    expect((await call("GET", `/v1/posts/${accepted.body.id}`)).body.status).toBe("canceled");
  });

  it("publishes within seconds what is due next week, when the clock is moved by a week", async () => {
    const { call, ended } = client(origin, otherTestKey);
    const week = 7 * 86_400;
    const at = Math.ceil(Date.now() / 1_000 + week) * 1_000;
    const accounts = [
      await sandboxAccount("instagram", "ok", otherTestKey),
      await sandboxAccount("facebook", "lost_answer", otherTestKey),
    ];
    const body = { content: "Next week", accounts, media: [await picture(otherTestKey)] };
    const accepted = await call("POST", "/v1/publish", { ...body, schedule: new Date(at).toISOString() });
    expect(accepted.status).toBe(202);
    const movedAt = Date.now();
    const moved = await call("POST", "/v1/sandbox/clock", { advance_seconds: week });
    expect([moved.status, Date.parse(moved.body.now)]).toEqual([200, expect.closeTo(movedAt + week * 1_000, -4)]);
    const post = await ended(accepted.body.id);
    expect(Date.now() - movedAt).toBeLessThan(10_000);
    expect(post.status).toBe("published");
    for (const task of post.tasks) expect(Date.parse(task.published_at)).toBeGreaterThanOrEqual(at);
    const { posts } = (await call("GET", "/v1/sandbox/posts")).body;
    expect(posts.map((each: { id: string }) => each.id).sort()).toEqual(
      post.tasks.map((task: { platform_post_id: string }) => task.platform_post_id).sort(),
    );
  });

  it("replays, byte for byte", async () => {
    const { call } = client(origin, key);
    const body = { content: "Again", accounts: [await sandboxAccount("facebook")] };
    const headers = { "Idempotency-Key": "again" };
    const first = await call("POST", "/v1/publish", body, headers);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call("POST", "/v1/publish", body, headers)));
    for (const again of answers) {
      expect([again.status, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([202, first.text, "true"]);
    }
  });

  it.each(["instagram", "facebook"])("settles a lost answer on %s", async (platform) => {
    const { call, ended } = client(origin, key);
    const body = {
      content: "Lost",
      accounts: [await sandboxAccount(platform, "lost_answer")],
      media: [await picture(key)],
    };
    const accepted = await call("POST", "/v1/publish", body);
    const post = await ended(accepted.body.id);
    expect(post.tasks[0]).toMatchObject({ status: "published", platform_post_id: expect.any(String) });
    expect((await fetch(post.tasks[0].permalink)).status).toBe(200);
  });
});

describe("live mode against a Graph API that knows nothing of us", () => {
  it("works by META_GRAPH_ORIGIN alone", async () => {
    const { call, ended } = client(origin, liveKey);
    const accounts: string[] = [];
    const externalIds: string[] = [];
    for (const platform of ["instagram", "facebook"] as const) {
      const { externalId, token } = graph.standIn.open(platform);
      const body = { platform, external_id: externalId, access_token: token };
      const connected = await call("POST", "/v1/accounts", body);
      expect([connected.status, connected.body.status]).toEqual([201, "active"]);
      accounts.push(connected.body.id);
      externalIds.push(externalId);
    }
    // Its answers to both commits are lost on the way.
    graph.standIn.spoil(/media_publish$/, "cut after");
    graph.standIn.spoil(/feed$/, "cut after");
    const accepted = await call("POST", "/v1/publish", { content: "Live", accounts, media: [await picture(liveKey)] });
    expect(accepted.status).toBe(202);
    const post = await ended(accepted.body.id);
    expect(post.status).toBe("published");
    externalIds.forEach((externalId, index) => {
      const posts = graph.standIn.posts(externalId);
      expect(posts).toHaveLength(1);
      expect(post.tasks[index]).toMatchObject({ platform_post_id: posts[0]?.id, permalink: posts[0]?.permalink });
    });
  });
});

/** In the order in which somebody reads them: what one makes, those after it go on with. */
const PAGES = ["README.md", "docs/publishing.md", "docs/sandbox.md", "docs/webhooks.md", "docs/api-keys.md"];

it("the commands of the README and its pages work as they stand there, and the receiver takes what is sent", async () => {
  const text = PAGES.map((page) => readFileSync(join(ROOT, page), "utf8")).join("\n");
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  const receiver = await startReceiver(/```js\n([\s\S]*?)```/.exec(text)?.[1] ?? "");
  const programs = [
    `typescript=$('${process.execPath}' '${example(text, "ts")}')`,
    // Not every machine that runs these tests has it; what that leaves out is said.
    `python=$(if command -v python3 >/dev/null; then python3 '${example(text, "py")}'; else echo not installed; fi)`,
    'echo "typescript=$typescript python=$python"',
  ];
  // Whoever reads takes longer from one to the next, and keeps within the limits of their key.
  const commands = [...blocks, ...programs].join("\nsleep 1\n");
  const script = ["set -eo pipefail", commands, "echo", 'echo "post=$POST later=$LATER"'].join("\n");
  const env = { ...process.env, APIONICS_ORIGIN: origin, APIONICS_KEY: key };
  const { stdout } = await shell("bash", ["-c", script.replaceAll(":9000/", `:${receiver.port}/`)], { cwd: ROOT, env });
  expect(stdout).not.toContain('"error":{');
  expect(stdout).toContain('{"success":true}');
  const [, postId = "", laterId = ""] = /post=(post_\w+) later=(post_\w+)/.exec(stdout) ?? [];
  const { call, ended } = client(origin, key);
  const [, typescript = "", python] =
    /typescript=(post_\w+) queued python=(?:(post_\w+) queued|not installed)/.exec(stdout) ?? expect.fail(stdout);
  if (python === undefined) console.warn("python3 is not installed: the example in Python was not run.");
  for (const id of [postId, typescript, ...(python ? [python] : [])])
    expect((await ended(id)).status).toBe("published");
  expect((await call("GET", `/v1/posts/${laterId}`)).body.status).toBe("canceled");
  await receiver.printed(/^evt_\w+ webhook\.test /m);
  await receiver.printed(new RegExp(`^evt_\\w+ publish\\.completed \\{\\s*post_id: '${postId}'`, "m"));
  expect((await fetch(`http://localhost:${receiver.port}/`, { method: "POST", body: "{}" })).status).toBe(401);
  await receiver.stop();
});

/** Writes a page's only program in a language to a file, as its reader does. @returns where */
function example(text: string, language: "ts" | "py"): string {
  const [, source = ""] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  const file = join(project.folder, `publish.${language}`);
  writeFileSync(file, source);
  return file;
}

/** Runs the page's receiver, on a port that is free. */
async function startReceiver(source: string) {
  // As many lines as it is said to have.
  expect(source.trim().split("\n").length).toBeLessThanOrEqual(15);
  const receiverPort = await freePort();
  writeFileSync(join(project.folder, "receiver.mjs"), source.replace("9000", String(receiverPort)));
  const env = { WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  return { ...project.run("receiver.mjs", env), port: receiverPort };
}

it("an accepted post survives kill -9 in the next instant", async () => {
  const { call, ended } = client(origin, key);
  const account = await sandboxAccount("facebook");
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const accepted = await call("POST", "/v1/publish", { content: `Survivor ${i}`, accounts: [account] });
    await running.killHard();
    ids.push(accepted.body.id);
    await start();
  }
  for (const id of ids) expect((await ended(id)).status).toBe("published");
});
