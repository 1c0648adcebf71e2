import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { holdTime } from "./helpers/drive.ts";
import { deliveriesOf, newUrl, newWebhook, Receivers } from "./helpers/webhooks.ts";

/*
 * The pages for developers: keys, webhooks, what was sent to them, events.
 */

type Browser = Awaited<ReturnType<typeof newMember>>;

let workspace: TestWorkspace;
let admin: Browser;
let viewer: Browser;
let at: (page: string) => string;
beforeAll(async () => {
  workspace = await newWorkspace();
  admin = await newMember(workspace, "admin");
  viewer = await newMember(workspace, "viewer");
  at = (page) => pageOf(workspace, `developers${page}`);
});
afterEach(() => vi.restoreAllMocks());

let forms = 0;
const fields = (more: Record<string, string | readonly string[]> = {}) => {
  forms += 1;
  return { form_id: `form-${forms}`, ...more };
};
const secretIn = (text: string) => /id="secret"[^>]* value="([^"]+)"/.exec(text)?.[1] ?? "";
const mainOf = (text: string) => text.slice(text.indexOf("<main"));
const keysOf = async () => (await call("GET", "/v1/api-keys", { key: workspace.test })).body.api_keys;
const keyNamed = async (name: string) => (await keysOf()).find((key: { name: string }) => key.name === name);

