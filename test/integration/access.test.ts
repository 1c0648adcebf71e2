import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { generateApiKey } from "../../src/workspace/api-key.ts";
import { standInForSweeper } from "./helpers/alerts.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish, saidBy } from "./helpers/api.ts";

const UNAUTHORIZED = { code: "unauthorized", message: "API key missing, invalid, or expired." };
const ADMIN = env.ADMIN_TOKEN ?? "";

let workspace: TestWorkspace;
let other: TestWorkspace;
beforeAll(async () => {
  [workspace, other] = [await newWorkspace(), await newWorkspace()];
});

afterEach(() => vi.restoreAllMocks());

describe("a workspace", () => {
  it("is created with the admin token, and its keys are shown once", async () => {
    const answer = await call("POST", "/v1/workspaces", { key: ADMIN, body: { name: "Acme" } });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^ws_/),
      name: "Acme",
      api_keys: {
        live: expect.stringMatching(/^apionics_live_[0-9A-Za-z]{36}$/),
        test: expect.stringMatching(/^apionics_test_[0-9A-Za-z]{36}$/),
      },
    });
  });

  it("is not created with an API key, nor without a name", async () => {
    expect((await call("POST", "/v1/workspaces", { key: workspace.live, body: { name: "Acme" } })).status).toBe(403);
    const answer = await call("POST", "/v1/workspaces", { key: ADMIN, body: { name: " " } });
    expect(answer.status).toBe(400);
    expect(answer.body.error.field).toBe("name");
  });

  it("stores its keys as digests only", async () => {
    const { results } = await env.DB.prepare("SELECT * FROM api_keys").all();
    expect(JSON.stringify(results)).not.toContain(workspace.test);
    expect(JSON.stringify(results)).not.toContain(workspace.test.slice(14, 44));
  });
});

