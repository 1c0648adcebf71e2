import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SECOND } from "../../src/lib/clock.ts";
import type { RateLimit, RateLimits } from "../../src/lib/rate-limits.ts";
import { WIDE_LIMITS } from "../helpers/wide-limits.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish, setRateLimits } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";

const WIDE = WIDE_LIMITS.key;
const ADMIN = env.ADMIN_TOKEN ?? "";

let workspace: TestWorkspace;
beforeEach(async () => {
  holdTime();
  // No wait of the real clock decides, however busy the machine is.
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(new AbortController().signal);
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

/** Sets limits of which nothing is used. */
function limitTo(limits: RateLimits | null): Promise<void> {
  advance(10 * SECOND);
  return setRateLimits(workspace.id, limits);
}

/** The least that can be asked. */
function ask(key = workspace.test): Promise<Answer> {
  return call("GET", "/v1/workspace", { key });
}

async function askTimes(count: number, key = workspace.test): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await ask(key)).status);
  return statuses;
}

function limiter(mode: "live" | "test" = "test") {
  return env.RATE_LIMITS.getByName(`${workspace.id}/${mode}`);
}

const oneAMinute = (burst: number): RateLimit => ({ burst, perMinute: 1 });

describe("a limit of 100 an hour", () => {
  const HUNDRED = { burst: 100, perMinute: 100 / 60 };

  it("admits exactly 100 of 1,000 parallel requests", async () => {
    await limitTo({ key: HUNDRED, workspace: WIDE });
    const statuses = (await Promise.all(Array.from({ length: 1_000 }, () => ask()))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(900);
  });

  it("admits exactly 100 of them also when the object forgets what it has in memory", async () => {
    await limitTo({ key: WIDE, workspace: HUNDRED });
    let admitted = 0;
    for (let round = 0; round < 6; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
      admitted += answers.filter(({ status }) => status === 200).length;
      await evictDurableObject(limiter());
    }
    expect(admitted).toBe(100);
  });
});

describe("a request too many", () => {
  it("is answered 429 in the contract's words, and served after exactly Retry-After", async () => {
    await limitTo({ key: { burst: 2, perMinute: 2 }, workspace: WIDE });
    expect(await askTimes(2)).toEqual([200, 200]);
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers.get("Retry-After")).toBe("30");
    expect(answer.body).toMatchObject({
      error: { code: "rate_limited", message: "Too many requests. Retry after 30 seconds." },
    });
    advance(30 * SECOND - 1);
    const early = await ask();
    expect([early.status, early.headers.get("Retry-After")]).toEqual([429, "1"]);
    advance(1);
    expect(await askTimes(2)).toEqual([200, 429]);
  });

  it("rounds up what it says, so that waiting so long is enough", async () => {
    await limitTo({ key: { burst: 1, perMinute: 7 }, workspace: WIDE });
    await ask();
    for (let i = 0; i < 5; i++) {
      const refused = await ask();
      expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "9"]);
      advance(9 * SECOND);
      expect((await ask()).status).toBe(200);
    }
  });

  it("is remembered under no Idempotency-Key", async () => {
    const account = await newAccount(workspace, "facebook");
    await limitTo({ key: oneAMinute(1), workspace: WIDE });
    await ask();
    const body = { content: "Later", accounts: [account] };
    const refused = await publish(workspace, body, { "Idempotency-Key": "too-soon" });
    expect(refused.status).toBe(429);
    advance(60 * SECOND);
    const accepted = await publish(workspace, body, { "Idempotency-Key": "too-soon" });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.has("Idempotent-Replayed")).toBe(false);
  });

  it("is refused before anything else is said of it", async () => {
    await limitTo({ key: oneAMinute(1), workspace: WIDE });
    await ask();
    for (const [method, path] of [
      ["POST", "/v1/publish"],
      ["GET", "/v1/nowhere"],
      ["POST", "/v1/workspaces"],
    ] as const) {
      expect((await call(method, path, { key: workspace.test, body: method === "POST" ? {} : undefined })).status).toBe(
        429,
      );
    }
  });
});

