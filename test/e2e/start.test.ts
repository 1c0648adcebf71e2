import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { client } from "./helpers/client.ts";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

const shell = promisify(execFile);

describe("npm start in a fresh clone", () => {
  let project: Project;
  let port: number;
  let running: Run;
  beforeAll(async () => {
    project = newProject();
    port = await freePort();
    running = project.start(["--port", String(port)]);
    await running.printed(/Stop with Ctrl-C/);
  });
  afterAll(async () => {
    await running.stop();
    project.remove();
  });

  it("publishes a first post to Instagram and Facebook, and shows where", async () => {
    const output = running.output();
    expect(output).toContain(`Apionics is up at http://localhost:${port}`);
    for (const platform of ["instagram", "facebook"]) {
      const permalink = new RegExp(`${platform} +published +(http\\S+)`).exec(output)?.[1] ?? "";
      const page = await fetch(permalink);
      expect(page.status).toBe(200);
      const html = await page.text();
      expect(html).toContain("Hello from Apionics");
      const picture = await fetch(/<img src="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "");
      expect([picture.status, picture.headers.get("Content-Type")]).toEqual([200, "image/jpeg"]);
    }
  });

  it("prints a curl line that works when it is pasted", async () => {
    const line = /^ {2}(curl .*)$/m.exec(running.output())?.[1] ?? "";
    const { stdout } = await shell("bash", ["-c", `${line} -s`]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "queued",
      tasks: [{ platform: "instagram" }, { platform: "facebook" }],
    });
  });

  it("prints a way into the console, for whom it makes admin", async () => {
    const [, link = ""] = /Open the console: (http\S+)/.exec(running.output()) ?? [];
    expect(link).toMatch(new RegExp(`^http://localhost:${port}/join/[\\w-]{43}$`));
    const page = await fetch(link);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("You are invited as an admin.")]);
  });

  it("keeps its secrets to itself", () => {
    const file = join(project.folder, ".dev.vars");
    expect(statSync(file).mode & 0o077).toBe(0);
    const secrets = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => !line.startsWith("PUBLIC_ORIGIN="))
      .flatMap((line) => line.split("=")[1] ?? []);
    expect(secrets).toHaveLength(3);
    for (const secret of secrets) expect(running.output()).not.toContain(secret);
  });

  it("started again it publishes nothing more, and shows the same post", async () => {
    const id = /post_\w+/.exec(running.output())?.[0] ?? "";
    const key = /apionics_test_\w+/.exec(running.output())?.[0] ?? "";
    await running.stop();
    const secrets = readFileSync(join(project.folder, ".dev.vars"), "utf8");
    running = project.start(["--port", String(port)]);
    await running.printed(/Stop with Ctrl-C/);
    expect(running.output()).toContain(id);
    expect(running.output()).toContain(key);
    const { body } = await client(`http://localhost:${port}`, key).call("GET", "/v1/posts");
    expect(body.posts.filter((post: { content: string }) => post.content === "Hello from Apionics")).toHaveLength(1);
    expect(readFileSync(join(project.folder, ".dev.vars"), "utf8")).toBe(secrets);
  });

  it("with new secrets it makes a new workspace, and a migration that is new is applied", async () => {
    await running.stop();
    rmSync(join(project.folder, ".dev.vars"));
    writeFileSync(join(project.folder, "migrations/0099_new.sql"), "CREATE TABLE new_table (id TEXT);");
    running = project.start(["--port", String(port)]);
    await running.printed(/Stop with Ctrl-C/);
    expect(running.output()).toContain("published");
    const folder = join(project.folder, ".wrangler/state/v3/d1/miniflare-D1DatabaseObject");
    const tables = readdirSync(folder)
      .filter((name) => name.endsWith(".sqlite"))
      .flatMap((name) => new DatabaseSync(join(folder, name)).prepare("SELECT name FROM sqlite_schema").all());
    expect(tables).toContainEqual({ name: "new_table" });
  });
});

describe("npm start that cannot work says why in one sentence", () => {
  let project: Project;
  afterEach(() => project.remove());

  async function failure(args: string[] = []): Promise<string> {
    const run = project.start(args);
    expect(await run.exited).toBe(1);
    const lines = run.output().trim().split("\n");
    expect(lines).toHaveLength(1);
    return lines[0] ?? "";
  }

  it("a port that is taken", async () => {
    project = newProject();
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
    expect(await failure(["--port", String(port)])).toBe(
      `Port ${port} is taken. Choose another one: npm start -- --port 9000`,
    );
    server.close();
  });

  it.each([
    ["--port", "none"],
    ["--port", "70000"],
    ["--prot", "9000"],
  ])("an argument that makes no sense: %s %s", async (...args) => {
    project = newProject();
    expect(await failure(args)).toMatch(/port/);
  });

  it("a folder that cannot be written", async () => {
    project = newProject();
    writeFileSync(join(project.folder, ".wrangler"), "in the way");
    expect(await failure()).toMatch(/^The local state cannot be written to \.wrangler\/state: /);
  });

  it("a migration that fails", async () => {
    project = newProject();
    writeFileSync(join(project.folder, "migrations/0099_broken.sql"), "CREATE TABLE nonsense (;");
    expect(await failure()).toMatch(/^A migration of the local database failed: .*incomplete input/);
  });
});
