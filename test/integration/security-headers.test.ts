import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { SettingsError } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { servicesOf } from "../../src/services.ts";
import { standInForSweeper } from "./helpers/alerts.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace, ORIGIN } from "./helpers/api.ts";

/*
 * What every answer of the Worker carries, and what it does not.
 */

let workspace: TestWorkspace;
let media: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  media = await newPicture(workspace);
});
afterEach(() => vi.restoreAllMocks());

/** Asks a Worker that is set up otherwise. */
async function ask(other: Partial<Env>, path: string, init: RequestInit = {}): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(`${ORIGIN}${path}`, init) as Request<unknown, IncomingRequestCfProperties>;
  const response = await worker.fetch(request, { ...env, ...other }, context);
  await waitOnExecutionContext(context);
  return response;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** One of each kind of answer: what is asked, and the status that shows that it is this answer. */
const ANSWERS: [string, string, () => Parameters<typeof call>[2] | Promise<Parameters<typeof call>[2]>, number][] = [
  ["GET", "/health", () => ({}), 200],
  ["HEAD", "/health", () => ({}), 200],
  ["GET", "/robots.txt", () => ({}), 200],
  ["GET", "/openapi.json", () => ({}), 200],
  ["GET", "/docs", () => ({}), 200],
  ["GET", "/docs/errors", () => ({}), 200],
  ["GET", "/docs/swagger-ui.css", () => ({}), 200],
  ["GET", "/docs/package.json", () => ({}), 404],
  ["GET", "/nowhere", () => ({}), 404],
  ["POST", "/health", () => ({}), 405],
  ["GET", "/connect/nothing", () => ({}), 404],
  ["GET", "/connect/failed/link_used", () => ({}), 200],
  ["POST", "/connect/facebook/deauthorize", () => ({}), 400],
  ["GET", "/sandbox/ws_1/post_1", () => ({}), 404],
  ["GET", "/media/media_1", () => ({}), 400],
  ["GET", "/media/media_1?expires=1&signature=x", () => ({}), 404],
  ["GET", "/v1", () => ({}), 401],
  ["GET", "/v1/posts", () => ({}), 401],
  ["OPTIONS", "/v1/publish", () => ({ headers: PREFLIGHT }), 401],
  ["OPTIONS", "/v1/publish", () => ({ key: workspace.test, headers: PREFLIGHT }), 405],
  ["GET", "/v1/posts", () => ({ key: workspace.test, headers: { Origin: "https://elsewhere.example" } }), 200],
  ["GET", "/v1/nowhere", () => ({ key: workspace.test }), 404],
  ["PUT", "/v1/posts", () => ({ key: workspace.test }), 405],
  ["POST", "/v1/workspaces", () => ({ key: workspace.test, body: {} }), 403],
  ["POST", "/v1/publish", () => ({ key: workspace.test, body: {} }), 400],
  ["POST", "/v1/publish", () => ({ key: workspace.test, body: "{", headers: JSON_TYPE }), 400],
  ["POST", "/v1/publish", () => ({ key: workspace.test, body: "x", headers: { "Content-Type": "text/plain" } }), 415],
  ["POST", "/v1/publish", () => ({ key: workspace.test, body: " ".repeat(300_000), headers: JSON_TYPE }), 413],
];

const PREFLIGHT = {
  Origin: "https://elsewhere.example",
  "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "authorization",
};

