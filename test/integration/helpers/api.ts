import { env, exports } from "cloudflare:workers";
import type { RateLimits } from "../../../src/lib/rate-limits.ts";
import type { Mode } from "../../../src/lib/vocabulary.ts";
import { KEY_SCOPES } from "../../../src/lib/vocabulary.ts";
import { jpeg } from "../../helpers/pictures.ts";
import { WIDE_LIMITS } from "../../helpers/wide-limits.ts";
import { expectDocumented } from "./documented.ts";

/** A workspace of a test's own, with a key for each mode. */
export interface TestWorkspace {
  id: string;
  live: string;
  test: string;
}

export const ORIGIN = "http://apionics.test";

/** What the API answered. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers and say what they expect to find
  body: any;
}

export interface RequestOptions {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Makes a request to the Worker, and sees to it that its answer is a documented one. A body that is not text is sent as JSON. */
export async function call(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { key, body, headers = {} } = options;
  const isRaw =
    typeof body === "string" ||
    body instanceof FormData ||
    body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await exports.default.fetch(`${ORIGIN}${path}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined || isRaw ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  // Not `text()`: the runtime warns of types that it does not know as text.
  const text = new TextDecoder().decode(await response.arrayBuffer());
  expectDocumented(method, path, { status: response.status, headers: response.headers, text });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("application/json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : null,
  };
}

/** What an answer says, but for what is of the one request: two refusals that may not differ are compared by it. */
export function saidBy(answer: Answer): string {
  return answer.text.replaceAll(answer.headers.get("X-Request-Id") ?? "", "req_");
}

/** Limits for requests that come in from now on, without a word of it in the audit log; null: the defaults. */
export async function setRateLimits(workspaceId: string, limits: RateLimits | null): Promise<void> {
  const json = limits && JSON.stringify(limits);
  await env.DB.prepare("UPDATE workspaces SET rate_limits = ? WHERE id = ?").bind(json, workspaceId).run();
}

/** A workspace with limits that no test meets by accident, though time may stand still. */
export async function newWorkspace(): Promise<TestWorkspace> {
  const answer = await call("POST", "/v1/workspaces", { key: env.ADMIN_TOKEN ?? "", body: { name: "A workspace" } });
  if (answer.status !== 201) throw new Error(answer.text);
  await setRateLimits(answer.body.id, WIDE_LIMITS);
  return { id: answer.body.id, ...answer.body.api_keys };
}

/** A key, and the secret that opens it. */
export interface TestKey {
  id: string;
  key: string;
}

/** Creates a key that may do what `fields` says; everything, unless they do. */
export async function newKey(
  workspace: TestWorkspace,
  fields: Record<string, unknown> = {},
  mode: Mode = "test",
): Promise<TestKey> {
  const body = { name: "A key", scopes: KEY_SCOPES, ...fields };
  const answer = await call("POST", "/v1/api-keys", { key: workspace[mode], body });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: answer.body.id, key: answer.body.key };
}

export async function newAccount(
  workspace: TestWorkspace,
  platform: "instagram" | "facebook",
  behavior = "ok",
): Promise<string> {
  const body = { platform, username: `${platform}_${behavior}`, behavior };
  const answer = await call("POST", "/v1/accounts/sandbox", { key: workspace.test, body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
}

export async function newPicture(workspace: TestWorkspace, mode: Mode = "test"): Promise<string> {
  const form = new FormData();
  form.set("file", new File([jpeg(1080, 1080)], "picture.jpg", { type: "image/jpeg" }));
  const answer = await call("POST", "/v1/media", { key: workspace[mode], body: form });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
}

export async function publish(
  workspace: TestWorkspace,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return call("POST", "/v1/publish", { key: workspace.test, body, headers });
}
