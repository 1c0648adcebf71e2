import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace } from "./helpers/api.ts";
import { ConsoleBrowser, newMember, pageOf } from "./helpers/console.ts";

/*
 * The people of a workspace, the groups that they can be limited to, and the settings: by the API, and by the console.
 */

let workspace: TestWorkspace;
beforeEach(async () => {
  workspace = await newWorkspace();
});

const ask = (method: string, path: string, body?: unknown, key = workspace.test) =>
  call(method, path, { key, ...(body === undefined ? {} : { body }) });

async function newGroup(name: string): Promise<string> {
  return (await ask("POST", "/v1/account-groups", { name })).body.id;
}

async function linesOf(action: string) {
  const query = env.DB.prepare("SELECT * FROM audit_log WHERE workspace_id = ? AND action = ?");
  return (await query.bind(workspace.id, action).all()).results;
}

describe("members", () => {
  it("are listed in both modes, with what they may do", async () => {
    const group = await newGroup("A client");
    const first = await newMember(workspace, "admin", { name: "Ada" });
    const second = await newMember(workspace, "editor", { name: "Grace", groups: [group] });
    for (const key of [workspace.test, workspace.live]) {
      const { body } = await ask("GET", "/v1/members", undefined, key);
      const byName = body.members.toSorted((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1));
      expect(byName).toMatchObject([
        { person_id: first.personId, name: "Ada", role: "admin", groups: null },
        { person_id: second.personId, name: "Grace", role: "editor", groups: [group] },
      ]);
    }
  });

  it("keep an admin: the last one is not removed, and stays admin, also when two go at once", async () => {
    const [first, second] = [await newMember(workspace, "admin"), await newMember(workspace, "admin")];
    const left = await Promise.all([first, second].map(({ personId }) => ask("DELETE", `/v1/members/${personId}`)));
    expect(left.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [last] = (await ask("GET", "/v1/members")).body.members;
    const demoted = await ask("PATCH", `/v1/members/${last.person_id}`, { role: "viewer" });
    expect(demoted.status).toBe(409);
    expect(demoted.body.error.message).toBe("This is the last admin of the workspace: make somebody else admin first.");
    expect((await ask("PATCH", `/v1/members/${last.person_id}`, { role: "admin" })).status).toBe(200);
    expect((await ask("GET", "/v1/members")).body.members).toMatchObject([{ role: "admin" }]);
  });

  it("of another workspace are as those that are not there", async () => {
    const elsewhere = await newWorkspace();
    const { personId } = await newMember(elsewhere, "viewer");
    for (const id of [personId, "person_x"]) {
      for (const [method, path, body] of [
        ["PATCH", `/v1/members/${id}`, { role: "admin" }],
        ["DELETE", `/v1/members/${id}`, undefined],
        ["POST", `/v1/members/${id}/sign-in-link`, undefined],
      ] as const) {
        const { status, body: answer } = await ask(method, path, body);
        expect([status, answer.error.message]).toEqual([404, "Member does not exist in this workspace."]);
      }
    }
  });

  it("are limited to groups of the workspace, unless they are admins", async () => {
    const group = await newGroup("A client");
    const { personId } = await newMember(workspace, "editor");
    const path = `/v1/members/${personId}`;
    expect((await ask("PATCH", path, { groups: [group] })).body.groups).toEqual([group]);
    const refused = [
      [{ groups: ["group_x"] }, "groups.0 is not a group of this workspace."],
      [{ groups: [] }, "groups must name at least one group, or be null for all accounts."],
      [{ role: "admin" }, "groups must be null for an admin, who sees every account."],
      [{}, "The request changes nothing: role or groups."],
      [{ role: "owner" }, "role must be one of: viewer, approver, editor, admin."],
      [{ name: "x" }, "name is not a known field."],
    ] as const;
    for (const [body, message] of refused) {
      const answer = await ask("PATCH", path, body);
      expect([answer.status, answer.body.error.message]).toEqual([400, message]);
    }
    expect((await ask("POST", "/v1/members/invite", { role: "viewer", groups: ["group_x"] })).status).toBe(400);
    expect((await ask("PATCH", path, { role: "admin", groups: null })).body.role).toBe("admin");
  });

  it("are not made, changed or let in by a key that may do less than they", async () => {
    const admin = await newMember(workspace, "admin");
    const viewer = await newMember(workspace, "viewer");
    await newMember(workspace, "admin");
    const scopes = ["keys:admin", "posts:read", "accounts:read", "webhooks:read"];
    const { key } = (await ask("POST", "/v1/api-keys", { name: "Less", scopes })).body;
    const excess = "which may do what the key of this request may not: posts:write.";
    const invited = await ask("POST", "/v1/members/invite", { role: "admin" }, key);
    expect([invited.status, invited.body.error.message]).toEqual([400, `role is admin, ${excess}`]);
    const raised = await ask("PATCH", `/v1/members/${viewer.personId}`, { role: "editor" }, key);
    expect([raised.status, raised.body.error.message]).toEqual([400, `role is editor, ${excess}`]);
    expect((await ask("POST", `/v1/members/${admin.personId}/sign-in-link`, undefined, key)).status).toBe(403);
    expect((await ask("POST", `/v1/members/${viewer.personId}/sign-in-link`, undefined, key)).status).toBe(201);
    expect((await ask("POST", "/v1/members/invite", { role: "viewer" }, key)).status).toBe(201);
    expect((await ask("PATCH", `/v1/members/${admin.personId}`, { role: "editor" }, key)).status).toBe(200);
    expect((await ask("PATCH", `/v1/members/${admin.personId}`, { role: "admin" }, key)).status).toBe(400);
  });

  it("have what they do in the audit log under their name, with the request that it was", async () => {
    const admin = await newMember(workspace, "admin", { name: "Ada" });
    const page = await admin.post(pageOf(workspace, "settings/invite", "live"), { role: "viewer", form_id: "1" });
    expect(page.status).toBe(201);
    const id = page.headers.get("X-Request-Id");
    expect(await linesOf("member.joined")).toMatchObject([{ actor: admin.personId, target: admin.personId }]);
    const line = (await linesOf("member.invited")).find(({ request_id }) => request_id === id);
    expect(line).toMatchObject({ actor: admin.personId, mode: "live", details: '{"role":"viewer"}' });
  });
});

describe("a form", () => {
  it("that is sent twice is done once, and shows the link that it made once", async () => {
    const admin = await newMember(workspace, "admin");
    const path = pageOf(workspace, "settings/invite");
    const linkIn = (text: string) => /value="(http[^"]+)"/.exec(text)?.[1];
    const fields = { role: "viewer", form_id: "once" };
    const sent = await Promise.all([admin.post(path, fields), admin.post(path, fields)]);
    expect(sent.map(({ status }) => status).sort()).toEqual([201, 410]);
    const [link, none] = sent.map(({ text }) => linkIn(text)).sort();
    expect([link, none]).toEqual([expect.stringContaining("/join/"), undefined]);
    const again = await admin.post(path, fields);
    expect([again.status, linkIn(again.text)]).toEqual([410, undefined]);
    expect(again.text).toContain("This was shown once");
    const other = await admin.post(path, { ...fields, form_id: "another" });
    expect(linkIn(other.text)).toContain("/join/");
    expect(linkIn(other.text)).not.toBe(link);
    // One by the API, for the admin; two by forms.
    expect(await linesOf("member.invited")).toHaveLength(3);
    const { results } = await env.DB.prepare("SELECT response_body FROM idempotency WHERE workspace_id = ?")
      .bind(workspace.id)
      .all();
    expect(JSON.stringify(results)).not.toContain("/join/");
  });

  it("that lets a member back in shows its link once, too", async () => {
    const admin = await newMember(workspace, "admin");
    const person = await newMember(workspace, "viewer");
    const path = pageOf(workspace, `settings/members/${person.personId}/link`);
    const [first, again] = [await admin.post(path, { form_id: "back" }), await admin.post(path, { form_id: "back" })];
    expect([first.status, first.text.includes("/join/")]).toEqual([201, true]);
    expect([again.status, again.text.includes("/join/")]).toEqual([410, false]);
  });

  it.each([
    ["viewer", "a viewer"],
    ["approver", "an approver"],
    ["editor", "an editor"],
    ["admin", "an admin"],
  ])("that invites a %s says so in English", async (role, words) => {
    const admin = await newMember(workspace, "admin");
    const { text } = await admin.post(pageOf(workspace, "settings/invite"), { role, form_id: role });
    expect(text).toContain(`who will be ${words}.`);
    const link = /value="(http[^"]+)"/.exec(text)?.[1] ?? "";
    expect((await new ConsoleBrowser().get(new URL(link).pathname)).text).toContain(`You are invited as ${words}.`);
  });

  it("that is refused is shown again with what was filled in, and what is wrong beside the field", async () => {
    const admin = await newMember(workspace, "admin");
    const fields = { name: "Mine", time_zone: "Mars/Base", approvals: "all_posts", form_id: "1" };
    const page = await admin.post(pageOf(workspace, "settings/general"), {
      ...fields,
      publish_within_seconds: "soon",
    });
    expect(page.status).toBe(400);
    expect(page.text).toContain('value="Mars/Base"');
    expect(page.text).toContain("Time zone must be a time zone of the IANA database, as in Europe/Paris.");
    expect(page.text).toContain("Late posts go out within must be");
    expect(page.text).toMatch(/value="all_posts" checked/);
    expect(page.text).toMatch(/aria-describedby="time_zone-hint time_zone-error" aria-invalid="true"/);
    expect((await ask("GET", "/v1/workspace")).body.name).toBe("A workspace");
  });

  it("that would leave nobody admin says so", async () => {
    const admin = await newMember(workspace, "admin");
    const path = pageOf(workspace, `settings/members/${admin.personId}/remove`);
    const page = await admin.post(path, { form_id: "1" });
    expect(page.status).toBe(409);
    expect(page.text).toContain("This is the last admin of the workspace: make somebody else admin first.");
  });
});

