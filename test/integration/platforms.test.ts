import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMING_PLATFORMS, LIVE_PLATFORMS } from "../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace } from "./helpers/api.ts";

/*
 * The platforms there are and will be.
 */

const MINUTE = 60_000;

let workspace: TestWorkspace;
beforeEach(async () => {
  workspace = await newWorkspace();
});
afterEach(async () => {
  await env.DB.prepare("DELETE FROM manual_pauses WHERE scope = 'deployment'").run();
  await env.DB.prepare("DELETE FROM pauses").run();
});

interface Platform {
  id: string;
  status: string;
  state: string | null;
}

async function list(key: string): Promise<Platform[]> {
  const answer = await call("GET", "/v1/platforms", { key });
  expect(answer.status).toBe(200);
  return answer.body.platforms;
}

const statesOf = async (key: string) =>
  Object.fromEntries((await list(key)).filter(({ state }) => state !== null).map(({ id, state }) => [id, state]));

async function hold(mode: string, scope: string, until: number): Promise<void> {
  await env.DB.prepare("INSERT INTO pauses (mode, scope, until, code, message, holds) VALUES (?, ?, ?, '4', 'Slow', ?)")
    .bind(mode, scope, until, "calls")
    .run();
}

describe("GET /v1/platforms", () => {
  it("says which platforms are live, and which are coming soon", async () => {
    const platforms = await list(workspace.test);
    expect(platforms.map(({ id, status }) => [id, status])).toEqual([
      ...LIVE_PLATFORMS.map((id) => [id, "live"]),
      ...COMING_PLATFORMS.map((id) => [id, "coming_soon"]),
    ]);
    expect(platforms[0]).toMatchObject({
      name: "Instagram",
      notes: "Publishing, scheduling, connected accounts",
      state: "ok",
      api_version: "v26.0",
      api_version_ends_on: null,
    });
    expect(platforms.at(-1)).toEqual({
      id: "google_business",
      name: "Google Business",
      status: "coming_soon",
      notes: "Planned platform rollout",
      state: null,
      api_version: null,
      api_version_ends_on: null,
      limits: null,
    });
  });

  it.each([
    ["instagram", 2_200],
    ["facebook", 63_206],
  ] as const)("tells of %s the limits that a post is held against", async (id, maxCharacters) => {
    const found = (await list(workspace.test)).find((each) => each.id === id);
    expect(found).toMatchObject({ limits: { max_characters: maxCharacters, max_media: 10 } });
    const accounts = [await newAccount(workspace, id)];
    const media = [await newPicture(workspace)];
    const violationsOf = async (length: number) => {
      const body = { content: "x".repeat(length), accounts, media };
      return (await call("POST", "/v1/publish/validate", { key: workspace.test, body })).body.violations;
    };
    expect(await violationsOf(maxCharacters)).toEqual([]);
    expect(await violationsOf(maxCharacters + 1)).toMatchObject([{ code: "too_long", limit: maxCharacters }]);
  });

  it("is degraded while the platform limits the app, in every way that leads to it", async () => {
    await hold("live", "app:facebook", Date.now() + MINUTE);
    expect(await statesOf(workspace.live)).toEqual({ instagram: "degraded", facebook: "degraded" });
    // Test mode has a network of its own.
    expect(await statesOf(workspace.test)).toEqual({ instagram: "ok", facebook: "ok" });
  });

  it("is degraded for one platform alone where only that is limited, and until it lifts", async () => {
    await hold("live", "app:instagram", Date.now() + MINUTE);
    await hold("live", "app:facebook", Date.now() - MINUTE);
    expect(await statesOf(workspace.live)).toEqual({ instagram: "degraded", facebook: "ok" });
  });

  it("is degraded in test mode for the workspace whose sandbox is limited", async () => {
    await hold("test", `app:${workspace.id}`, Date.now() + MINUTE);
    expect(await statesOf(workspace.test)).toEqual({ instagram: "degraded", facebook: "degraded" });
    expect(await statesOf((await newWorkspace()).test)).toEqual({ instagram: "ok", facebook: "ok" });
  });

  it("is paused while the deployment is, and not after it was resumed", async () => {
    const key = env.ADMIN_TOKEN ?? "";
    await call("POST", "/v1/deployment/pause", { key });
    expect(await statesOf(workspace.live)).toEqual({ instagram: "paused", facebook: "paused" });
    await call("POST", "/v1/deployment/resume", { key, body: { overdue: "send" } });
    expect(await statesOf(workspace.live)).toEqual({ instagram: "ok", facebook: "ok" });
  });

  it("needs a key", async () => {
    expect((await call("GET", "/v1/platforms")).status).toBe(401);
  });
});

describe("a coming platform in a request", () => {
  it.each(COMING_PLATFORMS)("is refused in so many words: %s", async (id) => {
    const body = { content: "x", accounts: ["acc_1"], platforms: [id] };
    const answer = await call("POST", "/v1/publish", { key: workspace.test, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "validation_error", field: "platforms.0" } } });
    expect(answer.body.error.message).toContain(`${id}, which is coming soon`);
  });
});
