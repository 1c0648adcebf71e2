import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FACEBOOK_APP, INSTAGRAM_APP } from "../helpers/login-stand-in.ts";
import { client } from "./helpers/client.ts";
import { startMeta } from "./helpers/login-server.ts";
import type { Project, Run } from "./helpers/project.ts";
import { freePort, newProject } from "./helpers/project.ts";

/*
 * People connect their accounts to a real `wrangler dev`, through a stand-in for Meta that is reached by settings alone.
 */

const shell = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const DONE = "http://localhost:1/done";

let project: Project;
let running: Run;
let server: Awaited<ReturnType<typeof startMeta>>;
let origin: string;
let port: number;
let key: string;
let adminToken: string;
/** What the Worker said before it was started again, and where browsers came to rest. */
let log = "";
const leftAt: string[] = [];

async function start(keys: string): Promise<void> {
  const settings = {
    ADMIN_TOKEN: "admin-token-of-the-tests",
    ENCRYPTION_KEYS: keys,
    META_APP_ID: FACEBOOK_APP.id,
    META_APP_SECRET: FACEBOOK_APP.secret,
    INSTAGRAM_APP_ID: INSTAGRAM_APP.id,
    INSTAGRAM_APP_SECRET: INSTAGRAM_APP.secret,
    META_DIALOG_ORIGIN: server.origin,
    META_GRAPH_ORIGIN: server.origin,
    META_UPLOAD_ORIGIN: server.origin,
    INSTAGRAM_DIALOG_ORIGIN: server.origin,
    INSTAGRAM_TOKEN_ORIGIN: server.origin,
    INSTAGRAM_GRAPH_ORIGIN: server.origin,
    API_KEY_PEPPER: PEPPER,
  };
  adminToken = settings.ADMIN_TOKEN;
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(project.folder, ".dev.vars"), lines.join(""));
  running = project.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);
}

async function stop(): Promise<void> {
  await running.stop();
  log += running.output();
}

const PEPPER = "api-key-pepper-of-the-tests";
const OLD_KEY = `old:${Buffer.alloc(32, 1).toString("base64")}`;
const NEW_KEY = `new:${Buffer.alloc(32, 2).toString("base64")}`;

beforeAll(async () => {
  project = newProject();
  port = await freePort();
  origin = `http://localhost:${port}`;
  server = await startMeta();
  await start(OLD_KEY);
  const body = { name: "Acme & Sons", logo_url: "https://acme.example/logo.png" };
  key = (await client(origin, adminToken).call("POST", "/v1/workspaces", body)).body.api_keys.live;
});
afterAll(async () => {
  await running.stop();
  await server.close();
  project.remove();
});

/** A person's browser: keeps the cookie of our pages, and follows redirects until it leaves for the client. */
class Browser {
  #cookie = "";