describe("the settings", () => {
  it("are changed by the API as by the console", async () => {
    const settings = { name: "Bakery", time_zone: "Europe/Paris", approvals: "keys", publish_within_seconds: 3_600 };
    expect((await ask("PATCH", "/v1/workspace", settings)).body).toMatchObject(settings);
    const admin = await newMember(workspace, "admin");
    const { text } = await admin.get(pageOf(workspace, "settings"));
    for (const value of ["Bakery", "Europe/Paris", "3600"]) expect(text).toContain(`value="${value}"`);
    expect(text).toMatch(/value="keys" checked/);
    const fields = {
      name: "Bread",
      time_zone: "Asia/Tokyo",
      approvals: "off",
      publish_within_seconds: "",
      form_id: "1",
    };
    const saved = await admin.post(pageOf(workspace, "settings/general"), fields);
    expect((await admin.get(saved.location)).text).toContain("Saved.");
    expect((await ask("GET", "/v1/workspace")).body).toMatchObject({
      name: "Bread",
      time_zone: "Asia/Tokyo",
      approvals: "off",
      publish_within_seconds: null,
    });
    expect((await ask("PATCH", "/v1/workspace", { time_zone: "+02:00" })).status).toBe(400);
  });
});

describe("the pages of the settings", () => {
  it("show one member, and nobody of another workspace", async () => {
    const elsewhere = await newWorkspace();
    const foreign = await newMember(elsewhere, "viewer", { name: "Foreign" });
    const admin = await newMember(workspace, "admin");
    const group = await newGroup("A client");
    const person = await newMember(workspace, "editor", { name: "Grace" });
    const path = pageOf(workspace, `settings/members/${person.personId}`);
    expect((await admin.get(path)).text).toContain("<h1>Grace</h1>");
    const saved = await admin.post(`${path}/rights`, { role: "approver", groups: [group], form_id: "1" });
    expect((await admin.get(saved.location)).text).toMatch(/value="approver" checked[\s\S]*value="group_\w+" checked/);
    expect((await ask("GET", "/v1/members")).body.members).toContainEqual(
      expect.objectContaining({ person_id: person.personId, role: "approver", groups: [group] }),
    );
    const refused = await admin.post(`${path}/rights`, { role: "admin", groups: [group], form_id: "2" });
    expect(refused.text).toContain("Accounts that they see must be null for an admin, who sees every account.");
    for (const id of [foreign.personId, "person_x"]) {
      const page = await admin.get(pageOf(workspace, `settings/members/${id}`));
      expect([page.status, page.text.includes("Foreign")]).toEqual([404, false]);
      const sent = await admin.post(pageOf(workspace, `settings/members/${id}/rights`), {
        role: "admin",
        form_id: "3",
      });
      expect(sent.status).toBe(404);
    }
  });

  it("change groups, and say what is wrong with a name", async () => {
    const admin = await newMember(workspace, "admin");
    const path = pageOf(workspace, "settings/groups");
    expect((await admin.post(path, { name: "A client", form_id: "1" })).location).toContain("done=group");
    const taken = await admin.post(path, { name: "A client", form_id: "2" });
    expect([taken.status, taken.text.includes("The name is taken")]).toEqual([409, true]);
    const [group] = (await ask("GET", "/v1/account-groups")).body.account_groups;
    expect((await admin.post(`${path}/${group.id}/name`, { name: "B client", form_id: "3" })).status).toBe(303);
    expect((await admin.get(pageOf(workspace, "settings"))).text).toContain("B client");
    expect((await admin.post(`${path}/${group.id}/remove`, { form_id: "4" })).status).toBe(303);
    expect((await admin.post(`${path}/${group.id}/remove`, { form_id: "5" })).status).toBe(404);
    expect((await ask("GET", "/v1/account-groups")).body.account_groups).toEqual([]);
  });

  it("list the audit log of the mode, with people by their names, to who may read it", async () => {
    const admin = await newMember(workspace, "admin", { name: "Ada" });
    const fields = { name: "Other", time_zone: "UTC", approvals: "off", form_id: "1" };
    await admin.post(pageOf(workspace, "settings/general", "live"), fields);
    const live = await admin.get(pageOf(workspace, "settings/audit", "live"));
    expect(live.text).toMatch(/Ada<\/td><th[^>]*>workspace\.updated/);
    const test = await admin.get(pageOf(workspace, "settings/audit"));
    expect(test.text).not.toMatch(/<th[^>]*>workspace\.updated/);
    const filtered = await admin.get(pageOf(workspace, "settings/audit?action=member.joined", "live"));
    expect(filtered.text).not.toMatch(/<th[^>]*>workspace\.updated/);
    expect(filtered.text).toMatch(/<th[^>]*>member\.joined/);
    for (const role of ["viewer", "approver", "editor"] as const) {
      const person = await newMember(workspace, role);
      expect((await person.get(pageOf(workspace, "settings/audit"))).status).toBe(403);
    }
  });

  it("list fifty lines of the audit log a page", async () => {
    const admin = await newMember(workspace, "admin");
    for (let i = 0; i < 53; i += 1) await newGroup(`Group ${i}`);
    const rows = (text: string) => [...text.matchAll(/<tr /g)].length - 1;
    const first = await admin.get(pageOf(workspace, "settings/audit?action=group.created"));
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await admin.get(next);
    expect([rows(first.text), rows(second.text)]).toEqual([50, 3]);
    expect(second.text).not.toContain('rel="next"');
  });
});

