import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";

/*
 * The first post: made once, followed to the end, and shown. Each start sends the same request with the same
 * Idempotency-Key, so that only the first one publishes.
 */

/** Lives and dies with the local database that it tells of. */
const FILE = ".wrangler/state/first-post.json";
const PICTURE = "scripts/first-post.jpg";
const PATIENCE_MS = 60_000;
/** Within the limits of a key: 300 a minute, and 20 at once. */
const POLL_MS = 250;
const OPEN = ["queued", "publishing"];

interface FirstRun {
  key: string;
  accounts: string[];
  media: string;
}

interface Task {
  account_id: string;
  platform: string;
  status: string;
  permalink: string | null;
}

interface Post {
  id: string;
  status: string;
  created_at: string;
  tasks: Task[];
}

export async function followFirstPost(origin: string, adminToken: string): Promise<void> {
  const run = (await readRun(origin)) ?? (await prepareRun(origin, adminToken));
  const startedAt = Date.now();
  const body = { content: "Hello from Apionics", accounts: run.accounts, media: [run.media] };
  const accepted = await call<{ id: string }>(origin, run.key, "/v1/publish", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": "first-post" },
    body: JSON.stringify(body),
  });
  console.log(`\nApionics is up at ${origin}\n\nYour first post, ${accepted.id}`);
  printLine(startedAt, "accepted");
  const post = await follow(origin, run.key, accepted.id, startedAt);
  if (post.status !== "published")
    throw new Failure(`The first post ended as ${post.status}: see GET /v1/posts/${post.id}.`);
  console.log(`\nYour test key: ${run.key}\n\nPublish another one:\n\n  ${curlLine(origin, run)}`);
  const link = await makeSignInLink(origin, adminToken, run.key);
  console.log(
    `\nOpen the console: ${link}\n(once, within three days; each start prints another)\n\nStop with Ctrl-C.\n`,
  );
}

/** A way into the console as an admin: passkeys belong to a host, and under another one nobody has any. */
async function makeSignInLink(origin: string, adminToken: string, key: string): Promise<string> {
  const { id } = await call<{ id: string }>(origin, key, "/v1/workspace");
  const path = `/v1/workspaces/${id}/sign-in-links`;
  const { url } = await call<{ url: string }>(origin, adminToken, path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  return url;
}

async function follow(origin: string, key: string, id: string, startedAt: number): Promise<Post> {
  const seen = new Map<string, string>();
  for (const deadline = startedAt + PATIENCE_MS; ; await sleep(POLL_MS)) {
    const post = await call<Post>(origin, key, `/v1/posts/${id}`);
    for (const task of post.tasks) {
      if (seen.get(task.account_id) === task.status) continue;
      seen.set(task.account_id, task.status);
      printLine(startedAt, task.status, task.platform, addressAt(origin, task.permalink));
    }
    if (!OPEN.includes(post.status)) return post;
    if (Date.now() > deadline) throw new Failure("The first post was not published within a minute.");
  }
}

/** The post may have been published under another port. */
function addressAt(origin: string, permalink: string | null): string {
  return permalink === null ? "" : origin + new URL(permalink).pathname;
}

function printLine(startedAt: number, status: string, platform = "", permalink = ""): void {
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(2).padStart(6);
  console.log(`${seconds} s  ${platform.padEnd(10)} ${status.padEnd(10)} ${permalink}`.trimEnd());
}

function curlLine(origin: string, run: FirstRun): string {
  const body = JSON.stringify({ content: "My own post", accounts: run.accounts, media: [run.media] });
  return `curl ${origin}/v1/publish -H "Authorization: Bearer ${run.key}" -H "Content-Type: application/json" -d '${body}'`;
}

/** What an earlier start prepared; null on the first one, and when the secrets have changed since. */
async function readRun(origin: string): Promise<FirstRun | null> {
  if (!existsSync(FILE)) return null;
  const run = JSON.parse(readFileSync(FILE, "utf8")) as FirstRun;
  const response = await fetch(`${origin}/v1/accounts`, { headers: { Authorization: `Bearer ${run.key}` } });
  return response.ok ? run : null;
}

async function prepareRun(origin: string, adminToken: string): Promise<FirstRun> {
  const json = (body: unknown) => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const { api_keys } = await call<{ api_keys: { test: string } }>(
    origin,
    adminToken,
    "/v1/workspaces",
    json({ name: "My workspace" }),
  );
  const key = api_keys.test;
  const accounts: string[] = [];
  for (const platform of ["instagram", "facebook"]) {
    const body = json({ platform, username: "apionics" });
    accounts.push((await call<{ id: string }>(origin, key, "/v1/accounts/sandbox", body)).id);
  }
  const form = new FormData();
  form.set("file", new File([readFileSync(PICTURE)], "first-post.jpg"));
  const media = await call<{ id: string }>(origin, key, "/v1/media", { method: "POST", body: form });
  const run: FirstRun = { key, accounts, media: media.id };
  writeFileSync(FILE, JSON.stringify(run), { mode: 0o600 });
  return run;
}

async function call<T>(origin: string, key: string, path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${key}`);
  const response = await fetch(`${origin}${path}`, { ...init, headers });
  const text = await response.text();
  if (!response.ok) throw new Failure(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
