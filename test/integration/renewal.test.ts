import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RenewToken } from "../../src/platforms/platform.ts";
import type { PublishMessage } from "../../src/post/messages.ts";
import { renewMessage } from "../../src/post/messages.ts";
import { servicesOf } from "../../src/services.ts";
import { INSTAGRAM_PERSON, type LoginStandIn } from "../helpers/login-stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, deliver, holdTime } from "./helpers/drive.ts";
import { BOTH_APPS, connectByConsent, standInForMeta, useApps } from "./helpers/login.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const renewals = servicesOf(env).renewals as { instagram: RenewToken };

let workspace: TestWorkspace;
let meta: LoginStandIn;
let account: string;
let message: PublishMessage;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  meta = standInForMeta();
  useApps(BOTH_APPS);
  meta.openInstagram("a.person");
  [account = ""] = await connectByConsent(meta, workspace, { platform: "instagram" }, "instagram");
  message = renewMessage({ workspaceId: workspace.id, mode: "live", grantId: String((await grant()).id) });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => useApps({}));

async function grant(): Promise<Record<string, string | number | null>> {
  const row = await env.DB.prepare("SELECT g.* FROM grants g JOIN accounts a ON a.grant_id = g.id WHERE a.id = ?")
    .bind(account)
    .first<Record<string, string | number | null>>();
  if (!row) throw new Error("the account has no grant");
  return row;
}
const shown = async () => (await call("GET", `/v1/accounts/${account}`, { key: workspace.live })).body;

/** Sweeps, and returns the renewals that were handed over for this workspace. */
async function sweep(): Promise<PublishMessage[]> {
  const handed: PublishMessage[] = [];
  const spy = vi.spyOn(env.PUBLISH, "sendBatch").mockImplementation(async (messages) => {
    for (const { body } of messages) if (body.kind === "renew" && body.workspace_id === workspace.id) handed.push(body);
    return undefined as never;
  });
  await env.SWEEPER.getByName("sweeper").sweep();
  spy.mockRestore();
  return handed;
}

describe("a token of Instagram Login", () => {
  it("is renewed weekly, found by the sweeper, and lives on", async () => {
    const before = await grant();
    advance(7 * DAY - 1);
    expect(await sweep()).toEqual([]);
    advance(1);
    expect(await sweep()).toEqual([message]);
    await deliver(message);
    const after = await grant();
    expect(meta.renewals).toBe(1);
    expect(after.token_envelope).not.toBe(before.token_envelope);
    expect(Number(after.expires_at) - Date.now()).toBe(60 * DAY);
    expect(after).toMatchObject({ renew_at: Date.now() + 7 * DAY, renew_lease_until: null, renew_fault: null });
    expect(await sweep()).toEqual([]);
    expect((await shown()).health).toBe("ok");
  });

  it("is renewed once by ten messages at once", async () => {
    advance(7 * DAY);
    await Promise.all(Array.from({ length: 10 }, () => deliver(message)));
    expect(meta.renewals).toBe(1);
    await deliver(message);
    expect(meta.renewals).toBe(1);
  });

  it("is not renewed before its time, nor for another workspace", async () => {
    await deliver(message);
    advance(7 * DAY);
    const other = await newWorkspace();
    await deliver({ ...message, workspace_id: other.id });
    await deliver({ ...message, mode: "test" });
    expect(meta.renewals).toBe(0);
  });

  it.each<[string, () => Response]>([
    ["no usable answer", () => new Response("<html>", { status: 502 })],
    ["trouble that passes", () => Response.json({ error: { code: 2, message: "down" } }, { status: 500 })],
    ["a call that it does not know", () => Response.json({ error: { code: 100, message: "?" } }, { status: 400 })],
    ["a success without a token", () => Response.json({ ok: true })],
  ])("outlives %s: it is tried again an hour later", async (_name, answer) => {
    advance(7 * DAY);
    const before = await grant();
    meta.broken.set("GET /refresh_access_token", answer);
    await deliver(message);
    const after = await grant();
    expect(after.token_envelope).toBe(before.token_envelope);
    expect(after).toMatchObject({ renew_at: Date.now() + HOUR, renew_lease_until: null });
    expect((await shown()).health).toBe("ok");
    meta.broken.clear();
    advance(HOUR);
    await deliver(message);
    expect([meta.renewals, (await grant()).renew_fault]).toEqual([1, null]);
  });

  it("that renewing fails for until its last week is shown as expiring, and after its end as over", async () => {
    meta.broken.set("GET /refresh_access_token", () => new Response("", { status: 503 }));
    advance(53 * DAY);
    await deliver(message);
    expect(await shown()).toMatchObject({ health: "expiring", status: "expiring" });
    advance(7 * DAY);
    meta.broken.clear();
    await deliver(message);
    expect(meta.renewals).toBe(0);
    expect(await shown()).toMatchObject({ health: "needs_reconnect", reason: expect.stringContaining("ended at") });
    expect((await grant()).renew_at).toBeNull();
  });

  it("that the platform ended needs a person, and the reason is told without the token", async () => {
    advance(7 * DAY);
    const token = meta.secrets.at(-1) ?? "";
    const error = { code: 190, error_subcode: 458, message: `The user removed the app (${token}).` };
    meta.broken.set("GET /refresh_access_token", () => Response.json({ error }, { status: 400 }));
    await deliver(message);
    const body = await shown();
    expect(body).toMatchObject({
      health: "needs_reconnect",
      reason: "The app was removed from the account's apps: connect the account again.",
    });
    expect((await grant()).renew_at).toBeNull();
    const [again] = await connectByConsent(meta, workspace, { platform: "instagram" }, "instagram");
    expect([again, (await shown()).health]).toEqual([account, "ok"]);
    expect((await grant()).renew_at).toBe(Date.now() + 7 * DAY);
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE account_id = ? ORDER BY created_at")
      .bind(account)
      .all();
    const types = results.map(({ type }) => type);
    expect(types.sort()).toEqual(["account.connected", "account.needs_reconnect", "account.recovered"]);
  });

  it("is found again when the consumer died in the middle, after its lease", async () => {
    advance(7 * DAY);
    vi.spyOn(renewals, "instagram").mockRejectedValueOnce(new Error("died"));
    await deliver(message);
    expect(await sweep()).toEqual([]);
    await deliver(message);
    expect(meta.renewals).toBe(0);
    advance(2 * 60_000);
    expect(await sweep()).toEqual([message]);
    await deliver(message);
    expect(meta.renewals).toBe(1);
  });
});

