import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CloudflareStandIn } from "./helpers/cloudflare.ts";
import { API_TOKEN, argumentsOf, startCloudflare } from "./helpers/cloudflare.ts";
import { CloudflareAccount } from "./helpers/cloudflare-account.ts";
import type { Project } from "./helpers/project.ts";
import { newProject } from "./helpers/project.ts";

/*
 * `npm run deploy`, by the wrangler that is installed, to an account that is a stand-in.
 */

const SECRETS = ["ADMIN_TOKEN", "API_KEY_PEPPER", "ENCRYPTION_KEYS"];
const MIGRATIONS = /^0000_initial\.sql/;

/** One run takes a dozen wranglers, of a second each where nothing else goes on. */
const PATIENCE = 600_000;

let account: CloudflareAccount;
let cloudflare: CloudflareStandIn;
let project: Project;
beforeAll(async () => {
  cloudflare = await startCloudflare(() => account);
});
afterAll(() => cloudflare.close());
beforeEach(() => {
  account = new CloudflareAccount();
  cloudflare.changes.length = 0;
  project = newProject();
});
afterEach(() => project.remove());

interface Outcome {
  code: number | null;
  output: string;
}

async function run(file: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  const running = project.run(file, { ...cloudflare.env(project.folder), ...env }, args);
  return { code: await running.exited, output: running.output() };
}

const deploy = (env: Record<string, string> = {}, args: string[] = []) =>
  run("scripts/deploy.ts", args, { CLOUDFLARE_API_TOKEN: API_TOKEN, ...env });

const bareDeploy = () =>
  run("node_modules/wrangler/bin/wrangler.js", ["deploy"], {
    CLOUDFLARE_API_TOKEN: API_TOKEN,
    CLOUDFLARE_ACCOUNT_ID: account.id,
    CI: "true",
  });

/** Says that it ended well. */
async function deployed(env: Record<string, string> = {}): Promise<string> {
  const { code, output } = await deploy(env);
  expect(code, output).toBe(0);
  return output;
}

/** They are in one file alone: not in what is printed, and not in the arguments of any process. */
function expectSecretsIn(file: string, output: string): void {
  expect(statSync(join(project.folder, file)).mode & 0o077).toBe(0);
  const lines = secretsFile().trim().split("\n");
  const values = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
  expect(Object.keys(values)).toEqual(SECRETS);
  const args = argumentsOf(project.folder);
  expect(args).toContain("secret bulk");
  for (const [name, value] of Object.entries<string>(values)) {
    expect(account.secrets.get(name)).toBe(value);
    expect(output).not.toContain(value);
    expect(args).not.toContain(value);
  }
  expect(output + args).not.toMatch(/apionics_(live|test)_|cloudflare-api-token/);
  expect(output).toContain(`Keep ${file}`);
}

/** The data sets of the Worker that serves. */
const dataSets = () =>
  (account.versions[0]?.resources.bindings ?? [])
    .filter(({ type }) => type === "analytics_engine")
    .map(({ name, dataset }) => ({ name, dataset }));

const secretsFile = () => readFileSync(join(project.folder, ".deploy.vars"), "utf8");

