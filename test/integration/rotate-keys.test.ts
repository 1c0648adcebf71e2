import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { createVault, grantRow } from "../../src/accounts/vault.ts";
import type { EncryptionKey } from "../../src/lib/crypto.ts";
import { servicesOf } from "../../src/services.ts";
import type { LoginStandIn } from "../helpers/login-stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { useKeys } from "./helpers/encryption-keys.ts";
import { BOTH_APPS, Browser, newLink, standInForMeta, useApps } from "./helpers/login.ts";
import { newWebhook, Receivers, SECRET } from "./helpers/webhooks.ts";

const ADMIN = env.ADMIN_TOKEN ?? "";
const services = servicesOf(env);
const OLD = services.settings.encryptionKeys;
const NEW: EncryptionKey = { id: "new_1", bytes: new Uint8Array(32).fill(9) };

let workspace: TestWorkspace;
let meta: LoginStandIn;
beforeEach(async () => {
  useKeys(OLD);
  workspace = await newWorkspace();
  meta = standInForMeta();
  useApps(BOTH_APPS);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => {
  useKeys(OLD);
  useApps({});
});

const rotate = () => call("POST", "/v1/encryption-keys/rotate", { key: ADMIN });

async function connect(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const page = meta.openPage(`Page ${i}`);
    const body = { platform: "facebook", external_id: page.id, access_token: page.token };
    expect((await call("POST", "/v1/accounts", { key: workspace.live, body })).status).toBe(201);
  }
}

/** What the vault of these keys makes of the workspace's tokens. */
async function opened(keys: EncryptionKey[]): Promise<(string | null)[]> {
  const vault = createVault(keys);
  const { results } = await env.DB.prepare("SELECT id, token_envelope FROM grants WHERE workspace_id = ? ")
    .bind(workspace.id)
    .all<{ id: string; token_envelope: string }>();
  const tokens = results.map((row) => vault.open(row.token_envelope, grantRow(workspace.id, row.id)));
  return (await Promise.all(tokens)).sort();
}

it("seals everything anew in bounded batches; tokens open during and after, and the old key is not needed after", async () => {
  await connect(3);
  const browser = new Browser();
  const { location } = await browser.open(await browser.consent(meta, await newLink(workspace), "facebook"));
  expect(location).toContain("/connect/choose/");
  const tokens = meta.pages.map((page) => page.token).sort();
  expect(await opened([NEW])).toEqual([null, null, null]);

  useKeys([NEW, ...OLD]);
  expect(await opened([NEW, ...OLD])).toEqual(tokens);
  let last = { resealed: 1, remaining: 1 };
  for (let turn = 0; turn < 50 && last.remaining > 0; turn++) {
    const answer = await rotate();
    expect(answer.status).toBe(200);
    expect(answer.body.resealed).toBeLessThanOrEqual(100);
    last = answer.body;
    expect(await opened([NEW, ...OLD])).toEqual(tokens);
  }
  expect(last.remaining).toBe(0);
  expect((await rotate()).body).toEqual({ resealed: 0, remaining: 0 });

  useKeys([NEW]);
  expect(await opened([NEW])).toEqual(tokens);
  // Also whoever was choosing among accounts goes on.
  const done = await browser.open(location, { account: `facebook:${meta.pages[0]?.id}` });
  expect(done.location).toContain("accounts=acc_");
  // Back to the keys of the other tests.
  useKeys([...OLD, NEW]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
});

it("seals the secrets of webhooks anew too, and what is sent is signed as before", async () => {
  const webhook = await newWebhook(workspace, ["media.ready"], {}, "live");
  useKeys([NEW, ...OLD]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
  useKeys([NEW]);
  const receivers = new Receivers();
  const { body } = await call("POST", `/v1/webhooks/${webhook.id}/test`, { key: workspace.live });
  expect(body.status).toBe("delivered");
  const [received] = receivers.at(webhook.url);
  expect(() => new Webhook(SECRET).verify(received?.body ?? "", received?.headers ?? {})).not.toThrow();
  vi.restoreAllMocks();
  useKeys([...OLD, NEW]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
});

it("seals the stored answers that hold a secret anew too, and a request that comes again gets the same", async () => {
  const request = {
    key: workspace.live,
    body: { name: "Newsroom", scopes: ["posts:read"] },
    headers: { "Idempotency-Key": "before-the-rotation" },
  };
  const first = await call("POST", "/v1/api-keys", request);
  expect(first.status).toBe(201);
  useKeys([NEW, ...OLD]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
  useKeys([NEW]);
  const again = await call("POST", "/v1/api-keys", request);
  expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
  useKeys([...OLD, NEW]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
});

it("does not overwrite a token that was stored meanwhile", async () => {
  await connect(1);
  useKeys([NEW, ...OLD]);
  const seal = services.vault.seal.bind(services.vault);
  let fresh: string | undefined;
  vi.spyOn(services.vault, "seal").mockImplementation(async (secret, row) => {
    if (fresh === undefined && row.startsWith(workspace.id)) {
      fresh = await seal("EAArenewed", row);
      const statement = env.DB.prepare("UPDATE grants SET token_envelope = ? WHERE workspace_id = ?");
      await statement.bind(fresh, workspace.id).run();
    }
    return seal(secret, row);
  });
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
  expect(await opened([NEW])).toEqual(["EAArenewed"]);
  vi.restoreAllMocks();
  useKeys([...OLD, NEW]);
  for (let remaining = 1; remaining > 0; ) remaining = (await rotate()).body.remaining;
});

it("counts what no key opens, leaves it as it is, and does not take it again and again", async () => {
  await connect(1);
  await env.DB.prepare("UPDATE grants SET token_envelope = 'v1.lost.aaaa.bbbb' WHERE workspace_id = ?")
    .bind(workspace.id)
    .run();
  expect((await rotate()).body).toEqual({ resealed: 0, remaining: 1 });
  await env.DB.prepare("UPDATE grants SET token_envelope = NULL WHERE workspace_id = ?").bind(workspace.id).run();
  expect((await rotate()).body).toEqual({ resealed: 0, remaining: 0 });
});

it("is for the owner of the deployment alone", async () => {
  const answer = await call("POST", "/v1/encryption-keys/rotate", { key: workspace.live });
  expect([answer.status, answer.body.error.code]).toEqual([403, "forbidden"]);
  expect((await call("POST", "/v1/encryption-keys/rotate")).status).toBe(401);
});
