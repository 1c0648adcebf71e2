import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { KEY_SCOPES } from "../../src/lib/vocabulary.ts";
import type { Answer, TestKey, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish, saidBy } from "./helpers/api.ts";
import { holdTime } from "./helpers/drive.ts";

/*
 * Keys that are restricted to groups: an agency's client has two accounts in a group, and a third account is another's.
 */

let workspace: TestWorkspace;
let client: string;
let elsewhere: string;
let inside: string;
let insideToo: string;
let outside: string;
let team: TestKey;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  [client, elsewhere] = [await newGroup("The client"), await newGroup("Another")];
  [inside, insideToo, outside] = [
    await newAccount(workspace, "facebook"),
    await newAccount(workspace, "facebook"),
    await newAccount(workspace, "facebook"),
  ];
  await move(inside, client);
  await move(insideToo, client);
  await move(outside, elsewhere);
  team = await newKey(workspace, { groups: [client] });
});

const ask = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  call(method, path, { key, ...(body === undefined ? {} : { body }) });
const asTeam = (method: string, path: string, body?: unknown) => ask(team.key, method, path, body);
const asOwner = (method: string, path: string, body?: unknown) => ask(workspace.test, method, path, body);
const newGroup = async (name: string): Promise<string> =>
  (await asOwner("POST", "/v1/account-groups", { name })).body.id;
const move = (account: string, group_id: string | null) => asOwner("PATCH", `/v1/accounts/${account}`, { group_id });
const seenBy = async (key: string): Promise<string[]> =>
  (await ask(key, "GET", "/v1/accounts")).body.accounts.map(({ id }: { id: string }) => id).sort();
const nextWeek = (): string => new Date(Date.now() + 7 * 86_400_000).toISOString();

describe("a key that is restricted to groups", () => {
  it("says so, and sees the accounts in them alone", async () => {
    const { body } = await asOwner("GET", `/v1/api-keys/${team.id}`);
    expect(body).toMatchObject({ accounts: null, groups: [client] });
    expect(await seenBy(team.key)).toEqual([inside, insideToo].sort());
    const missing = await asTeam("GET", "/v1/accounts/acc_missing");
    expect(saidBy(await asTeam("GET", `/v1/accounts/${outside}`))).toBe(saidBy(missing));
    for (const path of ["/v1/events", "/v1/webhooks", "/v1/workspace", "/v1/account-groups", "/v1/media"]) {
      expect([path, (await asTeam("GET", path)).status]).toEqual([path, 403]);
    }
    expect((await asTeam("POST", "/v1/accounts/sandbox", { platform: "facebook", username: "mine" })).status).toBe(403);
    expect((await asTeam("PATCH", `/v1/accounts/${inside}`, { group_id: null })).status).toBe(403);
  });

  it("publishes to them, and sees the posts that go to no other account", async () => {
    const post = (accounts: string[]) => ({ content: "Hello", accounts, schedule: nextWeek() });
    const [own, other, mixed] = [
      await asTeam("POST", "/v1/publish", post([inside])),
      await asTeam("POST", "/v1/publish", post([outside])),
      await publish(workspace, post([inside, outside])),
    ];
    expect([own.status, other.status, mixed.status]).toEqual([202, 400, 202]);
    expect(other.body.error).toMatchObject({
      field: "accounts.0",
      message: "accounts.0 is not a test account of this workspace.",
    });
    expect((await asTeam("GET", "/v1/posts")).body).toMatchObject({ posts: [{ id: own.body.id }], total: 1 });
    expect((await asTeam("GET", `/v1/posts/${mixed.body.id}`)).status).toBe(404);
  });

  it("sees an account the moment it joins, and no more the moment it leaves, with its posts", async () => {
    const schedule = nextWeek();
    const { body } = await publish(workspace, { content: "Theirs", accounts: [outside], schedule });
    expect((await asTeam("GET", `/v1/posts/${body.id}`)).status).toBe(404);
    await move(outside, client);
    expect(await seenBy(team.key)).toEqual([inside, insideToo, outside].sort());
    expect((await asTeam("GET", `/v1/posts/${body.id}`)).status).toBe(200);
    await move(outside, null);
    expect(await seenBy(team.key)).toEqual([inside, insideToo].sort());
    expect((await asTeam("DELETE", `/v1/posts/${body.id}`)).status).toBe(404);
  });

  it("is not told by an Idempotency-Key what others have published", async () => {
    const body = { content: "Said by others", accounts: [inside], schedule: nextWeek() };
    const headers = { "Idempotency-Key": "shared" };
    const theirs = await publish(workspace, body, headers);
    const own = await call("POST", "/v1/publish", { key: team.key, body, headers });
    expect([theirs.status, own.headers.get("Idempotent-Replayed")]).toEqual([202, "true"]);
    await move(inside, null);
    const after = await call("POST", "/v1/publish", { key: team.key, body, headers });
    expect([after.status, after.text.includes(theirs.body.id)]).toEqual([400, false]);
  });

  it("and to accounts reaches what is in both", async () => {
    const { key } = await newKey(workspace, { groups: [client], accounts: [inside, outside] });
    expect(await seenBy(key)).toEqual([inside]);
    await move(outside, client);
    expect(await seenBy(key)).toEqual([inside, outside].sort());
    await move(inside, null);
    expect(await seenBy(key)).toEqual([outside]);
  });

  it("keeps its group from being deleted, and reaches nothing where its groups are gone", async () => {
    expect((await asOwner("DELETE", `/v1/account-groups/${client}`)).body.error.message).toBe(
      "A member, an invitation or an API key is limited to this group.",
    );
    // As if it had been made in the moment in which the group went.
    await env.DB.prepare("UPDATE accounts SET group_id = NULL WHERE group_id = ?").bind(client).run();
    await env.DB.prepare("DELETE FROM account_groups WHERE id = ?").bind(client).run();
    expect(await seenBy(team.key)).toEqual([]);
    expect((await asTeam("GET", "/v1/posts")).body.total).toBe(0);
    expect((await asTeam("GET", "/v1/events")).status).toBe(403);
    expect((await asTeam("POST", "/v1/api-keys", { name: "All", scopes: ["posts:read"] })).body.error.field).toBe(
      "groups",
    );
  });

  it("lets its group be deleted once it is revoked", async () => {
    await asOwner("DELETE", `/v1/api-keys/${team.id}`);
    expect((await asOwner("DELETE", `/v1/account-groups/${client}`)).status).toBe(200);
  });
});