describe("groups of accounts", () => {
  it("are named once, renamed, and deleted while nobody is limited to them", async () => {
    const group = await newGroup("A client");
    const other = await newGroup("Another");
    expect((await ask("POST", "/v1/account-groups", { name: "A client" })).status).toBe(409);
    expect((await ask("PATCH", `/v1/account-groups/${other}`, { name: "A client" })).status).toBe(409);
    expect((await ask("PATCH", `/v1/account-groups/${other}`, { name: "B client" })).body.name).toBe("B client");
    const account = await newAccount(workspace, "facebook");
    const moved = await ask("PATCH", `/v1/accounts/${account}`, { group_id: group });
    expect(moved.body).toMatchObject({ group_id: group, labels: [] });
    const person = await newMember(workspace, "viewer", { groups: [group] });
    expect((await ask("DELETE", `/v1/account-groups/${group}`)).status).toBe(409);
    expect((await ask("GET", `/v1/accounts/${account}`)).body.group_id).toBe(group);
    expect((await ask("PATCH", `/v1/members/${person.personId}`, { groups: null })).status).toBe(200);
    expect((await ask("DELETE", `/v1/account-groups/${group}`)).status).toBe(200);
    expect((await ask("GET", `/v1/accounts/${account}`)).body.group_id).toBe(null);
    const { body } = await ask("GET", "/v1/account-groups", undefined, workspace.live);
    expect(body.account_groups).toMatchObject([{ id: other, name: "B client" }]);
  });

  it("of another workspace are as those that are not there", async () => {
    const elsewhere = await newWorkspace();
    const foreign = await call("POST", "/v1/account-groups", { key: elsewhere.test, body: { name: "Theirs" } });
    const account = await newAccount(workspace, "facebook");
    for (const id of [foreign.body.id, "group_x"]) {
      const put = await ask("PATCH", `/v1/accounts/${account}`, { group_id: id });
      expect([put.status, put.body.error.message]).toEqual([400, "group_id is not a group of this workspace."]);
      expect((await ask("PATCH", `/v1/account-groups/${id}`, { name: "Mine" })).status).toBe(404);
      expect((await ask("DELETE", `/v1/account-groups/${id}`)).status).toBe(404);
    }
    expect((await ask("GET", "/v1/account-groups")).body.account_groups).toEqual([]);
  });

  it("of an account are changed by who reaches every account alone", async () => {
    const account = await newAccount(workspace, "facebook");
    const group = await newGroup("A client");
    const made = await ask("POST", "/v1/api-keys", { name: "One", scopes: ["accounts:write"], accounts: [account] });
    const path = `/v1/accounts/${account}`;
    expect((await ask("PATCH", path, { group_id: group }, made.body.key)).status).toBe(403);
    expect((await ask("PATCH", path, { labels: ["x"] }, made.body.key)).status).toBe(200);
    expect((await ask("PATCH", path, {})).status).toBe(400);
  });
});

describe("a suspended workspace", () => {
  it("shows its members that it is, and nothing else", async () => {
    const admin = await newMember(workspace, "admin");
    await env.DB.prepare("UPDATE workspaces SET suspended_at = 1 WHERE id = ?").bind(workspace.id).run();
    const page = await admin.get(pageOf(workspace, "settings"));
    expect([page.status, page.text.includes("This workspace is suspended")]).toEqual([403, true]);
    expect(page.text).not.toContain("Members");
    expect((await new ConsoleBrowser().get("/console")).location).toBe("/console/sign-in");
  });
});
