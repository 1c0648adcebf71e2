import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { Peppers } from "../../src/workspace/peppers.ts";
import { pepperIdOf } from "../../src/workspace/peppers.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newKey, newWorkspace } from "./helpers/api.ts";

/*
 * Peppers and admin tokens that rotate: two are good at once.
 */

const { settings } = servicesOf(env);
const [OLD] = settings.apiKeyPeppers;
const NEW = "the pepper that comes after";
const TOKENS = settings.adminTokens;

let workspace: TestWorkspace;
beforeEach(async () => {
  workspace = await newWorkspace();
});
afterEach(() => {
  vi.restoreAllMocks();
  usePeppers(OLD);
  settings.adminTokens = TOKENS;
});

/** Deploys with these peppers: the first digests, all are looked up. */
function usePeppers(...peppers: Peppers): void {
  settings.apiKeyPeppers = peppers;
}

const statusOf = async (key: string) => (await call("GET", "/v1/posts", { key })).status;
const oldPepper = async (key: string) => (await call("GET", "/v1/health", { key })).body.old_pepper;

/** Which peppers the workspace's test keys and their replaced secrets are stored under. */
async function storedUnder(): Promise<(string | null)[]> {
  const { results } = await env.DB.prepare(
    `SELECT pepper_id FROM api_keys WHERE workspace_id = ?1 AND mode = 'test' UNION ALL
      SELECT r.pepper_id FROM replaced_secrets r JOIN api_keys k ON k.id = r.key_id WHERE k.workspace_id = ?1`,
  )
    .bind(workspace.id)
    .all<{ pepper_id: string | null }>();
  return results.map(({ pepper_id }) => pepper_id);
}

describe("a pepper that is replaced", () => {
  it("leaves every secret good that was stored under it, and each is stored under the new one when it is used", async () => {
    const before = workspace.test;
    const { id } = (await call("GET", "/v1/api-keys", { key: before })).body.api_keys[0];
    const rotated = (await call("POST", `/v1/api-keys/${id}/rotate`, { key: before })).body.key;
    const [oldId, newId] = [await pepperIdOf(OLD), await pepperIdOf(NEW)];
    expect(await storedUnder()).toEqual([oldId, oldId]);

    usePeppers(NEW, OLD);
    expect(await statusOf(rotated)).toBe(200);
    await vi.waitFor(async () => expect(await storedUnder()).toEqual([newId, oldId]));
    expect(await statusOf(before)).toBe(200);
    await vi.waitFor(async () => expect(await storedUnder()).toEqual([newId, newId]));
    expect([await statusOf(rotated), await statusOf(before)]).toEqual([200, 200]);

    usePeppers(NEW);
    expect([await statusOf(rotated), await statusOf(before)]).toEqual([200, 200]);
    // What was not used before the old one went is refused as any key that is not good.
    expect(await statusOf(workspace.live)).toBe(401);
    usePeppers(NEW, OLD);
    expect(await statusOf(workspace.live)).toBe(200);
  });

  it("digests new secrets no more", async () => {
    usePeppers(NEW, OLD);
    await newKey(workspace);
    await vi.waitFor(async () => expect(new Set(await storedUnder())).toEqual(new Set([await pepperIdOf(NEW)])));
  });

  it("is counted for who wants to let it go, in good secrets alone", async () => {
    expect(await oldPepper(workspace.test)).toBeNull();
    const revoked = await newKey(workspace);
    await call("DELETE", `/v1/api-keys/${revoked.id}`, { key: workspace.test });
    usePeppers(NEW, OLD);
    const counted = await oldPepper(workspace.test);
    expect(counted.api_keys).toBeGreaterThanOrEqual(2);
    await vi.waitFor(async () => expect((await oldPepper(workspace.test)).api_keys).toBe(counted.api_keys - 1));
    await statusOf(workspace.live);
    await vi.waitFor(async () => expect((await oldPepper(workspace.test)).api_keys).toBe(counted.api_keys - 2));
    const { body } = await call("GET", "/v1/health", { key: workspace.test });
    expect(JSON.stringify(body)).not.toContain(OLD);
  });

  it("does not keep a key from being rotated in the moment in which it is digested anew", async () => {
    const { id } = (await call("GET", "/v1/api-keys", { key: workspace.test })).body.api_keys[0];
    usePeppers(NEW, OLD);
    const batch = env.DB.batch.bind(env.DB);
    let isFirst = true;
    vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
      if (isFirst) {
        isFirst = false;
        // Another request that ends just now.
        await env.DB.prepare("UPDATE api_keys SET digest = 'anew', pepper_id = 'anew' WHERE id = ?").bind(id).run();
      }
      return batch(statements) as never;
    });
    const rotated = await call("POST", `/v1/api-keys/${id}/rotate`, { key: workspace.test });
    expect(rotated.status).toBe(200);
    expect(await statusOf(rotated.body.key)).toBe(200);
  });

  it("fails no request when the new digest cannot be stored", async () => {
    usePeppers(NEW, OLD);
    const logged = vi.spyOn(servicesOf(env).log, "error").mockImplementation(() => {});
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1_ERROR: away"));
    expect((await call("GET", "/v1/api-keys", { key: workspace.test })).status).toBe(200);
    await vi.waitFor(() => expect(logged).toHaveBeenCalled());
    expect(JSON.stringify(logged.mock.calls)).not.toContain(workspace.test.slice(14, 44));
  });
});

it("marks secrets that were stored before peppers had ids, when they are used", async () => {
  await env.DB.prepare("UPDATE api_keys SET pepper_id = NULL WHERE workspace_id = ?").bind(workspace.id).run();
  expect(await statusOf(workspace.test)).toBe(200);
  await vi.waitFor(async () => expect(await storedUnder()).toEqual([await pepperIdOf(OLD)]));
});

it("takes two admin tokens, and each of them alone", async () => {
  const ask = async (key: string) => (await call("GET", "/v1/deployment/pause", { key })).status;
  const [token] = TOKENS;
  settings.adminTokens = ["another-admin-token", token];
  expect([await ask(token), await ask("another-admin-token"), await ask("a-third-admin-token")]).toEqual([
    200, 200, 401,
  ]);
  settings.adminTokens = ["another-admin-token"];
  expect([await ask(token), await ask("another-admin-token")]).toEqual([401, 200]);
});
