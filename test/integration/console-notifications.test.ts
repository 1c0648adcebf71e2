import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { calls, documentOf, drive, holdTime, refOf } from "./helpers/drive.ts";
import { Receivers } from "./helpers/webhooks.ts";

/*
 * How members are told of failures and approvals.
 */

let workspace: TestWorkspace;
let receivers: Receivers;
let path: string;
beforeEach(async () => {
  holdTime();
  receivers = new Receivers();
  workspace = await newWorkspace();
  path = pageOf(workspace, "settings/notifications");
});
afterEach(() => vi.restoreAllMocks());

type Browser = Awaited<ReturnType<typeof newMember>>;

let urls = 0;
/** Has a member told of failures and approvals, and is where they are. */
async function tell(person: Browser, events: readonly string[] = ["publish.failed", "approval.requested"]) {
  urls += 1;
  const url = `https://hooks.example.com/services/T0/B0/secret${urls}XYZ9`;
  receivers.isChat(url);
  const saved = await person.post(path, { form_id: `tell-${urls}`, url, events });
  expect(saved.location).toBe(`${path}?done=saved`);
  return url;
}

/** Publishes a post that fails. */
async function fail(groupId: string | null = null): Promise<string> {
  const account = await newAccount(workspace, "instagram", "rejects_media");
  if (groupId) await call("PATCH", `/v1/accounts/${account}`, { key: workspace.test, body: { group_id: groupId } });
  const accepted = await publish(workspace, {
    content: "No",
    accounts: [account],
    media: [await newPicture(workspace)],
  });
  await drive(refOf(workspace, accepted));
  await receivers.settle();
  return accepted.body.id;
}

async function askApproval(): Promise<string> {
  const accounts = [await newAccount(workspace, "facebook")];
  const approval = true;
  const accepted = await publish(workspace, { content: "Ask", accounts, approval, schedule: inADay() });
  await calls(refOf(workspace, accepted)).wake();
  await documentOf(refOf(workspace, accepted));
  await receivers.settle();
  return accepted.body.id;
}
const inADay = () => new Date(Date.now() + 86_400_000).toISOString();
const textAt = (url: string, index = 0): string => JSON.parse(receivers.at(url)[index]?.body ?? "{}").text;

it("a member is told of failures in words, without our signature, with the way to the post", async () => {
  const person = await newMember(workspace, "viewer");
  const url = await tell(person);
  const postId = await fail();
  const [sent] = receivers.at(url);
  expect(receivers.at(url)).toHaveLength(1);
  expect(Object.keys(sent?.headers ?? {}).filter((name) => name.startsWith("webhook-"))).toEqual([]);
  expect(Object.keys(JSON.parse(sent?.body ?? ""))).toEqual(["text"]);
  expect(textAt(url)).toMatch(/^\[Test\] A post failed on Instagram: /);
  expect(textAt(url)).toContain(`http://apionics.test${pageOf(workspace, `posts/${postId}`)}`);
});

it("and of approvals, without the link by which anybody could decide", async () => {
  const person = await newMember(workspace, "viewer");
  const url = await tell(person, ["approval.requested"]);
  await fail();
  expect(receivers.at(url)).toHaveLength(0);
  const postId = await askApproval();
  expect(textAt(url)).toContain("A post waits for approval, planned for ");
  expect(textAt(url)).toContain(pageOf(workspace, `posts/${postId}`));
  expect(textAt(url)).not.toContain("/review/");
});

it("the URL is kept sealed, and never shown whole", async () => {
  const person = await newMember(workspace, "editor");
  const url = await tell(person);
  const shown = (await person.get(path)).text;
  expect(shown).toContain("https://hooks.example.com/…XYZ9");
  expect(shown).not.toContain(url);
  for (const table of ["webhooks", "audit_log", "idempotency", "deliveries"]) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
    expect(JSON.stringify(results)).not.toContain(url);
    expect(JSON.stringify(results)).not.toContain("/services/T0");
  }
});

