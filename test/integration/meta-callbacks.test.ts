import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toBase64Url, utf8 } from "../../src/lib/bytes.ts";
import { hmacSha256 } from "../../src/lib/crypto.ts";
import type { LoginStandIn } from "../helpers/login-stand-in.ts";
import { FACEBOOK_APP, FACEBOOK_PERSON, INSTAGRAM_APP, INSTAGRAM_PERSON } from "../helpers/login-stand-in.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";
import { BOTH_APPS, Browser, connectByConsent, standInForMeta, useApps } from "./helpers/login.ts";

const HOUR = 3_600_000;

let workspace: TestWorkspace;
let meta: LoginStandIn;
let page: string;
let linked: string;
let instagram: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  meta = standInForMeta();
  useApps(BOTH_APPS);
  meta.openPage("Page", { withInstagram: true });
  meta.openInstagram("a.person");
  [page = "", linked = ""] = await connectByConsent(meta, workspace, {}, "facebook");
  [instagram = ""] = await connectByConsent(meta, workspace, { platform: "instagram" }, "instagram");
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => useApps({}));

async function sign(payload: Record<string, unknown>, secret = FACEBOOK_APP.secret): Promise<string> {
  const issued = { algorithm: "HMAC-SHA256", issued_at: Math.floor(Date.now() / 1_000), ...payload };
  const encoded = toBase64Url(utf8(JSON.stringify(issued)));
  return `${toBase64Url(await hmacSha256(utf8(secret), encoded))}.${encoded}`;
}

async function tell(path: string, signedRequest: string): Promise<Answer> {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return call("POST", path, { headers, body: new URLSearchParams({ signed_request: signedRequest }).toString() });
}

/** The accounts that a workspace was told of, for they must be connected again. */
async function toldOf(of: TestWorkspace): Promise<string[]> {
  const { events } = (await call("GET", "/v1/events?limit=100", { key: of.live })).body;
  return events
    .filter(({ type }: { type: string }) => type === "account.needs_reconnect")
    .map((event: { data: { account: { id: string } } }) => event.data.account.id)
    .sort();
}

const show = async (id: string) => (await call("GET", `/v1/accounts/${id}`, { key: workspace.live })).body;
const grantOf = (id: string) =>
  env.DB.prepare("SELECT g.* FROM grants g JOIN accounts a ON a.grant_id = g.id WHERE a.id = ?").bind(id).first();

describe("a person who removes the app", () => {
  it("at Facebook loses the tokens of all accounts that were theirs, in every workspace", async () => {
    const other = await newWorkspace();
    const [elsewhere = ""] = await connectByConsent(meta, other, {}, "facebook");
    const answer = await tell("/connect/facebook/deauthorize", await sign({ user_id: FACEBOOK_PERSON }));
    expect(answer.status).toBe(200);
    for (const id of [page, linked]) {
      expect(await show(id)).toMatchObject({
        status: "needs_reconnect",
        reason: expect.stringContaining("took the permission back"),
      });
    }
    for (const id of [page, linked, elsewhere]) expect((await grantOf(id))?.token_envelope).toBeNull();
    expect(await toldOf(workspace)).toEqual([linked, page].sort());
    expect(await toldOf(other)).toContain(elsewhere);
    expect((await show(instagram)).health).toBe("ok");
    expect((await grantOf(instagram))?.token_envelope).toMatch(/^v1\./);
    // Told twice it is the same, and the person may come back.
    await tell("/connect/facebook/deauthorize", await sign({ user_id: FACEBOOK_PERSON }));
    expect(await toldOf(workspace)).toEqual([linked, page].sort());
    advance(HOUR);
    expect(await connectByConsent(meta, workspace, {}, "facebook")).toEqual([page, linked]);
    expect((await show(page)).health).toBe("ok");
  });

  it.each([
    ["the person", () => INSTAGRAM_PERSON],
    ["the account", () => meta.instagramAccount?.id],
  ])("at Instagram is known by the id of %s", async (_name, id) => {
    const request = await sign({ user_id: id() }, INSTAGRAM_APP.secret);
    expect((await tell("/connect/instagram/deauthorize", request)).status).toBe(200);
    expect((await show(instagram)).health).toBe("needs_reconnect");
    expect((await grantOf(instagram))?.renew_at).toBeNull();
    expect((await show(page)).health).toBe("ok");
  });

  it("is told of by either app at either address", async () => {
    const request = await sign({ user_id: INSTAGRAM_PERSON }, INSTAGRAM_APP.secret);
    expect((await tell("/connect/facebook/deauthorize", request)).status).toBe(200);
    expect((await show(instagram)).health).toBe("needs_reconnect");
  });

  it("and has consented again meanwhile keeps the new grant", async () => {
    const late = await sign({ user_id: FACEBOOK_PERSON });
    advance(HOUR);
    await connectByConsent(meta, workspace, {}, "facebook");
    expect((await tell("/connect/facebook/deauthorize", late)).status).toBe(200);
    expect((await show(page)).health).toBe("ok");
  });
});