describe("groups of a key", () => {
  it("are groups of the workspace, named once each", async () => {
    const other = await newWorkspace();
    const foreign = (await call("POST", "/v1/account-groups", { key: other.test, body: { name: "Theirs" } })).body.id;
    for (const [groups, field, message] of [
      [[client, foreign], "groups.1", "groups.1 is not a group of this workspace."],
      [["group_x"], "groups.0", "groups.0 is not a group of this workspace."],
      [[], "groups", "groups must name at least one group, or be null for all accounts."],
    ] as const) {
      const made = await asOwner("POST", "/v1/api-keys", { name: "A key", scopes: ["posts:read"], groups });
      const changed = await asOwner("PATCH", `/v1/api-keys/${team.id}`, { groups });
      for (const { status, body } of [made, changed]) {
        expect([status, body.error.field, body.error.message]).toEqual([400, field, message]);
      }
    }
  });

  it("are changed, taken away, and told of in the audit log", async () => {
    const changed = await asOwner("PATCH", `/v1/api-keys/${team.id}`, { groups: [elsewhere] });
    expect(changed.body.groups).toEqual([elsewhere]);
    expect(await seenBy(team.key)).toEqual([outside]);
    const row = await env.DB.prepare("SELECT details FROM audit_log WHERE target = ? AND action = 'api_key.updated'")
      .bind(team.id)
      .first<{ details: string }>();
    expect(JSON.parse(row?.details ?? "")).toMatchObject({ accounts: null, groups: [elsewhere] });
    expect((await asOwner("PATCH", `/v1/api-keys/${team.id}`, { groups: null })).body.groups).toBe(null);
    expect(await seenBy(team.key)).toHaveLength(3);
  });

  it("keep it from being the one that administers its workspace", async () => {
    const { body } = await asOwner("GET", "/v1/api-keys?limit=100");
    const first = body.api_keys.find(({ name }: { name: string }) => name === "First key").id;
    const narrowed = await asOwner("PATCH", `/v1/api-keys/${first}`, { groups: [client] });
    expect([narrowed.status, narrowed.body.error.message]).toEqual([
      409,
      "No other API key administers this workspace for as long. Create one with keys:admin first.",
    ]);
    expect((await asOwner("DELETE", `/v1/api-keys/${first}`)).status).toBe(409);
  });
});