describe("without a good key", () => {
  const strange = generateApiKey("test");
  const mistyped = strange.slice(0, -1) + (strange.endsWith("0") ? "1" : "0");
  it.each([
    ["no header", {}],
    ["an empty header", { Authorization: "" }],
    ["another scheme", { Authorization: "Basic YTpi" }],
    ["no token", { Authorization: "Bearer " }],
    ["a token of no shape", { Authorization: "Bearer nonsense" }],
    ["a key that nobody has", { Authorization: `Bearer ${strange}` }],
    ["a key with a wrong checksum", { Authorization: `Bearer ${mistyped}` }],
  ])("%s is answered 401, always the same", async (_name, headers) => {
    for (const path of ["/v1/posts", "/v1/posts/post_1", "/v1/nowhere", "/v1"]) {
      const answer = await call("GET", path, { headers });
      expect(answer.status).toBe(401);
      expect(answer.body.error).toMatchObject(UNAUTHORIZED);
      expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
      expect(answer.headers.get("X-Request-Id")).toMatch(/^req_/);
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
  });

  it("a key in the address is not looked at", async () => {
    expect((await call("GET", `/v1/posts?api_key=${workspace.test}`)).status).toBe(401);
  });

  it("the scheme may be written in any case", async () => {
    const answer = await call("GET", "/v1/posts", { headers: { Authorization: `bearer ${workspace.test}` } });
    expect(answer.status).toBe(200);
  });

  it("nothing but what is public is open", async () => {
    standInForSweeper();
    expect((await call("GET", "/health")).body).toEqual({ ok: true });
    expect((await call("GET", "/robots.txt")).text).toContain("Allow: /media/");
    expect((await call("GET", "/nowhere")).body.error.code).toBe("not_found");
  });
});

it("a key with a wrong checksum costs no look into the database", async () => {
  const strange = generateApiKey("test");
  const mistyped = strange.slice(0, -1) + (strange.endsWith("0") ? "1" : "0");
  const prepared = vi.spyOn(env.DB, "prepare");
  const send = (key: string) => call("GET", "/v1/posts", { key });
  await send(mistyped);
  expect(prepared).not.toHaveBeenCalled();
  await send(strange);
  expect(prepared).toHaveBeenCalled();
  prepared.mockRestore();
});

describe("with a good key", () => {
  it("an unknown path is 404 and an unknown method 405, both in the envelope", async () => {
    const missing = await call("GET", "/v1/nowhere", { key: workspace.test });
    expect(missing.status).toBe(404);
    expect(missing.body.error).toMatchObject({ code: "not_found", message: expect.stringContaining("/v1/nowhere") });

    for (const [method, path, allow] of [
      ["GET", "/v1/publish", "POST"],
      ["PUT", "/v1/posts", "GET"],
      ["PUT", "/v1/posts/post_1", "DELETE, GET, PATCH"],
      ["OPTIONS", "/v1/publish", "POST"],
      ["DELETE", "/v1/media", "GET, POST"],
    ] as const) {
      const answer = await call(method, path, { key: workspace.test });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("Allow")).toBe(allow);
      expect(answer.body.error.code).toBe("method_not_allowed");
    }
  });

  it("another workspace's post, account or media is as if it were not there", async () => {
    const account = await newAccount(workspace, "facebook");
    const media = await newPicture(workspace);
    const accepted = await publish(workspace, { content: "Mine", accounts: [account], schedule: nextWeek() });
    for (const method of ["GET", "DELETE"]) {
      const foreign = await call(method, `/v1/posts/${accepted.body.id}`, { key: other.test });
      const missing = await call(method, "/v1/posts/post_missing", { key: other.test });
      const otherMode = await call(method, `/v1/posts/${accepted.body.id}`, { key: workspace.live });
      expect([foreign.status, missing.status, otherMode.status]).toEqual([404, 404, 404]);
      expect(saidBy(foreign)).toBe(saidBy(missing));
      expect(saidBy(otherMode)).toBe(saidBy(missing));
    }
    expect((await call("GET", "/v1/posts", { key: other.test })).body).toEqual({
      posts: [],
      total: 0,
      next_cursor: null,
    });
    expect((await call("GET", "/v1/accounts", { key: other.test })).body).toEqual({ accounts: [] });

    const own = await newAccount(other, "facebook");
    const foreignAccount = await publish(other, { content: "x", accounts: [own, account] });
    expect([foreignAccount.status, foreignAccount.body.error.field]).toEqual([400, "accounts.1"]);
    const foreignMedia = await publish(other, { content: "x", accounts: [own], media: [media] });
    expect([foreignMedia.status, foreignMedia.body.error.field]).toEqual([400, "media.0"]);
    const wrongMode = await call("POST", "/v1/publish", {
      key: workspace.live,
      body: { content: "x", accounts: [account] },
    });
    expect([wrongMode.status, wrongMode.body.error.field]).toEqual([400, "accounts.0"]);
  });

  it("no object is made for a post that the database does not know", async () => {
    await call("DELETE", "/v1/posts/post_01JZZZZZZZZZZZZZZZZZZZZZZZ", { key: workspace.test });
    const { listDurableObjectIds } = await import("cloudflare:test");
    const ids = await listDurableObjectIds(env.POSTS);
    const probed = env.POSTS.idFromName(`${workspace.id}/test/post_01JZZZZZZZZZZZZZZZZZZZZZZZ`);
    expect(ids.some((id) => id.equals(probed))).toBe(false);
  });

  it("routes of one mode refuse keys of the other", async () => {
    const sandbox = { platform: "facebook", username: "x" };
    const live = { platform: "facebook", external_id: "1", access_token: "EAA" };
    const inLive = await call("POST", "/v1/accounts/sandbox", { key: workspace.live, body: sandbox });
    const inTest = await call("POST", "/v1/accounts", { key: workspace.test, body: live });
    for (const answer of [inLive, inTest]) {
      expect(answer.status).toBe(403);
      expect(answer.body.error).toMatchObject({ code: "forbidden", field: "Authorization" });
    }
  });
});

function nextWeek(): string {
  return new Date(Date.now() + 7 * 86_400_000).toISOString();
}