describe("API keys", () => {
  it("are created with scopes, accounts and an end, and do what was chosen", async () => {
    const account = await newAccount(workspace, "facebook");
    expect((await admin.get(at("/keys/new"))).text).toContain(account);
    const made = await admin.post(
      at("/keys"),
      fields({
        name: "Newsroom <1>",
        scopes: ["posts:read", "posts:write"],
        accounts: account,
        needs_approval: "yes",
        expires_at: "2999-01-01T10:00",
      }),
    );
    expect(made.status).toBe(201);
    expect(made.headers.get("Cache-Control")).toBe("no-store");
    const secret = secretIn(made.text);
    expect(secret).toMatch(/^apionics_test_/);
    expect((await call("GET", "/v1/posts", { key: secret })).status).toBe(200);
    expect((await call("GET", "/v1/media", { key: secret })).status).toBe(403);
    expect(await keyNamed("Newsroom <1>")).toMatchObject({
      scopes: ["posts:read", "posts:write"],
      accounts: [account],
      needs_approval: true,
      expires_at: "2999-01-01T10:00:00Z",
    });
    const list = await admin.get(at(""));
    expect(list.text).toContain("Newsroom &lt;1&gt;");
    expect(list.text).toContain(`…${secret.slice(-4)}`);
    expect(list.text).not.toContain(secret);
  });

  it("are restricted to groups, alone or with accounts, and say so", async () => {
    const group = await call("POST", "/v1/account-groups", { key: workspace.test, body: { name: "A client <2>" } });
    const account = await newAccount(workspace, "facebook");
    expect((await admin.get(at("/keys/new"))).text).toContain("A client &lt;2&gt;");
    const chosen = { scopes: ["posts:read"], groups: group.body.id };
    await admin.post(at("/keys"), fields({ name: "By group", ...chosen }));
    await admin.post(at("/keys"), fields({ name: "By both", ...chosen, accounts: account }));
    const [byGroup, byBoth] = [await keyNamed("By group"), await keyNamed("By both")];
    expect([byGroup.accounts, byGroup.groups]).toEqual([null, [group.body.id]]);
    expect([byBoth.accounts, byBoth.groups]).toEqual([[account], [group.body.id]]);
    const list = (await admin.get(at(""))).text;
    expect(list).toMatch(/>1 group<\/td>/);
    expect(list).toMatch(/>1 account, if in 1 group<\/td>/);
    const page = (await admin.get(at(`/keys/${byBoth.id}`))).text;
    expect(page).toContain("<dd>A client &lt;2&gt;</dd>");
    const wrong = await admin.post(at("/keys"), fields({ name: "No group", ...chosen, groups: "group_x" }));
    expect([wrong.status, wrong.text.includes('id="groups-error"')]).toEqual([400, true]);
  });

  it("show their secret once: not on reloading, and nowhere else", async () => {
    const sent = fields({ name: "Once", scopes: ["posts:read"] });
    const made = await admin.post(at("/keys"), sent);
    const secret = secretIn(made.text);
    const again = await admin.post(at("/keys"), sent);
    expect(again.status).toBe(410);
    expect(again.text).toContain("This was shown once");
    expect(again.text).not.toContain(secret);
    expect((await keysOf()).filter(({ name }: { name: string }) => name === "Once")).toHaveLength(1);
    const { id } = await keyNamed("Once");
    expect((await admin.get(at(`/keys/${id}`))).text).not.toContain(secret);
    // Nor is it kept any more, sealed or not.
    const { results } = await env.DB.prepare("SELECT key, response_body FROM idempotency WHERE workspace_id = ?")
      .bind(workspace.id)
      .all<{ key: string; response_body: string }>();
    const { vault } = servicesOf(env);
    for (const { key, response_body } of results) {
      const opened = await vault.open(response_body, `${workspace.id}|test|${key}|answer`);
      expect(opened ?? response_body).not.toContain(secret);
    }
  });

  it("show their secret to one of two that send the same form at once", async () => {
    const sent = fields({ name: "Two at once", scopes: ["posts:read"] });
    const pages = await Promise.all([admin.post(at("/keys"), sent), admin.post(at("/keys"), sent)]);
    expect(pages.map(({ status }) => status).sort()).toEqual([201, 410]);
  });

  it("say at the field what is wrong, and keep what was typed", async () => {
    const page = await admin.post(at("/keys"), fields({ name: "Kept", expires_at: "2020-01-01T10:00" }));
    expect(page.status).toBe(400);
    expect(page.text).toContain('value="Kept"');
    expect(page.text).toContain('value="2020-01-01T10:00"');
    expect(page.text).toContain('id="scopes-error"');
    expect(page.text).toContain('role="alert"');
    const past = await admin.post(
      at("/keys"),
      fields({ name: "Kept", scopes: ["posts:read"], expires_at: "2020-01-01T10:00" }),
    );
    expect(past.text).toContain("Ends lies in the past.");
  });

  it("rotate, with a time in which the secret before is good too", async () => {
    const { id, key } = await newKey(workspace);
    const rotated = await admin.post(at(`/keys/${id}/rotate`), fields({ overlap_hours: "1" }));
    const secret = secretIn(rotated.text);
    for (const each of [key, secret]) expect((await call("GET", "/v1/posts", { key: each })).status).toBe(200);
    const last = await admin.post(at(`/keys/${id}/rotate`), fields({ overlap_hours: "0" }));
    for (const each of [key, secret]) expect((await call("GET", "/v1/posts", { key: each })).status).toBe(401);
    expect((await call("GET", "/v1/posts", { key: secretIn(last.text) })).status).toBe(200);
    for (const overlap of ["", "169", "-1", "x"]) {
      const refused = await admin.post(at(`/keys/${id}/rotate`), fields({ overlap_hours: overlap }));
      expect([refused.status, refused.text.includes('id="overlap_hours-error"')]).toEqual([400, true]);
    }
  });

  it("are revoked, but for the last that administers the workspace", async () => {
    const { id, key } = await newKey(workspace);
    expect((await admin.post(at(`/keys/${id}/revoke`), fields())).status).toBe(303);
    expect((await call("GET", "/v1/posts", { key })).status).toBe(401);
    expect(mainOf((await admin.get(at(`/keys/${id}`))).text)).not.toContain("<form");
    const own = await newWorkspace();
    const person = await newMember(own, "admin");
    const { body } = await call("GET", "/v1/api-keys", { key: own.test });
    const last = await person.post(pageOf(own, `developers/keys/${body.api_keys[0].id}/revoke`), fields());
    expect(last.status).toBe(409);
    const { body: log } = await call("GET", `/v1/audit?target=${id}`, { key: workspace.test });
    expect(log.lines[0]).toMatchObject({ action: "api_key.revoked", actor: admin.personId });
  });

  it("are not touched by a member who was removed, or is no admin any more, in that moment", async () => {
    const { vault } = servicesOf(env);
    const { id, key } = await newKey(workspace, { name: "Untouched" });
    for (const write of [
      "DELETE FROM members WHERE person_id = ?",
      "UPDATE members SET role = 'viewer' WHERE person_id = ?",
    ]) {
      for (const [path, sent] of [
        ["/keys", { name: "Sneaked", scopes: ["posts:read"] }],
        [`/keys/${id}/rotate`, { overlap_hours: "0" }],
        [`/keys/${id}/revoke`, {}],
      ] as const) {
        const leaving = await newMember(workspace, "admin");
        const seal = vault.seal;
        // Sealed is the outcome, after all was looked at and before anything is written.
        vi.spyOn(vault, "seal").mockImplementationOnce(async (...args) => {
          await env.DB.prepare(write).bind(leaving.personId).run();
          return seal(...args);
        });
        const answer = await leaving.post(at(path), fields(sent));
        expect([path, answer.status]).toEqual([path, 409]);
        expect(secretIn(answer.text)).toBe("");
        vi.restoreAllMocks();
        const { body } = await call("GET", `/v1/audit?actor=${leaving.personId}`, { key: workspace.test });
        expect(body.lines.filter(({ action }: { action: string }) => action.startsWith("api_key."))).toEqual([]);
      }
    }
    expect(await keyNamed("Sneaked")).toBeUndefined();
    expect((await call("GET", "/v1/posts", { key })).status).toBe(200);
  });

  it("are for admins: nobody else sees them, or makes one", async () => {
    const { id } = await newKey(workspace, { name: "Hidden" });
    for (const role of ["viewer", "approver", "editor"] as const) {
      const person = await newMember(workspace, role);
      const page = await person.get(at(""));
      expect(page.status).toBe(200);
      expect(mainOf(page.text)).not.toContain("Hidden");
      expect(mainOf(page.text)).not.toContain("<form");
      expect(mainOf(page.text)).not.toContain("/new");
      for (const path of ["/keys/new", `/keys/${id}`]) expect((await person.get(at(path))).status).toBe(403);
      for (const path of ["/keys", `/keys/${id}/rotate`, `/keys/${id}/revoke`]) {
        expect((await person.post(at(path), fields({ name: "x", scopes: "posts:read" }))).status).toBe(403);
      }
    }
  });
});