describe("a key that is restricted to groups administers keys", () => {
  const fields = { name: "Sub-team", scopes: ["posts:read", "accounts:read"] };

  it("makes those that are restricted to some of its groups, and no others", async () => {
    const refusals = [
      [{}, "groups"],
      [{ groups: null }, "groups"],
      [{ accounts: [inside] }, "groups"],
      [{ groups: [elsewhere] }, "groups.0"],
      [{ groups: [client], accounts: [outside] }, "accounts.0"],
    ] as const;
    for (const [limits, field] of refusals) {
      const { status, body } = await asTeam("POST", "/v1/api-keys", { ...fields, ...limits });
      expect([limits, status, body.error.field]).toEqual([limits, 400, field]);
    }
    const [foreign, missing] = [
      await asTeam("POST", "/v1/api-keys", { ...fields, groups: [elsewhere] }),
      await asTeam("POST", "/v1/api-keys", { ...fields, groups: ["group_x"] }),
    ];
    expect(saidBy(foreign)).toBe(saidBy(missing));
    const made = await asTeam("POST", "/v1/api-keys", { ...fields, groups: [client], accounts: [inside] });
    expect(await seenBy(made.body.key)).toEqual([inside]);
    for (const limits of [{ groups: null }, { groups: [client, elsewhere] }]) {
      expect((await asTeam("PATCH", `/v1/api-keys/${made.body.id}`, limits)).status).toBe(400);
      expect((await asTeam("PATCH", `/v1/api-keys/${team.id}`, limits)).status).toBe(400);
    }
    expect((await asTeam("PATCH", `/v1/api-keys/${made.body.id}`, { accounts: null })).body.accounts).toBe(null);
  });

  it("sees no key that may reach further than it does", async () => {
    const hidden = [
      await newKey(workspace),
      await newKey(workspace, { accounts: [inside] }),
      await newKey(workspace, { groups: [client, elsewhere] }),
    ];
    const seen = await newKey(workspace, { groups: [client], accounts: [inside] });
    const listed = (await asTeam("GET", "/v1/api-keys")).body.api_keys.map(({ id }: { id: string }) => id);
    expect(listed.sort()).toEqual([team.id, seen.id].sort());
    for (const { id } of hidden) {
      for (const [method, path, body] of [
        ["GET", "", undefined],
        ["PATCH", "", { name: "Mine" }],
        ["DELETE", "", undefined],
        ["POST", "/rotate", {}],
      ] as const) {
        expect((await asTeam(method, `/v1/api-keys/${id}${path}`, body)).status).toBe(404);
      }
    }
    expect((await asTeam("POST", `/v1/api-keys/${seen.id}/rotate`, {})).status).toBe(200);
  });

  it("and one that is restricted to accounts sees no groups", async () => {
    const only = await newKey(workspace, { scopes: KEY_SCOPES, accounts: [inside] });
    const [real, missing] = [
      await ask(only.key, "POST", "/v1/api-keys", { ...fields, accounts: [inside], groups: [client] }),
      await ask(only.key, "POST", "/v1/api-keys", { ...fields, accounts: [inside], groups: ["group_x"] }),
    ];
    expect([real.status, real.body.error.field]).toEqual([400, "groups.0"]);
    expect(saidBy(real)).toBe(saidBy(missing));
    const both = await newKey(workspace, { accounts: [inside], groups: [client] });
    const path = `/v1/api-keys/${both.id}`;
    expect((await ask(only.key, "PATCH", path, { name: "Named", groups: [client] })).body.groups).toEqual([client]);
  });

  it("reaches no key that it made, once it is restricted otherwise", async () => {
    const made = await asTeam("POST", "/v1/api-keys", { ...fields, groups: [client] });
    await asOwner("PATCH", `/v1/api-keys/${team.id}`, { groups: [elsewhere] });
    expect((await asTeam("PATCH", `/v1/api-keys/${made.body.id}`, { name: "Late" })).status).toBe(404);
  });
});
