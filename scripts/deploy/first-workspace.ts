import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../start/failure.ts";
import { say } from "./say.ts";

/*
 * The first workspace, and the first way into it. Both are asked for with an Idempotency-Key: asked again after an answer
 * that was lost, the same is answered.
 */

const NAME = "My workspace";
const PATIENCE_MS = 120_000;
const POLL_MS = 1_000;
/** How long a link into the console is good for. */
const LINK_MS = 3 * 24 * 3_600_000;

interface Workspace {
  id: string;
  created_at: string;
}

/**
 * Waits until the deployment is up, creates a workspace where there is none, and says how to get into it.
 *
 * @param token null: it is not at hand
 * @param missing secrets without which nothing works
 */
export async function ensureWorkspace(origin: string, token: string | null, missing: string[]): Promise<void> {
  if (missing.length > 0) {
    say("Workspace", `none yet: set ${missing.join(", ")} by npx wrangler secret put, and run npm run deploy again`);
    return;
  }
  await untilUp(origin);
  if (token === null) {
    say("Workspace", "not looked at: ADMIN_TOKEN is not at hand. Set it in the environment to have one created");
    return say("Console", `${origin}/console`);
  }
  const { workspaces } = await call<{ workspaces: Workspace[] }>(origin, token, "GET", "/v1/workspaces?limit=1");
  const first = workspaces[0] ?? (await createWorkspace(origin, token));
  say("Workspace", workspaces.length > 0 ? "already there" : `"${NAME}" created`);
  if (Date.parse(first.created_at) + LINK_MS < Date.now()) return say("Console", `${origin}/console`);
  const path = `/v1/workspaces/${first.id}/sign-in-links`;
  const { url } = await call<{ url: string }>(origin, token, "POST", path, {}, `first-link-${first.id}`);
  say("Console", url);
  console.log("\nThe link lets one person in as admin, once, within three days.");
}

async function createWorkspace(origin: string, token: string): Promise<Workspace> {
  const body = { name: NAME };
  const { id } = await call<{ id: string }>(origin, token, "POST", "/v1/workspaces", body, "first-workspace");
  return { id, created_at: new Date().toISOString() };
}

/** A deployment takes a moment to be everywhere, and its name a moment to be known. */
async function untilUp(origin: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    const problem = await problemAt(origin);
    if (problem === null) return;
    if (Date.now() > deadline) throw new Failure(`${origin} was deployed and does not work: ${problem}`);
  }
}

async function problemAt(origin: string): Promise<string | null> {
  try {
    const response = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(10_000) });
    const { ok, error } = (await response.json()) as { ok?: boolean; error?: { message?: string } };
    // A deployment in which something is wrong answers all the same, and is looked after by whoever operates it.
    return ok === undefined ? (error?.message ?? `/health answers ${response.status}.`) : null;
  } catch {
    return "nothing answers there.";
  }
}

async function call<T>(
  origin: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  idempotencyKey?: string,
): Promise<T> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 401) {
    throw new Failure(
      "The ADMIN_TOKEN at hand is not the deployment's. Set ADMIN_TOKEN to the one that is, and run it again.",
    );
  }
  const text = await response.text();
  if (!response.ok) throw new Failure(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