describe("webhooks", () => {
  it("are created with a secret that is shown once, and sign with it", async () => {
    const receivers = new Receivers();
    const url = newUrl();
    const sent = fields({ url, events: ["publish.failed"], description: "Ours" });
    const made = await admin.post(at("/webhooks"), sent);
    expect(made.status).toBe(201);
    expect(secretIn(made.text)).toMatch(/^whsec_/);
    const again = await admin.post(at("/webhooks"), sent);
    expect([again.status, secretIn(again.text)]).toEqual([410, ""]);
    const { body } = await call("GET", "/v1/webhooks", { key: workspace.test });
    const webhook = body.webhooks.find((each: { url: string }) => each.url === url);
    expect(webhook).toMatchObject({ events: ["publish.failed"], description: "Ours" });
    const tested = await admin.post(at(`/webhooks/${webhook.id}/test`), fields());
    expect(tested.location).toBe(`${at(`/webhooks/${webhook.id}`)}?done=tested`);
    expect(receivers.at(url)).toHaveLength(1);
    const rotated = await admin.post(at(`/webhooks/${webhook.id}/rotate`), fields({ overlap_hours: "0" }));
    expect(secretIn(rotated.text)).toMatch(/^whsec_/);
    expect(secretIn(rotated.text)).not.toBe(secretIn(made.text));
  });

  it("are edited, paused, made active again and deleted", async () => {
    const webhook = await newWebhook(workspace, ["publish.failed"]);
    const path = at(`/webhooks/${webhook.id}`);
    const read = async () => (await call("GET", `/v1/webhooks/${webhook.id}`, { key: workspace.test })).body;
    const refused = await admin.post(`${path}/edit`, fields({ url: "http://10.0.0.1/", events: ["publish.failed"] }));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="http://10.0.0.1/"');
    expect(refused.text).toContain('id="url-error"');
    const url = newUrl();
    await admin.post(`${path}/edit`, fields({ url, events: ["media.ready"], description: "" }));
    expect(await read()).toMatchObject({ url, events: ["media.ready"], description: null });
    await admin.post(`${path}/pause`, fields());
    expect(await read()).toMatchObject({ active: false });
    expect((await admin.post(`${path}/test`, fields())).status).toBe(409);
    await admin.post(`${path}/resume`, fields());
    expect(await read()).toMatchObject({ active: true });
    expect((await admin.post(`${path}/remove`, fields())).location).toBe(`${at("")}?done=deleted`);
    expect((await admin.get(path)).status).toBe(404);
  });

  it("show what was answered as text, and send it again", async () => {
    const receivers = new Receivers();
    const webhook = await newWebhook(workspace, ["publish.completed"]);
    receivers.answer(webhook.url, () => new Response("<script>alert(1)</script>", { status: 500 }));
    const path = at(`/webhooks/${webhook.id}`);
    await admin.post(`${path}/test`, fields());
    const page = await admin.get(path);
    expect(page.text).toContain('<pre class="code">&lt;script&gt;alert(1)&lt;/script&gt;</pre>');
    expect(page.text).toContain("Answered 500");
    expect(page.text).toMatch(/\d+ ms/);
    const [delivery] = await deliveriesOf(workspace, webhook);
    receivers.answer(webhook.url, () => new Response(null, { status: 204 }));
    const again = await admin.post(`${path}/deliveries/${delivery.id}/retry`, fields());
    expect(again.location).toBe(`${path}?done=replayed`);
    await receivers.settle();
    expect(receivers.at(webhook.url)).toHaveLength(2);
    expect((await admin.get(path)).text).toContain("Delivered");
    expect((await admin.post(`${path}/deliveries/dlv_x/retry`, fields())).status).toBe(404);
  });

  it("are sent what they missed since a time", async () => {
    const receivers = new Receivers();
    holdTime();
    await newAccount(workspace, "facebook");
    const webhook = await newWebhook(workspace, ["account.connected"]);
    const path = at(`/webhooks/${webhook.id}`);
    const recovered = await admin.post(`${path}/recover`, fields({ since: "2020-01-01T00:00" }));
    expect(recovered.location).toMatch(/\?recovered=[1-9]\d*$/);
    await receivers.settle();
    expect(receivers.at(webhook.url).length).toBeGreaterThan(0);
    expect((await admin.get(recovered.location)).text).toContain("on");
    const refused = await admin.post(`${path}/recover`, fields({ since: "yesterday" }));
    expect(refused.text).toContain('id="since-error"');
  });

  it("are looked at by a viewer, who changes nothing", async () => {
    const webhook = await newWebhook(workspace, ["publish.failed"]);
    const path = at(`/webhooks/${webhook.id}`);
    const page = await viewer.get(path);
    expect(page.status).toBe(200);
    expect(mainOf(page.text)).not.toContain("<form");
    expect((await viewer.get(at("/webhooks/new"))).status).toBe(403);
    for (const action of ["edit", "pause", "resume", "remove", "rotate", "test", "recover", "deliveries/dlv_x/retry"]) {
      expect([action, (await viewer.post(`${path}/${action}`, fields())).status]).toEqual([action, 403]);
    }
    expect((await viewer.post(at("/webhooks"), fields({ url: newUrl(), events: "publish.failed" }))).status).toBe(403);
  });

  it("of another workspace, and of the other mode, are not there", async () => {
    const other = await newWorkspace();
    const foreign = await newWebhook(other, ["publish.failed"]);
    const live = await newWebhook(workspace, ["publish.failed"], {}, "live");
    for (const { id } of [foreign, live]) {
      expect((await admin.get(at(`/webhooks/${id}`))).status).toBe(404);
      expect((await admin.post(at(`/webhooks/${id}/remove`), fields())).status).toBe(404);
    }
  });
});