describe("a key and its workspace", () => {
  it("are decided in one call", async () => {
    const named = vi.spyOn(env.RATE_LIMITS, "getByName");
    await ask();
    expect(named.mock.calls).toEqual([[`${workspace.id}/test`]]);
  });

  it("two keys have a limit each, and share the workspace's", async () => {
    const other = await newKey(workspace);
    await limitTo({ key: oneAMinute(2), workspace: oneAMinute(3) });
    expect(await askTimes(3)).toEqual([200, 200, 429]);
    expect(await askTimes(2, other.key)).toEqual([200, 429]);
  });

  it("a request that the workspace's limit refuses uses up nothing of the key's", async () => {
    const other = await newKey(workspace);
    await limitTo({ key: oneAMinute(3), workspace: { burst: 2, perMinute: 60 } });
    expect(await askTimes(1, other.key)).toEqual([200]);
    expect(await askTimes(3)).toEqual([200, 429, 429]);
    advance(SECOND);
    const answer = await ask();
    expect(answer.status).toBe(200);
    // Two of its three were used in all, a second ago and now.
    expect(answer.headers.get("RateLimit")).toBe('"key";r=1;t=59, "workspace";r=0;t=1');
  });

  it("the modes have limits of their own: tests take nothing from live mode", async () => {
    await limitTo({ key: oneAMinute(1), workspace: oneAMinute(1) });
    expect(await askTimes(2, workspace.test)).toEqual([200, 429]);
    expect(await askTimes(2, workspace.live)).toEqual([200, 429]);
  });

  it("a rotated key is the same key", async () => {
    const { id, key } = await newKey(workspace);
    const rotated = await call("POST", `/v1/api-keys/${id}/rotate`, { key: workspace.test, body: {} });
    await limitTo({ key: oneAMinute(1), workspace: WIDE });
    expect(await askTimes(1, key)).toEqual([200]);
    expect(await askTimes(1, rotated.body.key)).toEqual([429]);
  });
});

describe("every answer to a key", () => {
  it("tells the limits, and how they stand", async () => {
    await limitTo({ key: { burst: 20, perMinute: 300 }, workspace: { burst: 100, perMinute: 100 / 60 } });
    const first = await ask();
    expect(first.headers.get("RateLimit-Policy")).toBe('"key";q=300;w=60, "workspace";q=100;w=3600');
    expect(first.headers.get("RateLimit")).toBe('"key";r=19;t=1, "workspace";r=99;t=36');
    expect((await ask()).headers.get("RateLimit")).toBe('"key";r=18;t=1, "workspace";r=98;t=36');
    advance(400);
    const missing = await call("GET", "/v1/posts/post_missing", { key: workspace.test });
    expect(missing.status).toBe(404);
    expect(missing.headers.get("RateLimit")).toBe('"key";r=19;t=1, "workspace";r=97;t=36');
  });

  it("does so whatever it is: done, invalid, forbidden, not found, not allowed, replayed, too many", async () => {
    const account = await newAccount(workspace, "facebook");
    const reader = await newKey(workspace, { scopes: ["posts:read"] });
    const body = { content: "Hello", accounts: [account] };
    const answers = [
      await publish(workspace, body, { "Idempotency-Key": "again" }),
      await publish(workspace, body, { "Idempotency-Key": "again" }),
      await publish(workspace, {}),
      await call("GET", "/v1/accounts", { key: reader.key }),
      await call("GET", "/v1/nowhere", { key: workspace.test }),
      await call("PUT", "/v1/posts", { key: workspace.test }),
    ];
    await limitTo({ key: oneAMinute(1), workspace: WIDE });
    answers.push(await ask(), await ask());
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 400, 403, 404, 405, 200, 429]);
    for (const { headers } of answers) {
      expect(headers.get("RateLimit")).toMatch(/^"key";r=\d+(;t=\d+)?, "workspace";r=\d+(;t=\d+)?$/);
      expect(headers.get("RateLimit-Policy")).toMatch(/^"key";q=\d+;w=\d+, "workspace";q=\d+;w=\d+$/);
    }
    // What is replayed is the answer, and not how the limits stood.
    expect(answers[1]?.headers.get("RateLimit")).not.toBe(answers[0]?.headers.get("RateLimit"));
  });

  it("not to the deployment's owner, who has no limit, nor to strangers", async () => {
    for (const answer of [await call("GET", "/v1/deployment/pause", { key: ADMIN }), await call("GET", "/v1/posts")]) {
      expect(answer.headers.has("RateLimit")).toBe(false);
      expect(answer.headers.has("RateLimit-Policy")).toBe(false);
    }
  });
});

describe("the settings of a workspace", () => {
  it("show its limits, which are the defaults unless the deployment's owner has set others", async () => {
    await limitTo(null);
    const byDefault = { key: { burst: 20, per_minute: 300 }, workspace: { burst: 100, per_minute: 3_000 } };
    expect((await ask()).body.rate_limits).toEqual(byDefault);
    expect(await askTimes(20)).toEqual([...Array(19).fill(200), 429]);
    await limitTo({ key: { burst: 40, perMinute: 0.5 }, workspace: WIDE });
    expect((await ask()).body.rate_limits.key).toEqual({ burst: 40, per_minute: 0.5 });
  });

  it("cannot be changed by a key of the workspace", async () => {
    const body = { publish_within_seconds: null, rate_limits: { key: { burst: 1, per_minute: 1 } } };
    const answer = await call("PATCH", "/v1/workspace", { key: workspace.test, body });
    expect([answer.status, answer.body.error.field]).toEqual([400, "rate_limits"]);
  });
});