it("it is none of the workspace's webhooks, whose admins see that somebody is told and no more", async () => {
  const person = await newMember(workspace, "editor", { name: "Told" });
  const admin = await newMember(workspace, "admin", { name: "Untold" });
  await tell(person);
  expect((await call("GET", "/v1/webhooks", { key: workspace.test })).body.webhooks).toEqual([]);
  const row = await env.DB.prepare("SELECT id FROM webhooks WHERE person_id = ?")
    .bind(person.personId)
    .first<{ id: string }>();
  const asks = [
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["POST", "/rotate"],
    ["POST", "/test"],
    ["GET", "/deliveries"],
  ] as const;
  for (const [method, rest] of asks) {
    const body = method === "PATCH" ? { body: { active: false } } : {};
    const answer = await call(method, `/v1/webhooks/${row?.id}${rest}`, { key: workspace.test, ...body });
    expect([method, rest, answer.status]).toEqual([method, rest, 404]);
  }
  const { body } = await call("GET", "/v1/members", { key: workspace.test });
  const told = body.members.map((member: { name: string; notified: boolean }) => [member.name, member.notified]);
  expect(told).toEqual(
    expect.arrayContaining([
      ["Told", true],
      ["Untold", false],
    ]),
  );
  expect((await admin.get(pageOf(workspace, "settings"))).text).toMatch(/data-label="Told">Yes</);
  expect((await admin.get(pageOf(workspace, `developers/webhooks/${row?.id}`))).status).toBe(404);
  const exported = await call("GET", `/v1/workspaces/${workspace.id}/export`, { key: env.ADMIN_TOKEN ?? "" });
  expect(exported.text).not.toContain(row?.id ?? "none");
});

it("who is limited to groups is told of posts that go to no other account", async () => {
  const { body } = await call("POST", "/v1/account-groups", { key: workspace.test, body: { name: "Theirs" } });
  const limited = await newMember(workspace, "editor", { groups: [body.id] });
  const url = await tell(limited);
  await fail();
  await askApproval();
  expect(receivers.at(url)).toHaveLength(0);
  const postId = await fail(body.id);
  expect(receivers.at(url)).toHaveLength(1);
  expect(textAt(url)).toContain(postId);
});

it("is changed, keeps its URL where none is given, and ends", async () => {
  const person = await newMember(workspace, "editor");
  expect((await person.post(path, { form_id: "a", url: "", events: "publish.failed" })).text).toContain(
    "URL is required.",
  );
  const refused = await person.post(path, { form_id: "b", url: "http://10.0.0.1/x", events: "publish.failed" });
  expect([refused.status, refused.text.includes('id="url-error"')]).toEqual([400, true]);
  const url = await tell(person, ["approval.requested"]);
  expect((await person.post(path, { form_id: "c", url: "" })).status).toBe(400);
  expect((await person.post(path, { form_id: "d", url: "", events: "publish.failed" })).status).toBe(303);
  await fail();
  expect(receivers.at(url)).toHaveLength(1);
  expect((await person.post(`${path}/remove`, { form_id: "e" })).status).toBe(303);
  await fail();
  expect(receivers.at(url)).toHaveLength(1);
  expect((await person.get(path)).text).toContain("This deployment sends no e-mail");
});

it("who is removed is told nothing any more, and in that moment gets nothing told", async () => {
  const admin = await newMember(workspace, "admin");
  const person = await newMember(workspace, "editor");
  const url = await tell(person);
  const removed = await admin.post(pageOf(workspace, `settings/members/${person.personId}/remove`), { form_id: "r" });
  expect(removed.status).toBe(303);
  const left = () =>
    env.DB.prepare("SELECT count(*) AS n FROM webhooks WHERE workspace_id = ?").bind(workspace.id).first("n");
  expect(await left()).toBe(0);
  await fail();
  expect(receivers.at(url)).toHaveLength(0);

  const leaving = await newMember(workspace, "editor");
  const { vault } = servicesOf(env);
  const seal = vault.seal;
  vi.spyOn(vault, "seal").mockImplementationOnce(async (...args) => {
    await env.DB.prepare("DELETE FROM members WHERE person_id = ?").bind(leaving.personId).run();
    return seal(...args);
  });
  const late = await leaving.post(path, {
    form_id: "l",
    url: "https://hooks.example.com/late",
    events: "publish.failed",
  });
  expect(late.status).toBe(409);
  expect(await left()).toBe(0);
});

it("an address that says that it is gone is given up, of which the workspace's webhooks hear nothing", async () => {
  const person = await newMember(workspace, "editor");
  const url = await tell(person);
  receivers.answer(url, () => new Response(null, { status: 410 }));
  await fail();
  expect((await person.get(path)).text).toContain("so nothing is sent any more");
  const { body } = await call("GET", "/v1/events", { key: workspace.test });
  expect(body.events.map(({ type }: { type: string }) => type)).not.toContain("webhook.disabled");
  expect((await person.post(path, { form_id: "again", url: "", events: "publish.failed" })).status).toBe(303);
  expect((await person.get(path)).text).not.toContain("so nothing is sent any more");
});