  async go(address: string, form?: Record<string, string>): Promise<{ address: string; html: string }> {
    let next = { address, form };
    for (;;) {
      if (next.address.startsWith(DONE)) return leaveAt(next.address, "");
      const isOurs = next.address.startsWith(origin);
      const response = await fetch(next.address, {
        method: next.form ? "POST" : "GET",
        redirect: "manual",
        headers: isOurs ? { Cookie: this.#cookie } : {},
        ...(next.form ? { body: new URLSearchParams(next.form) } : {}),
      });
      const cookie = response.headers.get("Set-Cookie")?.split(";")[0];
      if (isOurs && cookie !== undefined) this.#cookie = cookie;
      const location = response.headers.get("Location");
      if (location === null) return leaveAt(next.address, await response.text());
      // What stands after `#` never reaches a server.
      next = { address: new URL(location, next.address).href.replace(/#.*$/, ""), form: undefined };
    }
  }
}

function leaveAt(address: string, html: string) {
  leftAt.push(address);
  return { address, html };
}

async function newLink(platform: string, fields: Record<string, unknown> = { redirect_url: DONE }): Promise<string> {
  const answer = await client(origin, key).call("POST", "/v1/accounts/connect", { platform, ...fields });
  expect(answer.status).toBe(201);
  return answer.body.url;
}

async function picture(): Promise<string> {
  const form = new FormData();
  form.set("file", new File([readFileSync(join(ROOT, "scripts/first-post.jpg"))], "picture.jpg"));
  return (await client(origin, key).call("POST", "/v1/media", form)).body.id;
}

describe("a person connects", () => {
  it("a Page by Facebook Login, chosen among two, and a post goes out on it", async () => {
    const first = server.meta.openPage("First Page", { withInstagram: true });
    server.meta.openPage("Second Page");
    const browser = new Browser();
    const link = await newLink("facebook");
    const landing = await browser.go(link);
    expect(landing.html).toContain("Acme &amp; Sons asks to publish on your Facebook Pages");
    const choice = await browser.go(link, { provider: "facebook" });
    expect(choice.address).toMatch(/\/connect\/choose\/consent_\w+$/);
    expect(choice.html).toContain("Second Page");
    const { address } = await browser.go(choice.address, { account: `facebook:${first.id}` });
    const [id = ""] = new URL(address).searchParams.get("accounts")?.split(",") ?? [];

    const { call, ended } = client(origin, key);
    const { accounts } = (await call("GET", "/v1/accounts")).body;
    expect(accounts).toMatchObject([{ id, username: "First Page", status: "active", health: "ok" }]);
    const accepted = await call("POST", "/v1/publish", {
      content: "By consent",
      accounts: [id],
      media: [await picture()],
    });
    expect((await ended(accepted.body.id)).status).toBe("published");
    expect(server.meta.publishing.posts(first.id)).toMatchObject([{ text: "By consent" }]);
  });

  it("an Instagram account by Instagram Login, sees the last page of ours, and a post goes out on it", async () => {
    const account = server.meta.openInstagram("a.person");
    const browser = new Browser();
    const link = await newLink("instagram", {});
    expect((await browser.go(link)).html.match(/<button/g)).toHaveLength(2);
    const done = await browser.go(link, { provider: "instagram" });
    expect(done.address).toMatch(/\/connect\/done\/consent_\w+$/);
    expect(done.html).toContain("@a.person on Instagram");

    const { call, ended } = client(origin, key);
    const { accounts } = (await call("GET", "/v1/accounts")).body;
    const { id } = accounts.find((each: { username: string }) => each.username === "a.person");
    const accepted = await call("POST", "/v1/publish", {
      content: "No Page",
      accounts: [id],
      media: [await picture()],
    });
    expect((await ended(accepted.body.id)).status).toBe("published");
    expect(server.meta.publishing.posts(account.id)).toMatchObject([{ text: "No Page" }]);
  });

  it("nothing after all, and the client is told", async () => {
    server.meta.isRefused = true;
    const { address } = await new Browser().go(await newLink("facebook"), { provider: "facebook" });
    server.meta.isRefused = false;
    expect(address).toBe(`${DONE}?error=access_denied`);
  });
});

it("tokens survive the change of the encryption key, before and after the old one is dropped", async () => {
  const { meta } = server;
  const page = meta.pages[0]?.id ?? "";
  const publish = async (content: string): Promise<void> => {
    const { call, ended } = client(origin, key);
    const { accounts } = (await call("GET", "/v1/accounts")).body;
    const id = accounts.find((each: { platform: string }) => each.platform === "facebook").id;
    const accepted = await call("POST", "/v1/publish", { content, accounts: [id] });
    expect((await ended(accepted.body.id)).status).toBe("published");
    expect(meta.publishing.posts(page)[0]).toMatchObject({ text: content });
  };
  await stop();
  await start(`${NEW_KEY},${OLD_KEY}`);
  await publish("Before the rotation");
  const env = { ...process.env, ADMIN_TOKEN: adminToken };
  const args = ["scripts/rotate-keys.ts", "--origin", origin];
  const { stdout } = await shell(process.execPath, args, { cwd: ROOT, env });
  expect(stdout).toMatch(/sealed anew, 0 to go/);
  expect(stdout).toContain("Drop the old ones");
  expect((await shell(process.execPath, args, { cwd: ROOT, env })).stdout).toMatch(/^0 sealed anew, 0 to go/);
  await stop();
  await start(NEW_KEY);
  await publish("After the old key is gone");
});

it("no token, code or secret is in the log of the Worker or in an address the browser was left at", async () => {
  const told = [log, running.output(), ...leftAt].join("\n");
  expect(log).toContain("/connect/facebook/callback");
  expect(server.meta.secrets.length).toBeGreaterThanOrEqual(8);
  for (const secret of [...server.meta.secrets, FACEBOOK_APP.secret, INSTAGRAM_APP.secret]) {
    expect(told).not.toContain(secret);
  }
});

it("no token, code, secret or key is in clear in anything that was stored", async () => {
  await stop();
  const state = join(project.folder, ".wrangler/state");
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  expect(files.filter(({ name }) => name.endsWith(".sqlite")).length).toBeGreaterThan(3);
  const own = [FACEBOOK_APP.secret, INSTAGRAM_APP.secret, adminToken, PEPPER, key];
  const encryptionKeys = [OLD_KEY, NEW_KEY].flatMap((each) => each.split(":").slice(1));
  const secrets = [...server.meta.secrets, ...own, ...encryptionKeys];
  for (const { parentPath, name } of files) {
    const bytes = readFileSync(join(parentPath, name));
    expect(secrets.filter((secret) => bytes.includes(secret)).length, name).toBe(0);
  }
});