describe("a limiter that is away", () => {
  it.each([
    ["throws", async () => Promise.reject(new Error("away"))],
    ["hangs", () => new Promise<never>(() => {})],
  ])("lets requests pass when it %s, and says so in the log", async (_name, decide) => {
    vi.mocked(AbortSignal.timeout).mockRestore();
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const patience = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout(1));
    vi.spyOn(env.RATE_LIMITS, "getByName").mockReturnValue({ decide } as never);
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.has("RateLimit")).toBe(false);
    expect(answer.headers.has("RateLimit-Policy")).toBe(true);
    expect(patience).toHaveBeenCalledExactlyOnceWith(250);
    expect(logged.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      {
        level: "error",
        message: "a request passed uncounted: its rate limits could not be decided",
        workspace_id: workspace.id,
        mode: "test",
      },
    ]);
  });
});

describe("what the object stores", () => {
  const stored = () => runInDurableObject(limiter(), (_, { storage }) => [...storage.kv.list()].map(([name]) => name));

  it("is nothing of a limit that is whole again in five seconds, as the defaults are", async () => {
    await limitTo(null);
    expect(await askTimes(21)).toEqual([...Array(20).fill(200), 429]);
    expect(await stored()).toEqual([]);
  });

  it("is one time of a slow limit, until that time has passed", async () => {
    await limitTo({ key: WIDE, workspace: oneAMinute(3) });
    await askTimes(2);
    expect(await stored()).toEqual(["workspace"]);
    advance(121 * SECOND);
    await evictDurableObject(limiter());
    expect(await stored()).toEqual([]);
  });
});

describe("the shield", () => {
  const limit = () => {
    const seen: string[] = [];
    vi.spyOn(env.SHIELD as Binding, "limit").mockImplementation(async ({ key }) => {
      seen.push(key);
      return { success: seen.length <= 2 };
    });
    return seen;
  };
  type Binding = NonNullable<typeof env.SHIELD>;
  const from = (path: string, key?: string) =>
    call("GET", path, { headers: { "CF-Connecting-IP": "192.0.2.7" }, ...(key === undefined ? {} : { key }) });
  const TOO_MANY = { error: { code: "rate_limited", message: "Too many requests. Retry after 60 seconds." } };

  it("refuses an address that has failed to authenticate too often, and nobody with a good key", async () => {
    const seen = limit();
    const statuses = [];
    for (const key of [undefined, "nonsense", "wrong-admin-token"]) statuses.push(await from("/v1/posts", key));
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(statuses[2]?.headers.get("Retry-After")).toBe("60");
    expect(statuses[2]?.body).toMatchObject(TOO_MANY);
    expect((await from("/v1/workspace", workspace.test)).status).toBe(200);
    expect((await from("/v1/deployment/pause", ADMIN)).status).toBe(200);
    expect(seen).toEqual(["192.0.2.7", "192.0.2.7", "192.0.2.7"]);
  });

  it("refuses an address that opens too many pages", async () => {
    limit();
    const statuses = [];
    for (const path of ["/connect/unknown", "/sandbox/ws_missing/1", "/connect/unknown"]) {
      const { status, text } = await from(path);
      statuses.push([status, text.includes("rate_limited")]);
    }
    expect(statuses.map(([status]) => status === 429)).toEqual([false, false, true]);
    expect(statuses[2]).toEqual([429, true]);
  });

  it("never counts media, which platforms fetch, what costs nothing, nor what Meta calls", async () => {
    const seen = limit();
    for (const path of ["/media/media_1", "/health", "/robots.txt", "/openapi.json", "/docs"]) await from(path);
    for (const path of ["/connect/facebook/deauthorize", "/connect/instagram/data-deletion"]) {
      await call("POST", path, { headers: { "CF-Connecting-IP": "192.0.2.7" }, body: {} });
    }
    expect(seen).toEqual([]);
  });

  it("is the binding of wrangler.toml", async () => {
    const address = "192.0.2.99";
    const statuses = new Set<number>();
    for (let i = 0; i < 201; i++) {
      const headers = { "CF-Connecting-IP": address };
      statuses.add((await call("GET", "/v1/posts", { headers })).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
  });
});