function expectSecured(path: string, status: number, headers: Headers): void {
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("Referrer-Policy")).toBe("no-referrer");
  expect(headers.get("Cross-Origin-Resource-Policy")).toBe(path.startsWith("/media/") ? "cross-origin" : "same-origin");
  expect(headers.get("X-Request-Id")).toMatch(/^req_/);
  const policy = headers.get("Content-Security-Policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  if (!path.startsWith("/media/")) expect(policy).toContain("frame-ancestors 'none'");
  for (const name of ["Server", "X-Powered-By"]) expect(headers.has(name)).toBe(false);
  if (path !== "/openapi.json") {
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  if (path.startsWith("/v1") || status >= 400) expect(headers.get("Cache-Control")).toBe("no-store");
}

describe("every answer is secured", () => {
  it.each(ANSWERS)("%s %s", async (method, path, options, status) => {
    if (path === "/health") standInForSweeper();
    const answer = await call(method, path, await options());
    expect(answer.status).toBe(status);
    expectSecured(path, status, answer.headers);
  });

  it("media, which platforms and pages fetch", async () => {
    const path = (await servicesOf(env).mediaUrl(media)).slice(ORIGIN.length);
    const answer = await call("GET", path);
    expect(answer.status).toBe(200);
    expectSecured(path, 200, answer.headers);
    expect(answer.headers.get("Cache-Control")).toContain("public");
  });

  it("a sandbox post's page", async () => {
    vi.spyOn(servicesOf(env), "findSandboxPost").mockResolvedValueOnce({
      id: "1",
      platform: "facebook",
      kind: "text",
      username: "someone",
      text: "x",
      link: null,
      media: [],
      comments: [],
      createdAt: 0,
    } as never);
    const answer = await call("GET", `/sandbox/${workspace.id}/1`);
    expect(answer.status).toBe(200);
    expectSecured("/sandbox", 200, answer.headers);
  });

  it("a failure of ours, which tells nothing of where it happened", async () => {
    vi.spyOn(servicesOf(env).db, "batch").mockRejectedValueOnce(new Error("SELECT secret FROM api_keys at src/db"));
    vi.spyOn(servicesOf(env).db, "select").mockImplementationOnce(() => {
      throw new Error("SELECT secret FROM api_keys at src/db");
    });
    const answer = await call("GET", "/v1/posts", { key: workspace.test });
    expect([answer.status, answer.body.error.code]).toEqual([500, "internal_error"]);
    expect(answer.text).not.toMatch(/SELECT|src\/|\.ts\b|\bat /);
    expectSecured("/v1/posts", 500, answer.headers);
  });
});

it("an https deployment is never asked without it again, whatever it answers", async () => {
  for (const [path, status] of [
    ["/robots.txt", 200],
    ["/docs/errors", 200],
    ["/v1/posts", 401],
    ["/nowhere", 404],
  ] as const) {
    const secured = await ask({ PUBLIC_ORIGIN: "https://api.example.com" }, path);
    expect([secured.status, secured.headers.get("Strict-Transport-Security")]).toEqual([status, "max-age=63072000"]);
    const plain = await ask({}, path);
    expect([plain.status, plain.headers.get("Strict-Transport-Security")]).toEqual([status, null]);
  }
});

describe("a deployment that is not set up", () => {
  const broken: Partial<Env> = { ADMIN_TOKEN: "", API_KEY_PEPPER: "short", SETTLE_SCALE: "soon" };

  it.each(["/health", "/docs", "/docs/errors", "/docs/swagger-ui.css", "/openapi.json", "/connect/x", "/sandbox/a/b"])(
    "says at %s what is missing, and no value",
    async (path) => {
      const response = await ask(broken, path);
      const { error } = (await response.json()) as { error: Record<string, string> };
      expect([response.status, error.code]).toEqual([500, "internal_error"]);
      expect(error.message).toMatch(/ADMIN_TOKEN must .*; API_KEY_PEPPER must .*; SETTLE_SCALE/);
      expect(error.message).not.toMatch(/short|soon/);
      expectSecured(path, 500, response.headers);
    },
  );

  it.each(["/v1", "/v1/posts", "/v1/publish"])("says so at %s before it looks at a key", async (path) => {
    const response = await ask(broken, path, { headers: { Authorization: `Bearer ${workspace.test}` } });
    expect(response.status).toBe(500);
    expect(await response.text()).toContain("ADMIN_TOKEN must");
    expectSecured(path, 500, response.headers);
  });

  it.each(["apionics-publish", "apionics-webhooks", "apionics-publish-dead", "apionics-webhooks-dead"])(
    "takes no message of %s, and says why: they come again",
    async (queue) => {
      const context = createExecutionContext();
      const batch = createMessageBatch(queue, [{ id: "1", timestamp: new Date(), attempts: 1, body: {} }]);
      const taken = worker.queue(batch as never, { ...env, ...broken }, context);
      await expect(taken).rejects.toThrow(SettingsError);
      await expect(taken).rejects.toThrow(/ADMIN_TOKEN must .*; API_KEY_PEPPER must/);
    },
  );

  it("does not wake the sweeper, and says why", async () => {
    const woken = worker.scheduled({} as never, { ...env, ...broken } as Env);
    await expect(woken).rejects.toThrow(/ADMIN_TOKEN must/);
  });
});