describe("a person who asks for the deletion of their data", () => {
  it("finds nothing of themselves left, and a page that says so", async () => {
    await tell("/connect/facebook/deauthorize", await sign({ user_id: FACEBOOK_PERSON }));
    const answer = await tell("/connect/facebook/data-deletion", await sign({ user_id: FACEBOOK_PERSON }));
    expect(answer.status).toBe(200);
    const { url, confirmation_code } = answer.body;
    expect(Object.keys(answer.body)).toEqual(["url", "confirmation_code"]);
    expect(confirmation_code).toMatch(/^[A-Za-z0-9]{16,}$/);
    expect(url).toBe(`http://apionics.test/connect/data-deletion/${confirmation_code}`);
    const seen = await new Browser().open(url);
    expect([seen.status, seen.text.includes("Your data was deleted")]).toEqual([200, true]);
    expect(seen.text).toContain(confirmation_code);
    expect((await new Browser().open("/connect/data-deletion/madeup")).status).toBe(404);

    expect(await show(page)).toMatchObject({
      username: "deleted",
      name: null,
      avatar_url: null,
      profile_url: null,
      health: "needs_reconnect",
    });
    const dump: string[] = [];
    for (const table of ["accounts", "grants", "events", "data_deletions", "consents"]) {
      dump.push(JSON.stringify((await env.DB.prepare(`SELECT * FROM ${table}`).all()).results));
    }
    for (const text of dump) expect(text).not.toContain(FACEBOOK_PERSON);
    const theirs = await env.DB.prepare("SELECT * FROM accounts WHERE id IN (?, ?)").bind(page, linked).all();
    expect(JSON.stringify(theirs.results)).not.toContain("Page");
    for (const id of [page, linked]) {
      expect(await grantOf(id)).toMatchObject({ token_envelope: null, person_id: null, scopes: null });
      const events = await env.DB.prepare("SELECT id FROM events WHERE account_id = ?").bind(id).all();
      expect(events.results).toEqual([]);
    }
    expect((await show(instagram)).username).toBe("a.person");
  });

  it("is heard also after the account was disconnected", async () => {
    await call("DELETE", `/v1/accounts/${page}`, { key: workspace.live });
    await tell("/connect/facebook/data-deletion", await sign({ user_id: FACEBOOK_PERSON }));
    const row = await env.DB.prepare("SELECT username, name FROM accounts WHERE id = ?").bind(page).first();
    expect(row).toEqual({ username: "deleted", name: null });
  });
});

describe("what Meta did not sign", () => {
  const good = () => sign({ user_id: FACEBOOK_PERSON });
  it.each<[string, () => Promise<string>]>([
    ["nothing", async () => ""],
    ["no dot", async () => "abc"],
    ["another secret", () => sign({ user_id: FACEBOOK_PERSON }, "another secret")],
    ["another payload", async () => `${(await good()).split(".")[0]}.${(await sign({ user_id: "1" })).split(".")[1]}`],
    ["a third part", async () => `${await good()}.x`],
    ["another algorithm", () => sign({ user_id: FACEBOOK_PERSON, algorithm: "none" })],
    ["nobody", () => sign({})],
  ])("with %s is refused in the envelope, and changes nothing", async (_name, request) => {
    for (const path of [
      "facebook/deauthorize",
      "instagram/deauthorize",
      "facebook/data-deletion",
      "instagram/data-deletion",
    ]) {
      const answer = await tell(`/connect/${path}`, await request());
      expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([
        400,
        "validation_error",
        "signed_request",
      ]);
    }
    expect((await show(page)).health).toBe("ok");
    expect((await grantOf(page))?.token_envelope).toMatch(/^v1\./);
  });

  it("in no form at all is refused too", async () => {
    const answer = await call("POST", "/connect/facebook/deauthorize", { body: { signed_request: 7 } });
    expect([answer.status, answer.body.error.code]).toEqual([400, "validation_error"]);
    useApps({});
    expect((await tell("/connect/facebook/deauthorize", await good())).status).toBe(400);
  });
});