describe("events", () => {
  it("are listed with what they say, as text", async () => {
    await call("POST", "/v1/accounts/sandbox", {
      key: workspace.test,
      body: { platform: "facebook", username: "Ev3nt" },
    });
    const page = await viewer.get(at("/events"));
    expect(page.text).toContain("account.connected");
    expect(page.text).toContain("&quot;username&quot;: &quot;Ev3nt&quot;");
    const { body } = await call("GET", "/v1/events", { key: workspace.test });
    const one = await viewer.get(at(`/events/${body.events[0].id}`));
    expect(one.text).toContain(body.events[0].id);
    expect((await viewer.get(at("/events/evt_none"))).status).toBe(404);
  });

  it("keep the link by which a post is decided from who may not decide", async () => {
    const account = await newAccount(workspace, "facebook");
    const schedule = new Date(Date.now() + 86_400_000).toISOString();
    const { body } = await publish(workspace, { content: "To decide", accounts: [account], schedule, approval: true });
    const asked = async (person: Browser) => {
      const page = await person.get(at("/events"));
      expect(page.text).toContain(body.id);
      return page.text.includes("/review/");
    };
    await vi.waitFor(async () => expect((await admin.get(at("/events"))).text).toContain("approval.requested"));
    expect(await asked(viewer)).toBe(false);
    expect(await asked(await newMember(workspace, "approver"))).toBe(true);
  });
});
