import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import { FACEBOOK_PERSON, INSTAGRAM_PERSON, type LoginStandIn } from "../helpers/login-stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { advance, holdTime } from "./helpers/drive.ts";
import { BOTH_APPS, Browser, connectByConsent, newLink, standInForMeta, useApps } from "./helpers/login.ts";

const MINUTE = 60_000;
const DONE = "https://client.example/done?tab=2";

let workspace: TestWorkspace;
let meta: LoginStandIn;
let browser: Browser;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  meta = standInForMeta();
  useApps(BOTH_APPS);
  browser = new Browser();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => useApps({}));

const create = (fields: Record<string, unknown>, key = workspace.live) =>
  call("POST", "/v1/accounts/connect", { key, body: fields });
const listed = async (from = workspace) => (await call("GET", "/v1/accounts", { key: from.live })).body.accounts;

describe("a connect link", () => {
  it("is created with a live key, for an hour unless it is said otherwise", async () => {
    const now = Date.now();
    const answer = await create({ platform: "instagram" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^link_/),
      url: expect.stringMatching(/^http:\/\/apionics\.test\/connect\/[\w-]{43}$/),
      expires_at: new Date(now + 60 * MINUTE).toISOString().replace(/\.\d+Z$/, "Z"),
    });
    const secret = answer.body.url.split("/").at(-1);
    expect(JSON.stringify((await env.DB.prepare("SELECT * FROM connect_links").all()).results)).not.toContain(secret);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no platform", {}, "platform"],
    ["a platform to come", { platform: "linkedin" }, "platform"],
    ["too short a life", { platform: "facebook", expires_in: 299 }, "expires_in"],
    ["too long a life", { platform: "facebook", expires_in: 604_801 }, "expires_in"],
    ["a broken second", { platform: "facebook", expires_in: 300.5 }, "expires_in"],
    ["plain http", { platform: "facebook", redirect_url: "http://client.example/" }, "redirect_url"],
    ["a script", { platform: "facebook", redirect_url: "javascript:alert(1)" }, "redirect_url"],
    ["a password", { platform: "facebook", redirect_url: "https://a:b@client.example/" }, "redirect_url"],
    ["no address", { platform: "facebook", redirect_url: "client.example" }, "redirect_url"],
    ["a field too many", { platform: "facebook", scope: "all" }, "scope"],
  ])("is refused with %s", async (_name, fields, field) => {
    const answer = await create(fields);
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
  });

  it("is refused to test keys, and without the app it needs: by the names of its settings", async () => {
    expect((await create({ platform: "facebook" }, workspace.test)).status).toBe(403);
    useApps({ instagramApp: BOTH_APPS.instagramApp });
    const answer = await create({ platform: "facebook" });
    expect([answer.status, answer.body.error.code]).toEqual([409, "platform_not_configured"]);
    expect(answer.body.error.message).toContain("META_APP_ID and META_APP_SECRET");
    // What is wrong with the request is told first: it is wrong on any deployment.
    const wrong = await create({ platform: "facebook", redirect_url: "client.example" });
    expect([wrong.status, wrong.body.error.field]).toEqual([400, "redirect_url"]);
    expect((await create({ platform: "instagram" })).status).toBe(201);
    useApps({});
    expect((await create({ platform: "instagram" })).body.error.message).toContain("INSTAGRAM_APP_SECRET");
  });

  it("shows who asks, escaped, with a strict policy, and as many buttons as there are logins", async () => {
    const body = { name: `<script>alert("x")</script> & Co`, logo_url: `https://logo.example/"><script>.png` };
    const created = await call("POST", "/v1/workspaces", { key: env.ADMIN_TOKEN ?? "", body });
    const theirs = { id: created.body.id, ...created.body.api_keys };
    const seen = await browser.open(await newLink(theirs, { platform: "instagram" }));
    expect(seen.status).toBe(200);
    expect(seen.text).not.toContain("<script");
    expect(seen.text).toContain("&lt;script&gt;");
    expect(seen.text).toContain('src="https://logo.example/');
    expect(seen.text.match(/<button/g)).toHaveLength(2);
    expect(seen.headers.get("Content-Security-Policy")).toMatch(
      /^default-src 'none'; img-src 'self' https:; style-src 'nonce-[\w-]+'; form-action 'self' https:\/\/www\.instagram\.com https:\/\/\*\.instagram\.com https:\/\/www\.facebook\.com https:\/\/\*\.facebook\.com https:\/\/client\.example; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(seen.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(seen.headers.get("Cache-Control")).toBe("no-store");
    const page = await browser.open(await newLink(workspace));
    expect(page.text.match(/<button/g)).toHaveLength(1);
  });

  it("that is not one of ours is a page that says so", async () => {
    expect((await browser.open(`/connect/${"x".repeat(43)}`)).status).toBe(404);
    expect((await browser.open(`/connect/${"x".repeat(43)}`, { provider: "facebook" })).status).toBe(404);
  });

  it("that has expired says so to the person, and to the client at the click", async () => {
    const link = await newLink(workspace, { expires_in: 300 });
    advance(5 * MINUTE);
    const seen = await browser.open(link);
    expect([seen.status, seen.text.includes("This link has expired")]).toEqual([410, true]);
    const clicked = await browser.open(link, { provider: "facebook" });
    expect([clicked.status, clicked.location]).toEqual([303, `${DONE}&error=link_expired`]);
    expect(meta.calls).toEqual([]);
  });

  it("is not used up by being looked at, nor by a click", async () => {
    const link = await newLink(workspace);
    meta.openPage("A Page");
    await browser.open(link);
    await browser.open(link, { provider: "facebook" });
    expect((await browser.open(await browser.consent(meta, link, "facebook"))).location).toContain("accounts=acc_");
  });
});

describe("Facebook Login", () => {
  it("connects one Page with its Instagram account at once, and goes back to the client", async () => {
    const page = meta.openPage("My Shop", { withInstagram: true });
    const link = await newLink(workspace);
    const asked = await browser.open(link, { provider: "facebook" });
    const dialog = new URL(asked.location);
    expect(dialog.origin + dialog.pathname).toBe("https://www.facebook.com/v26.0/dialog/oauth");
    expect(Object.fromEntries(dialog.searchParams)).toEqual({
      client_id: "1000",
      redirect_uri: "http://apionics.test/connect/facebook/callback",
      response_type: "code",
      state: expect.stringMatching(/^[\w-]{43}$/),
      scope:
        "pages_show_list,pages_read_engagement,pages_manage_posts,instagram_basic,instagram_content_publish," +
        "pages_manage_engagement,instagram_manage_comments",
    });
    const cookie = asked.headers.get("Set-Cookie");
    expect(cookie).toMatch(/^apionics_connect=[\w-]{43}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);

    const back = await browser.consent(meta, link, "facebook");
    const left = await browser.open(back);
    expect(left.status).toBe(303);
    expect(left.location).toMatch(/^https:\/\/client\.example\/done\?tab=2&accounts=acc_\w+,acc_\w+$/);
    expect(left.headers.get("Referrer-Policy")).toBe("no-referrer");
    const ids = new URL(left.location).searchParams.get("accounts")?.split(",") ?? [];
    const accounts = await listed();
    expect(accounts.map((account: { id: string }) => account.id).sort()).toEqual([...ids].sort());
    expect(accounts.find((account: { id: string }) => account.id === ids[0])).toEqual({
      id: ids[0],
      platform: "facebook",
      username: "My Shop",
      status: "active",
      token_expires_at: null,
      health: "ok",
      reason: null,
      name: "My Shop",
      avatar_url: `https://pictures.example/${page.id}.jpg`,
      profile_url: `https://www.facebook.com/${page.id}`,
      labels: [],
      group_id: null,
      posts_at_risk: 0,
      paused_at: null,
      remaining_posts_today: null,
    });
    expect(accounts.find((account: { id: string }) => account.id === ids[1])).toMatchObject({
      platform: "instagram",
      username: "my_shop",
      profile_url: "https://www.instagram.com/my_shop/",
    });
    const grants = await env.DB.prepare("SELECT * FROM grants WHERE workspace_id = ?").bind(workspace.id).all();
    for (const grant of grants.results) {
      expect(grant.person_id).toBe(FACEBOOK_PERSON);
      expect(grant.scopes).toContain("pages_manage_posts");
      expect(grant.renew_at).toBeNull();
      expect(Number(grant.data_access_expires_at)).toBeGreaterThan(Date.now() + 89 * 24 * 60 * MINUTE);
    }
    // The link has done its work.
    expect((await browser.open(link)).status).toBe(410);
    expect((await browser.open(link, { provider: "facebook" })).location).toBe(`${DONE}&error=link_used`);
  });

  it("lets the person choose among many, listed over several pages", async () => {
    for (let i = 0; i < 5; i++) meta.openPage(`Page <${i}>`, { withInstagram: i === 0 });
    meta.pageSize = 2;
    const back = await browser.consent(meta, await newLink(workspace), "facebook");
    const left = await browser.open(back);
    expect(left.location).toMatch(/^\/connect\/choose\/consent_\w+$/);
    const choice = await browser.open(left.location);
    expect(choice.status).toBe(200);
    expect(choice.text.match(/type="checkbox"/g)).toHaveLength(6);
    expect(choice.text.match(/ checked/g)).toHaveLength(6);
    expect(choice.text).toContain("Page &lt;4&gt;");
    expect(choice.text).toContain("@page__0_ on Instagram");
    expect(await listed()).toEqual([]);

    const nothing = await browser.open(left.location, {});
    expect([nothing.status, nothing.text.includes('role="alert"')]).toEqual([400, true]);
    const chosen = [`facebook:${meta.pages[3]?.id}`, `instagram:${meta.pages[0]?.instagram?.id}`];
    const done = await browser.open(left.location, { account: chosen });
    expect(done.location).toMatch(/^https:\/\/client\.example\/done\?tab=2&accounts=acc_\w+,acc_\w+$/);
    const names = (await listed()).map((account: { username: string }) => account.username);
    expect(names.sort()).toEqual(["Page <3>", "page__0_"]);
    // Sent again, it is answered again; what was allowed is forgotten.
    expect((await browser.open(left.location, { account: chosen })).location).toBe(done.location);
    const { results } = await env.DB.prepare(
      "SELECT grant_envelope FROM consents WHERE grant_envelope IS NOT NULL",
    ).all();
    expect(results).toEqual([]);
  });

  it("stands in the audit log by the link, once for each account, however often it is sent", async () => {
    for (let i = 0; i < 2; i++) meta.openPage(`Page ${i}`);
    const created = (await create({ platform: "facebook" })).body;
    const left = await browser.open(await browser.consent(meta, created.url, "facebook"));
    const chosen = meta.pages.map(({ id }) => `facebook:${id}`);
    await Promise.all([1, 2].map(() => browser.open(left.location, { account: chosen })));
    const { results } = await env.DB.prepare(
      "SELECT actor, target, mode, details FROM audit_log WHERE workspace_id = ? AND action = 'account.connected'",
    )
      .bind(workspace.id)
      .all();
    const lines = (await listed()).map(({ id }: { id: string }) => ({
      actor: created.id,
      target: id,
      mode: "live",
      details: '{"platform":"facebook"}',
    }));
    expect(lines).toHaveLength(2);
    expect(results).toEqual(expect.arrayContaining(lines));
    expect(results).toHaveLength(2);
  });

  it("forgets what was allowed when nobody chooses in time, and another browser may not choose", async () => {
    meta.openPage("One");
    meta.openPage("Two");
    const { location } = await browser.open(await browser.consent(meta, await newLink(workspace), "facebook"));
    const other = new Browser();
    expect((await other.open(location)).location).toBe("/connect/failed/state_invalid");
    other.cookie = `apionics_connect=${"x".repeat(43)}`;
    expect((await other.open(location, { account: "facebook:1" })).location).toBe("/connect/failed/state_invalid");
    advance(31 * MINUTE);
    expect((await browser.open(location)).location).toBe(`${DONE}&error=choice_expired`);
    await env.SWEEPER.getByName("sweeper").sweep();
    const { results } = await env.DB.prepare("SELECT id FROM consents WHERE grant_envelope IS NOT NULL").all();
    expect(results).toEqual([]);
  });

  it("finds Pages of a portfolio when the person allowed that", async () => {
    meta.openPage("Portfolio Page", { inPortfolio: true });
    const refused = await browser.open(await browser.consent(meta, await newLink(workspace), "facebook"));
    expect(refused.location).toBe(`${DONE}&error=no_accounts`);
    meta.alsoGranted = ["business_management"];
    const ids = await connectByConsent(meta, workspace, {}, "facebook");
    expect(ids).toHaveLength(1);
  });

  it("shows a page of ours when the client has none", async () => {
    meta.openPage("Nowhere <b>", { withInstagram: true });
    const link = await newLink(workspace, { redirect_url: undefined });
    const { location } = await browser.open(await browser.consent(meta, link, "facebook"));
    expect(location).toMatch(/^\/connect\/done\/consent_\w+$/);
    const done = await browser.open(location);
    expect(done.text).toContain("Nowhere &lt;b&gt;");
    expect((await new Browser().open(location)).status).toBe(410);
    expect((await browser.open(link)).text).toContain("This link was used");
  });
});

it("what is long over is deleted", async () => {
  const link = await newLink(workspace, { expires_in: 300 });
  await browser.open(link, { provider: "facebook" });
  const count = async (table: string) =>
    (await env.DB.prepare(`SELECT id FROM ${table} WHERE workspace_id = ?`).bind(workspace.id).all()).results.length;
  advance(6 * 24 * 60 * MINUTE);
  await env.SWEEPER.getByName("sweeper").sweep();
  expect([await count("connect_links"), await count("consents")]).toEqual([1, 1]);
  advance(2 * 24 * 60 * MINUTE);
  await env.SWEEPER.getByName("sweeper").sweep();
  expect([await count("connect_links"), await count("consents")]).toEqual([0, 0]);
});

describe("Instagram Login", () => {
  it.each([false, true])("connects the account, whose answers are wrapped: %s", async (isWrapped) => {
    const account = meta.openInstagram("a.person");
    meta.isWrapped = isWrapped;
    const link = await newLink(workspace, { platform: "instagram" });
    const asked = await browser.open(link, { provider: "instagram" });
    const dialog = new URL(asked.location);
    expect(dialog.origin + dialog.pathname).toBe("https://www.instagram.com/oauth/authorize");
    expect(dialog.searchParams.get("scope")).toBe(
      "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments",
    );
    const ids = await connectByConsent(meta, workspace, { platform: "instagram" }, "instagram");
    expect(ids).toHaveLength(1);
    const [printed] = await listed();
    expect(printed).toMatchObject({ id: ids[0], username: "a.person", name: "A Person", health: "ok" });
    expect(Date.parse(printed.token_expires_at) - Date.now()).toBeGreaterThan(59 * 24 * 60 * MINUTE);
    const row = await env.DB.prepare(
      "SELECT external_id, graph_host, person_id, renew_at FROM accounts JOIN grants ON grants.id = grant_id WHERE accounts.id = ?",
    )
      .bind(ids[0])
      .first();
    expect(row).toMatchObject({ external_id: account.id, graph_host: "instagram", person_id: INSTAGRAM_PERSON });
    expect(Number(row?.renew_at)).toBe(Date.now() + 7 * 24 * 60 * MINUTE);
    expect(meta.calls.filter((name) => name.endsWith("/access_token"))).toEqual([
      "POST /oauth/access_token",
      "GET /access_token",
    ]);
  });
});

describe("a consent that comes to nothing", () => {
  const end = async (fields: Record<string, unknown> = {}, provider = "facebook") =>
    (await browser.open(await browser.consent(meta, await newLink(workspace, fields), provider))).location;

  it("because the person said no can be tried again by the same link", async () => {
    meta.openPage("Later");
    meta.isRefused = true;
    const link = await newLink(workspace);
    const { location } = await browser.open(await browser.consent(meta, link, "facebook"));
    expect(location).toBe(`${DONE}&error=access_denied`);
    expect(meta.calls.filter((name) => name.includes("token"))).toEqual([]);
    meta.isRefused = false;
    expect((await browser.open(await browser.consent(meta, link, "facebook"))).location).toContain("accounts=");
  });

  it("because a permission is missing names it, and stores nothing", async () => {
    meta.openPage("Page", { withInstagram: true });
    meta.declined = ["pages_manage_posts"];
    expect(await end()).toBe(`${DONE}&error=missing_permissions&missing_permissions=pages_manage_posts`);
    expect(await listed()).toEqual([]);
    meta.declined = ["pages_show_list"];
    expect(await end()).toBe(`${DONE}&error=missing_permissions&missing_permissions=pages_show_list`);
    meta.openInstagram("someone");
    meta.declined = ["instagram_business_content_publish"];
    expect(await end({ platform: "instagram" }, "instagram")).toBe(
      `${DONE}&error=missing_permissions&missing_permissions=instagram_business_content_publish`,
    );
    const onPage = await end({ platform: "instagram", redirect_url: undefined }, "instagram");
    expect(onPage).toBe("/connect/failed/missing_permissions?missing_permissions=instagram_business_content_publish");
    expect((await browser.open(onPage)).text).toContain("<code>instagram_business_content_publish</code>");
  });

  it("but gives what can be connected when only others cannot", async () => {
    meta.openPage("Page", { withInstagram: true });
    meta.declined = ["instagram_content_publish"];
    expect(await end()).toMatch(/accounts=acc_\w+&missing_permissions=instagram_content_publish$/);
    expect((await listed()).map((account: { platform: string }) => account.platform)).toEqual(["facebook"]);
    expect(await end({ platform: "instagram" })).toContain("error=missing_permissions");
  });

  it("because there is no account, or none on which the person may publish", async () => {
    expect(await end()).toBe(`${DONE}&error=no_accounts`);
    meta.openPage("Only to look at", { tasks: ["ANALYZE"] });
    expect(await end()).toBe(`${DONE}&error=missing_permissions&missing_permissions=CREATE_CONTENT`);
    expect(await end({ platform: "instagram" })).toBe(`${DONE}&error=no_accounts`);
  });

  it.each([
    ["POST /oauth/access_token", () => Response.json({ error: { message: "used", code: 100 } }, { status: 400 })],
    ["POST /oauth/access_token", () => new Response("<html>", { status: 502 })],
    ["GET /me/permissions", () => Response.json({ error: { message: "down", code: 2 } }, { status: 500 })],
    ["GET /me/accounts", () => Response.json({ error: { message: "throttled", code: 4 } }, { status: 400 })],
    ["GET /me/accounts", () => Response.json({ data: "nonsense" })],
  ])("because the platform fails at %s is not repeated by us, and can be by the person", async (name, answer) => {
    meta.openPage("Page");
    meta.broken.set(name, answer);
    const link = await newLink(workspace);
    const back = await browser.consent(meta, link, "facebook");
    expect((await browser.open(back)).location).toBe(`${DONE}&error=platform_error`);
    const exchanges = meta.calls.filter((each) => each === "POST /oauth/access_token").length;
    expect(exchanges).toBe(name.startsWith("POST") ? 1 : 2);
    meta.broken.clear();
    expect((await browser.open(await browser.consent(meta, link, "facebook"))).location).toContain("accounts=");
  });

  it("because the platform reports an error of its own", async () => {
    const asked = await browser.open(await newLink(workspace), { provider: "facebook" });
    const state = new URL(asked.location).searchParams.get("state");
    const back = `/connect/facebook/callback?error_code=1349126&error_message=App+not+active&state=${state}`;
    expect((await browser.open(back)).location).toBe(`${DONE}&error=platform_error`);
  });

  it("because the database is away leaves the link as it was", async () => {
    meta.openPage("Page");
    const link = await newLink(workspace);
    const back = await browser.consent(meta, link, "facebook");
    const seal = vi.spyOn(servicesOf(env).vault, "seal").mockRejectedValue(new Error("no"));
    expect((await browser.open(back)).location).toBe(`${DONE}&error=internal_error`);
    seal.mockRestore();
    expect((await browser.open(await browser.consent(meta, link, "facebook"))).location).toContain("accounts=");
  });
});

describe("the state", () => {
  beforeEach(() => void meta.openPage("Page"));

  it("works once, also when it comes back twice at once", async () => {
    const back = await browser.consent(meta, await newLink(workspace), "facebook");
    const ends = await Promise.all(Array.from({ length: 4 }, () => browser.open(back)));
    const locations = ends.map(({ location }) => location);
    expect(locations.filter((location) => location.includes("accounts="))).toHaveLength(1);
    expect(locations.filter((location) => location === `${DONE}&error=state_invalid`)).toHaveLength(3);
    expect((await browser.open(back)).location).toBe(`${DONE}&error=state_invalid`);
    expect(meta.calls.filter((name) => name === "POST /oauth/access_token")).toHaveLength(2);
    expect(await listed()).toHaveLength(1);
  });

  it("works only in the browser that began, for the login that was chosen, and for ten minutes", async () => {
    const link = await newLink(workspace);
    const back = await browser.consent(meta, link, "facebook");
    expect((await new Browser().open(back)).location).toBe("/connect/failed/state_invalid");
    const other = new Browser();
    await other.open(link, { provider: "facebook" });
    expect((await other.open(back)).location).toBe("/connect/failed/state_invalid");
    const wrong = back.replace("/facebook/", "/instagram/");
    expect((await browser.open(wrong)).location).toBe(`${DONE}&error=state_invalid`);
    advance(10 * MINUTE);
    expect((await browser.open(back)).location).toBe(`${DONE}&error=state_invalid`);
    expect((await browser.open(back.replace(/state=[^&]*/, "state=made-up"))).location).toBe(
      "/connect/failed/state_invalid",
    );
    expect((await browser.open("/connect/facebook/callback")).location).toBe("/connect/failed/state_invalid");
    expect(await listed()).toEqual([]);
    expect(meta.calls.filter((name) => name.startsWith("POST"))).toEqual([]);
  });

  it("of two people with one link: the first uses it up", async () => {
    const link = await newLink(workspace);
    const second = new Browser();
    const [mine, theirs] = [
      await browser.consent(meta, link, "facebook"),
      await second.consent(meta, link, "facebook"),
    ];
    expect((await browser.open(mine)).location).toContain("accounts=");
    expect((await second.open(theirs)).location).toBe(`${DONE}&error=link_used`);
  });

  it("does not disturb another one in the same browser", async () => {
    const [one, two] = [await newLink(workspace), await newLink(workspace)];
    const backs = [await browser.consent(meta, one, "facebook"), await browser.consent(meta, two, "facebook")];
    for (const back of backs) expect((await browser.open(back)).location).toContain("accounts=");
  });
});

it("an account keeps its id whoever connects it again, and each connection is told of once", async () => {
  meta.openPage("Page", { withInstagram: true });
  const first = await connectByConsent(meta, workspace, {}, "facebook");
  const again = await connectByConsent(meta, workspace, {}, "facebook");
  expect(again).toEqual(first);
  const byToken = await call("POST", "/v1/accounts", {
    key: workspace.live,
    body: { platform: "facebook", external_id: meta.pages[0]?.id, access_token: meta.pages[0]?.token },
  });
  expect([byToken.status, byToken.body.id]).toEqual([201, first[0]]);
  const other = await newWorkspace();
  const elsewhere = await connectByConsent(meta, other, {}, "facebook");
  expect(elsewhere).not.toContain(first[0]);
  const { results } = await env.DB.prepare("SELECT * FROM events WHERE account_id = ? ORDER BY id")
    .bind(first[0])
    .all<Record<string, string>>();
  expect(results.map((event) => event.type)).toEqual(["account.connected", "account.connected", "account.connected"]);
  const account = (await listed()).find((each: { id: string }) => each.id === first[0]);
  const body = JSON.parse(results[0]?.body ?? "");
  expect(body).toMatchObject({ type: "account.connected", data: { account: { id: account.id, health: "ok" } } });
  expect(Object.keys(body.data.account)).toEqual(Object.keys(account));
  expect(results[0]).toMatchObject({ post_id: null, workspace_id: workspace.id, mode: "live" });
});

it("two who connect a new account at once get one account with one grant", async () => {
  const page = meta.openPage("Raced");
  const body = { platform: "facebook", external_id: page.id, access_token: page.token };
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => call("POST", "/v1/accounts", { key: workspace.live, body })),
  );
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  const count = await env.DB.prepare("SELECT count(*) AS n FROM grants WHERE workspace_id = ?")
    .bind(workspace.id)
    .first();
  expect(count?.n).toBe(1);
});