describe("a renewal that is overtaken", () => {
  /** Does something between the platform's answer and its storing. */
  function meanwhile(act: () => Promise<unknown>): void {
    const renew = renewals.instagram;
    vi.spyOn(renewals, "instagram").mockImplementationOnce(async (token, io) => {
      const answer = await renew(token, io);
      await act();
      return answer;
    });
  }

  it("by a new connection leaves that one's token", async () => {
    advance(7 * DAY);
    let theirs: unknown;
    meanwhile(async () => {
      await connectByConsent(meta, workspace, { platform: "instagram" }, "instagram");
      theirs = (await grant()).token_envelope;
    });
    await deliver(message);
    expect((await grant()).token_envelope).toBe(theirs);
  });

  it("by a disconnection brings nothing back", async () => {
    advance(7 * DAY);
    meanwhile(() => call("DELETE", `/v1/accounts/${account}`, { key: workspace.live }));
    await deliver(message);
    expect((await grant()).token_envelope).toBeNull();
  });

  it("by new encryption of the same token stores the new token all the same", async () => {
    advance(7 * DAY);
    const { vault } = servicesOf(env);
    meanwhile(async () => {
      const row = await grant();
      const bound = `${workspace.id}|${row.id}|token`;
      const token = await vault.open(String(row.token_envelope), bound);
      const anew = await vault.seal(token ?? "", bound);
      await env.DB.prepare("UPDATE grants SET token_envelope = ? WHERE id = ?").bind(anew, row.id).run();
    });
    await deliver(message);
    const row = await grant();
    expect(await vault.open(String(row.token_envelope), `${workspace.id}|${row.id}|token`)).toBe(meta.secrets.at(-1));
    expect(Number(row.expires_at)).toBe(Date.now() + 60 * DAY);
  });
});

it("a token that came without its end is asked for it a day later", async () => {
  const token = meta.secrets.at(-1) ?? "";
  const body = { platform: "instagram", external_id: meta.instagramAccount?.id, access_token: token };
  const answer = await call("POST", "/v1/accounts", { key: workspace.live, body });
  expect([answer.status, answer.body.id, answer.body.token_expires_at]).toEqual([201, account, null]);
  expect((await grant()).person_id).toBe(INSTAGRAM_PERSON);
  advance(25 * HOUR);
  expect(await sweep()).toEqual([message]);
  await deliver(message);
  expect((await shown()).token_expires_at).not.toBeNull();
});

it("Facebook's tokens are never renewed: the account shows when its access ends", async () => {
  meta.openPage("Page");
  const [page = ""] = await connectByConsent(meta, workspace, {}, "facebook");
  advance(84 * DAY);
  // The other account's renewal is the only one.
  expect(await sweep()).toEqual([message]);
  const { body } = await call("GET", `/v1/accounts/${page}`, { key: workspace.live });
  expect(body).toMatchObject({ health: "expiring", reason: expect.stringContaining("access to data ends") });
});