describe("npm run deploy", { timeout: PATIENCE }, () => {
  it("creates all there is on an account that has nothing, and run again changes nothing", async () => {
    const output = await deployed();
    expect(account.databases.map(({ name }) => name)).toEqual(["apionics"]);
    expect(account.migrations[0]).toMatch(MIGRATIONS);
    expect(account.queues.map(({ queue_name }) => queue_name).sort()).toEqual([
      "apionics-publish",
      "apionics-publish-dead",
      "apionics-webhooks",
      "apionics-webhooks-dead",
    ]);
    expect([account.namespaces.length, account.buckets.length]).toEqual([1, 1]);
    expect([...account.secrets.keys()]).toEqual(SECRETS);
    expect(account.origin).toBe("https://apionics.somebody.workers.dev");
    expect(account.workspaces).toHaveLength(1);
    expect(output).toMatch(/^Plan +Workers Free: about 830 posts a day/m);
    expect(output).toMatch(/^Metrics +bound$/m);
    expect(dataSets()).toEqual([{ name: "METRICS", dataset: "apionics" }]);
    expect(output).toMatch(/^Console +https:\/\/apionics\.somebody\.workers\.dev\/join\/\S+$/m);

    const upload = cloudflare.changes.indexOf("PUT /workers/scripts/apionics");
    const lastUpload = cloudflare.changes.lastIndexOf("PUT /workers/scripts/apionics");
    const schema = cloudflare.changes.findIndex((change) => change.endsWith("/query"));
    expect(cloudflare.changes.indexOf("PATCH /workers/scripts/apionics/secrets-bulk")).toBeGreaterThanOrEqual(0);
    // The first upload is the empty Worker that has the secrets.
    expect(upload).toBeLessThan(schema);
    expect(schema).toBeLessThan(lastUpload);

    expectSecretsIn(".deploy.vars", output);

    cloudflare.changes.length = 0;
    const before = structuredClone(account);
    const again = await deployed();
    // The link is the one that was answered before.
    expect(cloudflare.changes).toEqual([`POST /v1/workspaces/${account.workspaces[0]?.id}/sign-in-links`]);
    expect(structuredClone(account)).toEqual(before);
    expect(again).toMatch(/^Secrets +already there$/m);
    expect(again).toMatch(/^Database +apionics, already there$/m);
    expect(again).toMatch(/^Migrations +all applied already$/m);
    expect(again).toMatch(/^Worker +this code is deployed already$/m);
    expect(again).toMatch(/^Metrics +bound$/m);
    expect(again).toMatch(/^Workspace +already there$/m);
    expect(/join\/\S+/.exec(again)?.[0]).toBe(/join\/\S+/.exec(output)?.[0]);
  });

  it("is finished by another run wherever it was cut off", async () => {
    const steps = [
      ["PATCH /workers/scripts/apionics/secrets-bulk", /Setting the secrets failed/],
      // After the namespace was created, and before any Worker has it.
      ["POST /queues", /Deploying the Worker failed/],
      // What is refused for another reason than the metrics is not deployed without them.
      ["PUT /workers/scripts/apionics", /Deploying the Worker failed[\s\S]*It broke off\. \[code: 10013\]/],
      ["POST /v1/workspaces/", /sign-in-links answered 500/],
    ] as const;
    const secrets: string[] = [];
    for (const [step, message] of steps) {
      cloudflare.failNext(step);
      const { code, output } = await deploy();
      expect(code, `${step}\n${output}`).toBe(1);
      expect(output).toMatch(message);
      secrets.push(secretsFile());
    }
    expect(await deployed()).toMatch(/\/join\//);
    expect([account.databases.length, account.namespaces.length, account.buckets.length]).toEqual([1, 1, 1]);
    expect([account.queues.length, account.workspaces.length, new Set(secrets).size]).toEqual([4, 1, 1]);
    expect(new Set(account.migrations).size).toBe(account.migrations.length);
  });

  it("leaves metrics out where the account refuses them, and binds them once it takes them", async () => {
    account.hasAnalyticsEngine = false;
    const config = readFileSync(join(project.folder, "wrangler.toml"), "utf8");
    const refused =
      /^Metrics +not bound: nobody has enabled Analytics Engine\. Do so at https:\/\/dash\.cloudflare\.com\/\S+ /m;
    expect(await deployed()).toMatch(refused);
    expect([dataSets(), account.namespaces.length, account.workspaces.length]).toEqual([[], 1, 1]);
    const { origin } = account;
    expect(origin).toBe("https://apionics.somebody.workers.dev");

    const before = structuredClone(account);
    const again = await deployed();
    expect(again).toMatch(/^Worker +this code is deployed already$/m);
    expect(again).toMatch(refused);
    expect(structuredClone(account)).toEqual(before);

    account.hasAnalyticsEngine = true;
    const output = await deployed();
    expect(output).toMatch(/^Worker +deployed, now with metrics$/m);
    expect(output).toMatch(/^Metrics +bound$/m);
    expect([dataSets().length, account.origin, account.namespaces]).toEqual([1, origin, before.namespaces]);
    expect(account.versions).toHaveLength(before.versions.length + 1);

    expect(readFileSync(join(project.folder, "wrangler.toml"), "utf8")).toBe(config);
    expect(readdirSync(project.folder).filter((name) => name.endsWith(".toml"))).toEqual(["wrangler.toml"]);
  });

  it("makes no secrets anew for a database that has something, and takes those that it is given", async () => {
    account.databases.push({ uuid: account.newId(), name: "apionics" });
    account.migrations.push("0000_initial.sql");
    account.secrets.set("ADMIN_TOKEN", "the-token-that-was-there-before");
    account.versions.push({ id: account.newId(), annotations: {}, resources: { bindings: [] } });
    const { code, output } = await deploy();
    expect([code, output.trim().split("\n").at(-1)]).toEqual([
      1,
      expect.stringMatching(/^API_KEY_PEPPER and ENCRYPTION_KEYS cannot be made anew/),
    ]);
    const given = { API_KEY_PEPPER: "a-pepper-that-somebody-kept", ENCRYPTION_KEYS: "old:key-that-somebody-kept" };
    expect(await deployed(given)).toMatch(/^Workspace +not looked at: ADMIN_TOKEN is not at hand/m);
    expect(Object.fromEntries(account.secrets)).toEqual({ ADMIN_TOKEN: "the-token-that-was-there-before", ...given });
  });

  it("on a machine that forgets its files it makes no secrets, deploys what is configured, and says what is missing", async () => {
    const file = join(project.folder, "wrangler.toml");
    const config = readFileSync(file, "utf8").replace(/^# (\[\[analytics.*|binding = "METRICS"|dataset = .*)$/gm, "$1");
    rmSync(file);
    writeFileSync(file, `routes = [{ pattern = "api.example.com", custom_domain = true }]\n${config}`);
    const output = await deployed({ CI: "true" });
    expect(output).toMatch(/^Metrics +as wrangler\.toml has it$/m);
    expect(dataSets()).toHaveLength(1);
    expect(output, "a custom domain goes first").toMatch(/^Address +https:\/\/api\.example\.com$/m);
    expect(output).toMatch(/^Secrets +NOT SET.*: ADMIN_TOKEN, API_KEY_PEPPER, ENCRYPTION_KEYS$/m);
    expect(output).toMatch(/^Workspace +none yet: set ADMIN_TOKEN, API_KEY_PEPPER, ENCRYPTION_KEYS/m);
    expect([account.secrets.size, account.origin]).toEqual([0, "https://api.example.com"]);
  });
});

describe("npm run deploy that cannot work says why", () => {
  it("nobody is logged in", async () => {
    const { code, output } = await deploy({ CLOUDFLARE_API_TOKEN: "" });
    expect([code, output.trim()]).toEqual([
      1,
      expect.stringMatching(/^Nobody is logged in to Cloudflare\. Run: npx wrangler login\..*$/),
    ]);
    expect(cloudflare.changes).toEqual([]);
  });

  it("the login reaches several accounts", async () => {
    account.others.push({ id: "another", name: "Theirs" });
    const { code, output } = await deploy();
    expect([code, output]).toEqual([1, expect.stringContaining("Set CLOUDFLARE_ACCOUNT_ID to one of them")]);
    expect(cloudflare.changes).toEqual([]);
  });

  it("an argument that makes no sense", async () => {
    const { code, output } = await deploy({}, ["--dry"]);
    expect([code, output]).toEqual([1, expect.stringContaining("npm run deploy -- --dry-run")]);
  });
});

it("npm run deploy -- --dry-run shows the plan, asks nobody and needs no login", async () => {
  const unreachable = { CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9" };
  const { code, output } = await deploy(unreachable, ["--dry-run"]);
  expect(code, output).toBe(0);
  const steps = ["Login", "Secrets", "Database", "Migrations", "Worker", "Metrics", "Address", "Workspace", "Console"];
  for (const step of steps) expect(output).toMatch(new RegExp(`^${step} `, "m"));
  expect(output).toMatch(/^Migrations +\d+ applied: 0000_initial\.sql, /m);
  expect(output).toMatch(/with \d+ bindings: .*\bPUBLISH_DEAD\b.*\bDB\b.*\bMETRICS\b/);
  expect(output).toMatch(/^Metrics +METRICS is left out where the account refuses it$/m);
});

describe("a bare wrangler deploy", { timeout: PATIENCE }, () => {
  it("creates what it binds, dead letter queues included, and leaves the address that the deployment has", async () => {
    const first = await bareDeploy();
    expect(first.code, first.output).toBe(0);
    expect([account.databases.length, account.namespaces.length, account.queues.length]).toEqual([1, 1, 4]);
    expect(account.origin).toBe(null);
    const origin = "https://apionics.somebody.workers.dev";
    account.versions[0]?.resources.bindings.push({ name: "PUBLIC_ORIGIN", type: "plain_text", text: origin });
    const second = await bareDeploy();
    expect(second.code, second.output).toBe(0);
    expect([account.versions.length, account.origin]).toEqual([2, origin]);
  });
});