it("no token, code, state or secret is in a log, an address of ours, an event or a row", async () => {
  const dump: string[] = [];
  for (const method of ["log", "error", "warn", "info"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void dump.push(parts.join(" ")));
  }
  meta.openPage("One");
  meta.openPage("Two");
  const link = await newLink(workspace);
  const asked = await browser.open(link, { provider: "facebook" });
  const state = new URL(asked.location).searchParams.get("state") ?? "";
  const back = (await meta.fetch(new Request(asked.location))).headers.get("Location") ?? "";
  const left = await browser.open(back);
  const choice = await browser.open(left.location);
  const kept = await env.DB.prepare("SELECT * FROM consents").all();
  const done = await browser.open(left.location, { account: `facebook:${meta.pages[0]?.id}` });
  meta.broken.set("POST /oauth/access_token", () =>
    Response.json({ error: { message: back, code: 100 } }, { status: 400 }),
  );
  await browser.open(await browser.consent(meta, await newLink(workspace), "facebook"));
  dump.push(left.location, choice.text, done.location, done.text, JSON.stringify(kept.results));
  for (const table of ["accounts", "grants", "events", "consents", "connect_links"]) {
    dump.push(JSON.stringify((await env.DB.prepare(`SELECT * FROM ${table}`).all()).results));
  }
  const secrets = [...meta.secrets, state, link.split("/").at(-1) ?? "", browser.cookie?.split("=")[1] ?? ""];
  expect(secrets.length).toBeGreaterThan(5);
  for (const secret of secrets) expect(dump.filter((text) => text.includes(secret))).toEqual([]);
});
