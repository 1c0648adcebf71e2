import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { servicesOf } from "../../src/services.ts";
import { Authenticator } from "../helpers/authenticator.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, ORIGIN } from "./helpers/api.ts";
import { ConsoleBrowser, inviteTo, newMember, pageOf, SAME_ORIGIN } from "./helpers/console.ts";
import { advance, holdTime } from "./helpers/drive.ts";

/*
 * Who gets into the console, by what, and what they reach there.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

describe("a link", () => {
  it("of the deployment's owner makes the first admin, who comes to the overview", async () => {
    const path = `/v1/workspaces/${workspace.id}/sign-in-links`;
    const { status, body } = await call("POST", path, { key: env.ADMIN_TOKEN ?? "" });
    expect([status, body.role]).toEqual([201, "admin"]);
    expect(body.url).toMatch(/^http:\/\/apionics\.test\/join\/[\w-]{43}$/);

    const browser = new ConsoleBrowser();
    const page = await browser.get(body.url);
    expect(page.status).toBe(200);
    expect(page.text).toContain("Join A workspace");
    expect(page.text).toContain("You are invited as an admin.");
    await browser.join(body.url, "Ada");
    const home = await browser.get("/console");
    expect(home.location).toBe(pageOf(workspace, "overview"));
    const overview = await browser.get(home.location);
    expect(overview.status).toBe(200);
    expect(overview.text).toContain("Ada");
    expect((await call("POST", path.replace(workspace.id, "ws_x"), { key: env.ADMIN_TOKEN ?? "" })).status).toBe(404);
  });

  it("lets one person in, also when two open it at once", async () => {
    const link = await inviteTo(workspace, "viewer");
    const { pathname } = new URL(link);
    const browsers = [new ConsoleBrowser(), new ConsoleBrowser()];
    const made = await Promise.all(
      browsers.map(async (browser) => {
        const { body } = await browser.say(`${pathname}/begin`, { name: "Twice" });
        return browser.passkey.make(body.challenge);
      }),
    );
    const ended = await Promise.all(
      browsers.map((browser, i) => browser.say(`${pathname}/finish`, { credential: made[i] })),
    );
    expect(ended.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await new ConsoleBrowser().get(link)).status).toBe(410);
    const { body } = await call("GET", "/v1/members", { key: workspace.test });
    expect(body.members.filter(({ name }: { name: string }) => name === "Twice")).toHaveLength(1);
  });

  it("changes nothing by being looked at, and asks for a name", async () => {
    const link = await inviteTo(workspace, "viewer");
    const browser = new ConsoleBrowser();
    for (let i = 0; i < 3; i += 1) expect((await browser.get(link)).status).toBe(200);
    const { pathname } = new URL(link);
    for (const name of [undefined, "", "  ", "x".repeat(101)]) {
      const refused = await browser.say(`${pathname}/begin`, { name });
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toContain("name");
    }
    await browser.join(link, "Looker");
  });

  it("ends after three days", async () => {
    holdTime();
    const link = await inviteTo(workspace, "viewer");
    const { pathname } = new URL(link);
    const browser = new ConsoleBrowser();
    advance(3 * DAY - 60_000);
    const { body } = await browser.say(`${pathname}/begin`, { name: "Late" });
    advance(120_000);
    expect((await browser.get(link)).status).toBe(410);
    expect((await browser.say(`${pathname}/begin`, { name: "Late" })).status).toBe(400);
    const credential = await browser.passkey.make(body.challenge);
    expect((await browser.say(`${pathname}/finish`, { credential })).status).toBe(400);
    expect((await new ConsoleBrowser().get("/join/nothing")).status).toBe(410);
  });

  it("makes who is signed in already a member, with the passkey that they have", async () => {
    const elsewhere = await newWorkspace();
    const person = await newMember(workspace, "editor", { name: "Two places" });
    const link = await inviteTo(elsewhere, "approver");
    const { pathname } = new URL(link);
    expect((await person.get(link)).text).toContain("Join as Two places");
    expect((await person.post(`${pathname}/accept`)).location).toBe(pageOf(elsewhere, "overview"));
    const page = await person.get(pageOf(elsewhere, "settings"));
    expect(page.status).toBe(200);
    expect(page.text).toContain(`/console/${workspace.id}/test`);
    expect((await new ConsoleBrowser().get(link)).status).toBe(410);
    const { body } = await call("GET", "/v1/members", { key: elsewhere.test });
    expect(body.members).toMatchObject([{ person_id: person.personId, role: "approver" }]);
  });

  it("back in makes a passkey that opens that workspace, and none that the person belongs to beside", async () => {
    const elsewhere = await newWorkspace();
    const person = await newMember(workspace, "editor", { name: "Lost" });
    await person.post(`${new URL(await inviteTo(elsewhere, "admin")).pathname}/accept`);
    const path = `/v1/members/${person.personId}/sign-in-link`;
    const { body } = await call("POST", path, { key: workspace.test });
    const other = new ConsoleBrowser();
    expect((await other.get(body.url)).text).toContain("This link is for Lost.");
    await other.join(body.url, "Somebody else");
    expect((await other.get(pageOf(workspace, "settings"))).text).toContain("Lost");
    expect((await other.get(pageOf(elsewhere, "settings"))).status).toBe(404);
    await other.post("/console/sign-out");
    expect((await other.signIn()).status).toBe(200);
    expect((await other.get(pageOf(workspace, "settings"))).status).toBe(200);
    expect((await other.get(pageOf(elsewhere, "settings"))).status).toBe(404);
  });

  it("is taken back with the admin who made it", async () => {
    const own = await newWorkspace();
    const [first, second] = [await newMember(own, "admin"), await newMember(own, "admin")];
    const page = await second.post(pageOf(own, "settings/invite"), { role: "admin", form_id: "1" });
    const link = /value="(http[^"]+)"/.exec(page.text)?.[1] ?? "";
    expect((await new ConsoleBrowser().get(link)).status).toBe(200);
    const removed = await first.post(pageOf(own, `settings/members/${second.personId}/remove`), { form_id: "2" });
    expect(removed.status).toBe(303);
    expect((await new ConsoleBrowser().get(link)).status).toBe(410);
    expect((await second.get(pageOf(own, "settings"))).location).toContain("/console/sign-in");
  });
});

describe("a passkey", () => {
  it("signs its person in, with a session of its own", async () => {
    const person = await newMember(workspace, "viewer");
    const before = new Map(person.cookies);
    const signedIn = await person.signIn();
    expect(JSON.parse(signedIn.text)).toEqual({ next: "/console" });
    expect(person.cookies.get("apionics_session")).not.toBe(before.get("apionics_session"));
    expect(signedIn.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect((await person.get(pageOf(workspace, "settings"))).status).toBe(200);
    // The session that was before has ended.
    const stolen = new ConsoleBrowser();
    for (const [name, value] of before) stolen.cookies.set(name, value);
    expect((await stolen.get(pageOf(workspace, "settings"))).status).toBe(303);
  });

  it("whose signature begins with a zero is as good", async () => {
    const person = await newMember(workspace, "viewer");
    const { body } = await person.say("/console/sign-in/begin", {});
    const credential = await person.passkey.use(body.challenge, { isShort: true });
    expect((await person.say("/console/sign-in/finish", { credential, next: "/console" })).status).toBe(200);
  });

  it.each([
    ["of another origin", { origin: "http://elsewhere.test" }],
    ["of another host", { rpId: "elsewhere.test" }],
    ["to another challenge", { challenge: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }],
    ["of another kind", { type: "webauthn.create" }],
    ["without the person being recognised", { isVerified: false }],
    ["with a counter that stands where it stood", { counter: 5 }],
    ["with a counter that was set back", { counter: 4 }],
  ])("is not believed by an answer %s", async (_what, spoilt) => {
    const person = await newMember(workspace, "viewer");
    person.passkey.counter = 5;
    expect((await person.signIn()).status).toBe(200);
    await person.post("/console/sign-out");
    const { body } = await person.say("/console/sign-in/begin", {});
    const credential = await person.passkey.use(body.challenge, { counter: 6, ...spoilt });
    const refused = await person.say("/console/sign-in/finish", { credential, next: "/console" });
    expect([refused.status, person.cookies.has("apionics_session")]).toEqual([400, false]);
  });

  it("is not made by an answer of another origin, host, challenge or kind", async () => {
    const link = await inviteTo(workspace, "viewer");
    const { pathname } = new URL(link);
    for (const spoilt of [
      { origin: "http://elsewhere.test" },
      { rpId: "elsewhere.test" },
      { challenge: "AAAA" },
      { type: "webauthn.get" },
      { isVerified: false },
    ]) {
      const browser = new ConsoleBrowser();
      const { body } = await browser.say(`${pathname}/begin`, { name: "Spoilt" });
      const credential = await browser.passkey.make(body.challenge, spoilt);
      expect((await browser.say(`${pathname}/finish`, { credential })).status).toBe(400);
    }
    expect((await new ConsoleBrowser().get(link)).status).toBe(200);
  });

  it("answers once, in the browser that was asked, within ten minutes", async () => {
    holdTime();
    const person = await newMember(workspace, "viewer");
    const { body } = await person.say("/console/sign-in/begin", {});
    const credential = await person.passkey.use(body.challenge);
    const other = new ConsoleBrowser();
    await other.say("/console/sign-in/begin", {});
    expect((await other.say("/console/sign-in/finish", { credential, next: "/console" })).status).toBe(400);
    expect((await person.say("/console/sign-in/finish", { credential, next: "/console" })).status).toBe(200);
    expect((await person.say("/console/sign-in/finish", { credential, next: "/console" })).status).toBe(400);

    const again = await person.say("/console/sign-in/begin", {});
    const late = await person.passkey.use(again.body.challenge);
    advance(10 * 60_000);
    expect((await person.say("/console/sign-in/finish", { credential: late, next: "/console" })).status).toBe(400);
  });

  it("that nobody has, and what is no answer at all, are refused in the same words", async () => {
    const browser = new ConsoleBrowser();
    const words = new Set<string>();
    for (const spoil of [
      (good: unknown) => good,
      () => null,
      () => "x",
      () => ({}),
      (good: object) => ({ ...good, response: { signature: "!" } }),
    ]) {
      const { body } = await browser.say("/console/sign-in/begin", {});
      const credential = spoil(await browser.passkey.use(body.challenge));
      const refused = await browser.say("/console/sign-in/finish", { credential, next: "/console" });
      expect(refused.status).toBe(400);
      words.add(refused.text);
    }
    expect(words.size).toBe(1);
  });

  it("leads on within the console and nowhere else", async () => {
    const person = await newMember(workspace, "viewer");
    const wanted = pageOf(workspace, "settings?done=saved");
    for (const [next, led] of [
      [wanted, wanted],
      ["https://elsewhere.test/console/x", "/console"],
      ["//elsewhere.test/console/x", "/console"],
      ["/\\elsewhere.test/console/x", "/console"],
      ["javascript:alert(1)", "/console"],
      ["/v1/posts", "/console"],
      ["/console/../v1/posts", "/console"],
    ] as const) {
      const { body } = await person.say("/console/sign-in/begin", {});
      const credential = await person.passkey.use(body.challenge);
      const ended = await person.say("/console/sign-in/finish", { credential, next });
      expect(ended.body).toEqual({ next: led });
    }
  });
});

describe("a session", () => {
  it("is asked for by every page, which comes back after signing in", async () => {
    const path = pageOf(workspace, "settings?done=saved");
    const asked = await new ConsoleBrowser().get(path);
    expect([asked.status, asked.location]).toEqual([303, `/console/sign-in?next=${encodeURIComponent(path)}`]);
    const sent = await new ConsoleBrowser().post(pageOf(workspace, "settings/general"), {});
    expect(sent.location).toBe(`/console/sign-in?next=${encodeURIComponent(pageOf(workspace, "settings"))}`);
  });

  it("that was stolen is worth nothing after signing out", async () => {
    const person = await newMember(workspace, "admin");
    const thief = new ConsoleBrowser();
    for (const [name, value] of person.cookies) thief.cookies.set(name, value);
    expect((await thief.get(pageOf(workspace, "settings"))).status).toBe(200);
    const out = await person.post("/console/sign-out");
    expect(out.location).toBe("/console/sign-in?done=signed_out");
    expect(person.cookies.has("apionics_session")).toBe(false);
    expect((await thief.get(pageOf(workspace, "settings"))).status).toBe(303);
    const changed = await thief.post(pageOf(workspace, "settings/invite"), { role: "admin", form_id: "x" });
    expect(changed.location).toContain("/console/sign-in");
  });

  it("ends when it is not used for twelve hours, and after seven days in any case", async () => {
    holdTime();
    const [idle, busy] = [await newMember(workspace, "viewer"), await newMember(workspace, "viewer")];
    const path = pageOf(workspace, "settings");
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      advance(8 * HOUR);
      expect((await busy.get(path)).status).toBe(200);
    }
    expect((await idle.get(path)).status).toBe(303);
    advance(8 * HOUR);
    expect((await busy.get(path)).status).toBe(303);
  });

  it("is forgotten once it has ended, as links are and what was never answered", async () => {
    holdTime();
    await newMember(workspace, "viewer");
    await inviteTo(workspace, "viewer");
    await new ConsoleBrowser().say("/console/sign-in/begin", {});
    advance(8 * DAY);
    await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
    for (const table of ["sessions", "sign_in_links", "ceremonies"]) {
      const count = await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n");
      expect([table, count]).toEqual([table, 0]);
    }
  });

  it("has a cookie that no other host can set, where the deployment is reached by https", async () => {
    const services = servicesOf(env);
    const link = await inviteTo(workspace, "viewer");
    services.publicOrigin = ORIGIN.replace("http:", "https:");
    try {
      const browser = new ConsoleBrowser();
      browser.passkey = new Authenticator(services.publicOrigin);
      await browser.join(link, "Secure");
      const { headers } = await browser.signIn();
      expect(headers.getSetCookie()[0]).toMatch(/^__Host-apionics_session=[\w-]{43}; .*Path=\/; .*Secure/);
      expect((await browser.get(pageOf(workspace, "settings"))).status).toBe(200);
      await browser.post("/console/sign-out");
      expect(browser.cookies.has("__Host-apionics_session")).toBe(false);
    } finally {
      services.publicOrigin = ORIGIN;
    }
  });

  it("opens nothing of the API, and an API key nothing of the console", async () => {
    const person = await newMember(workspace, "admin");
    const cookie = [...person.cookies].map((pair) => pair.join("=")).join("; ");
    expect((await call("GET", "/v1/posts", { headers: { Cookie: cookie } })).status).toBe(401);
    const path = pageOf(workspace, "settings");
    const headers = { ...SAME_ORIGIN, Authorization: `Bearer ${workspace.test}` };
    const asked = await new ConsoleBrowser().post(`${path}/invite`, { role: "admin" }, headers);
    expect(asked.location).toContain("/console/sign-in");
  });
});

describe("what changes something", () => {
  it.each([
    ["another site", { "Sec-Fetch-Site": "cross-site", Origin: "https://elsewhere.example" }],
    ["another site that claims to be ours", { "Sec-Fetch-Site": "cross-site", Origin: ORIGIN }],
    ["a neighbour under the same domain", { "Sec-Fetch-Site": "same-site", Origin: "http://other.apionics.test" }],
    ["an older browser on another site", { Origin: "https://elsewhere.example" }],
    ["a browser that hides where it is", { Origin: "null" }],
    ["nobody knows where", {}],
  ])("is not done when it comes from %s", async (_where, headers) => {
    const own = await newWorkspace();
    const admin = await newMember(own, "admin");
    const fields = { name: "Taken over", time_zone: "UTC", approvals: "off", form_id: "x" };
    for (const path of [
      pageOf(own, "settings/general"),
      "/console/sign-out",
      "/console/sign-in/begin",
      "/join/x/accept",
      "/review/x",
    ]) {
      expect([path, (await admin.post(path, fields, headers)).status]).toEqual([path, 403]);
    }
    expect((await admin.get(pageOf(own, "settings"))).text).not.toContain("Taken over");
  });

  it("is done from an older browser that names our origin", async () => {
    const own = await newWorkspace();
    const admin = await newMember(own, "admin");
    const fields = { name: "Renamed", time_zone: "UTC", approvals: "off", form_id: "x" };
    expect((await admin.post(pageOf(own, "settings/general"), fields, { Origin: ORIGIN })).status).toBe(303);
  });
});

describe("strangers", () => {
  it("who come too often from one address are asked to wait", async () => {
    vi.spyOn(servicesOf(env), "isTooMuch").mockResolvedValue(true);
    const browser = new ConsoleBrowser();
    for (const path of ["/join/x", pageOf(workspace, "settings")]) {
      const { status, headers, text } = await browser.get(path);
      expect([path, status, headers.get("Retry-After")]).toEqual([path, 429, "60"]);
      expect(text).toContain("Wait a minute");
    }
    const said = await browser.say("/console/sign-in/begin", {});
    expect([said.status, said.body.error.message]).toEqual([429, expect.stringContaining("Wait a minute")]);
  });
});

describe("what a member reaches", () => {
  it("is their own workspace: any other is as one that is not there", async () => {
    const elsewhere = await newWorkspace();
    const admin = await newMember(workspace, "admin");
    const [foreign, none] = [elsewhere, { ...elsewhere, id: "ws_01ARZ3NDEKTSV4RRFFQ69G5FAV" }];
    const said = await Promise.all(
      [pageOf(foreign, "settings"), pageOf(none, "settings"), pageOf(workspace, "nowhere"), "/console/x"].map(
        async (path) => {
          const { status, text, headers } = await admin.get(path);
          expect(status).toBe(404);
          return text.replaceAll(headers.get("X-Request-Id") ?? "", "").replaceAll(/nonce="[^"]+"/g, "");
        },
      ),
    );
    expect(new Set(said).size).toBe(1);
    expect((await admin.get(`/console/${workspace.id}/other/settings`)).status).toBe(404);
    const path = pageOf(foreign, "settings/invite");
    expect((await admin.post(path, { role: "admin", form_id: "x" })).status).toBe(404);
  });

  it("is what their role allows: a viewer sees no buttons, and is refused all the same", async () => {
    const own = await newWorkspace();
    const admin = await newMember(own, "admin", { name: "The admin" });
    for (const role of ["viewer", "approver", "editor"] as const) {
      const person = await newMember(own, role);
      const { text } = await person.get(pageOf(own, "settings"));
      const main = /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? "";
      expect(main).toContain("General");
      expect(main).not.toMatch(/<(button|input|select|form)\b/);
      expect(main).not.toContain("The admin");
      expect(text.includes(">Compose<")).toBe(role === "editor");
      for (const action of [
        "general",
        "invite",
        `members/${admin.personId}/rights`,
        `members/${admin.personId}/link`,
        `members/${person.personId}/remove`,
      ]) {
        const fields = { role: "viewer", name: "Mine", time_zone: "UTC", approvals: "off", form_id: "x" };
        const refused = await person.post(pageOf(own, `settings/${action}`), fields);
        expect([action, refused.status]).toEqual([action, 403]);
      }
    }
    const { body } = await call("GET", "/v1/members", { key: own.test });
    expect(body.members).toHaveLength(4);
  });

  it("is what their groups have, and nothing of the workspace as a whole", async () => {
    const own = await newWorkspace();
    const key = own.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: "A client" } })).body.id;
    const account = await newAccount(own, "facebook");
    await call("PATCH", `/v1/accounts/${account}`, { key, body: { group_id: group } });
    const person = await newMember(own, "editor", { groups: [group] });
    const page = await person.get(pageOf(own, "settings"));
    expect(page.status).toBe(403);
    expect(page.text).toContain("You may not do this");
  });

  it("holds from the next request on", async () => {
    const own = await newWorkspace();
    const [admin, person] = [await newMember(own, "admin"), await newMember(own, "admin")];
    const path = pageOf(own, `settings/members/${person.personId}/rights`);
    expect((await admin.post(path, { role: "viewer", form_id: "1" })).location).toContain("done=member");
    expect((await person.post(pageOf(own, "settings/invite"), { role: "admin", form_id: "2" })).status).toBe(403);
    const elsewhere = await newWorkspace();
    await person.post(`${new URL(await inviteTo(elsewhere, "viewer")).pathname}/accept`);
    await call("DELETE", `/v1/members/${person.personId}`, { key: own.test });
    expect((await person.get(pageOf(own, "settings"))).status).toBe(404);
    // Out of the last one they are forgotten, with all that they sign in with.
    expect((await call("DELETE", `/v1/members/${person.personId}`, { key: elsewhere.test })).status).toBe(200);
    expect((await person.get("/console")).location).toBe("/console/sign-in");
    expect((await person.signIn()).status).toBe(400);
    for (const [table, column] of [
      ["people", "id"],
      ["passkeys", "person_id"],
      ["sessions", "person_id"],
    ]) {
      const query = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`);
      expect(await query.bind(person.personId).first("n")).toBe(0);
    }
  });
});

describe("pages", () => {
  it("show what people write as text", async () => {
    const script = `<script>alert("x")</script>'&`;
    const own = await newWorkspace();
    const admin = await newMember(own, "admin", { name: script });
    const fields = { name: script, time_zone: "UTC", approvals: "off", form_id: "x" };
    expect((await admin.post(pageOf(own, "settings/general"), fields)).status).toBe(303);
    await call("POST", "/v1/account-groups", { key: own.test, body: { name: script } });
    const refused = await admin.post(pageOf(own, "settings/general"), { ...fields, time_zone: script, form_id: "y" });
    expect(refused.status).toBe(400);
    const link = await inviteTo(own, "viewer");
    for (const { text } of [await admin.get(pageOf(own, "settings")), refused, await new ConsoleBrowser().get(link)]) {
      expect(text).toContain("&lt;script&gt;alert(");
      expect(text).not.toContain("<script>alert(");
    }
  });

  it("load nothing but their own files, are not stored, and light", async () => {
    const admin = await newMember(workspace, "admin");
    for (const path of [pageOf(workspace, "settings"), "/console/nothing", await inviteTo(workspace, "viewer")]) {
      const { headers, text } = await admin.get(path);
      const policy = headers.get("Content-Security-Policy") ?? "";
      const nonce = /script-src 'nonce-([\w-]+)'/.exec(policy)?.[1] ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
      expect(text).not.toMatch(/ on\w+="| style="/);
      const loaded = [...text.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"([^>]*)>/g)];
      let size = text.length;
      for (const [, file = "", rest] of loaded) {
        const asset = await admin.get(file);
        expect([file, asset.status]).toEqual([file, 200]);
        expect(asset.headers.get("Cache-Control")).toContain("immutable");
        if (!file.endsWith(".svg")) expect(rest).toContain(`nonce="${nonce}"`);
        size += asset.text.length;
      }
      expect(loaded.length).toBeGreaterThan(2);
      expect(size).toBeLessThan(60_000);
    }
    expect((await admin.get("/console/assets/console-00000000.css")).status).toBe(404);
  });
});
