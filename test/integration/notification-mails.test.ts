import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { advance, calls, documentOf, drive, holdTime, refOf } from "./helpers/drive.ts";
import { linkIn, Mailbox, SENDER } from "./helpers/mailbox.ts";
import { Receivers, sweepWebhooks } from "./helpers/webhooks.ts";

/*
 * Members who are told of failures and approvals by e-mail, where the deployment has a sender.
 */

const HOUR = 3_600_000;

let workspace: TestWorkspace;
let receivers: Receivers;
let mailbox: Mailbox;
let path: string;
beforeEach(async () => {
  holdTime();
  receivers = new Receivers();
  mailbox = new Mailbox();
  workspace = await newWorkspace();
  path = pageOf(workspace, "settings/notifications");
});
afterEach(() => {
  mailbox.close();
  vi.restoreAllMocks();
});

type Browser = Awaited<ReturnType<typeof newMember>>;

const BOTH = ["publish.failed", "approval.requested"];
let forms = 0;
const fields = (more: Record<string, string | readonly string[]>) => {
  forms += 1;
  return { form_id: `mail-${forms}`, ...more };
};
let members = 0;
const newAddress = () => {
  members += 1;
  return `member-${members}@inbox.example`;
};
const ask = (person: Browser, email: string, events: readonly string[] = BOTH) =>
  person.post(`${path}/email`, fields({ email, events }));
const confirm = (person: Browser, link: string) =>
  person.post(`${path}/confirm`, fields({ token: new URLSearchParams(link.split("?")[1]).get("confirm") ?? "" }));

/** Has a member mailed, and says where. */
async function mail(person: Browser, events: readonly string[] = BOTH): Promise<string> {
  const address = newAddress();
  expect((await ask(person, address, events)).location).toBe(`${path}?done=sent`);
  const [asked] = mailbox.at(address);
  expect((await confirm(person, linkIn(asked as never))).location).toBe(`${path}?done=saved`);
  return address;
}

/** Publishes a post that fails. */
async function fail(): Promise<string> {
  const accounts = [await newAccount(workspace, "instagram", "rejects_media")];
  const accepted = await publish(workspace, { content: "No", accounts, media: [await newPicture(workspace)] });
  await drive(refOf(workspace, accepted));
  await receivers.settle();
  return accepted.body.id;
}

async function askApproval(comment: string): Promise<string> {
  const accounts = [await newAccount(workspace, "facebook")];
  const schedule = new Date(Date.now() + 24 * HOUR).toISOString();
  const accepted = await publish(workspace, { content: "Ask", accounts, approval: { comment }, schedule });
  await calls(refOf(workspace, accepted)).wake();
  await documentOf(refOf(workspace, accepted));
  await receivers.settle();
  return accepted.body.id;
}

it("an address is mailed of nothing until the link that was sent there is confirmed by who named it", async () => {
  const person = await newMember(workspace, "viewer", { name: "Ada <b>" });
  const stranger = await newMember(workspace, "admin");
  const address = newAddress();
  await ask(person, address);
  const [asked, ...more] = mailbox.sent;
  expect(more).toEqual([]);
  expect(asked).toMatchObject({ from: SENDER, to: address, subject: "Confirm your address" });
  // Nothing in it was written by who named the address.
  for (const written of ["Ada", "A workspace", address]) expect(asked?.text).not.toContain(written);
  const link = linkIn(asked as never);
  expect(link).not.toContain(address);
  await fail();
  expect(mailbox.sent).toHaveLength(1);
  // To open it confirms nothing.
  const page = await person.get(link);
  expect(page.text).toContain(`From now on ${address} is told of:`);
  expect((await stranger.get(link)).text).toContain("This link is not good");
  expect((await confirm(stranger, link)).status).toBe(400);
  await fail();
  expect(mailbox.sent).toHaveLength(1);
  expect((await confirm(person, link)).status).toBe(303);
  await fail();
  expect(mailbox.at(address)).toHaveLength(2);
});

it("a link ends after an hour, and is good in its own workspace and mode alone", async () => {
  const person = await newMember(workspace, "editor");
  const address = newAddress();
  await ask(person, address);
  const link = linkIn(mailbox.sent[0] as never);
  const token = new URLSearchParams(link.split("?")[1]).get("confirm") ?? "";
  const live = pageOf(workspace, "settings/notifications", "live");
  expect((await person.post(`${live}/confirm`, fields({ token }))).status).toBe(400);
  for (const bad of ["", "v1.x.y.z", `${token.slice(0, -2)}AA`]) {
    expect((await person.post(`${path}/confirm`, fields({ token: bad }))).status).toBe(400);
  }
  advance(HOUR);
  expect((await person.get(link)).text).toContain("This link is not good");
  const late = await confirm(person, link);
  expect([late.status, late.text.includes("This link is not good")]).toEqual([400, true]);
  await fail();
  expect(mailbox.at(address)).toHaveLength(1);
});

it("a mail says what happened, of which post, and where it is, in plain text", async () => {
  const person = await newMember(workspace, "viewer");
  const address = await mail(person);
  const failed = await fail();
  const asked = await askApproval("Look\r\nBcc: everybody@example.com");
  const [, failure, request, ...more] = mailbox.at(address);
  expect(more).toEqual([]);
  expect(Object.keys(failure ?? {}).sort()).toEqual(["from", "subject", "text", "to"]);
  expect(failure).toMatchObject({ from: SENDER, to: address, subject: "[Test] A post failed on Instagram" });
  expect(failure?.text).toMatch(/^\[Test\] A post failed on Instagram: \S/);
  expect(failure?.text).toContain(`Post: ${failed}\nhttp://apionics.test${pageOf(workspace, `posts/${failed}`)}\n`);
  expect(failure?.text).toContain(`http://apionics.test${path}\n`);
  // What others have written is in the text, and in no header.
  expect(request?.subject).toBe("[Test] A post waits for approval");
  expect(request?.text).toContain("Bcc: everybody@example.com");
  expect(request?.text).toContain(asked);
  expect(request?.text).not.toContain("/review/");
});

it("a mail that is not taken is sent again, and once", async () => {
  const person = await newMember(workspace, "viewer");
  const address = await mail(person);
  const errors = vi.spyOn(servicesOf(env).log, "error").mockImplementation(() => {});
  mailbox.refusal = Object.assign(new Error(`no such inbox: ${address}`), { code: "E_RATE_LIMIT_EXCEEDED" });
  await fail();
  const row = await env.DB.prepare(
    "SELECT d.log, w.failures FROM deliveries AS d JOIN webhooks AS w ON w.id = d.webhook_id WHERE w.person_id = ?",
  )
    .bind(person.personId)
    .first<{ log: string; failures: number }>();
  expect(row?.failures).toBe(1);
  expect(JSON.parse(row?.log ?? "[]")).toMatchObject([
    { status: null, error: "The sender did not take it (E_RATE_LIMIT_EXCEEDED).", response: "" },
  ]);
  expect(errors).toHaveBeenCalledWith("a mail was not sent", null, { code: "E_RATE_LIMIT_EXCEEDED" });
  mailbox.refusal = null;
  advance(10_000);
  await sweepWebhooks();
  await receivers.settle();
  await receivers.pass(60_000);
  expect(mailbox.at(address)).toHaveLength(2);
});

it("an address is kept sealed, shown by its ends alone, and stands in no log", async () => {
  const person = await newMember(workspace, "editor");
  const address = await mail(person);
  await fail();
  const page = (await person.get(path)).text;
  expect(page).toContain("You are told at m…@inbox.example.");
  expect(page).not.toContain(address);
  for (const table of ["webhooks", "audit_log", "idempotency", "deliveries", "events"]) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
    expect([table, JSON.stringify(results).includes(address)]).toEqual([table, false]);
  }
});

it("what is told is changed without another link, and a URL takes its place and gives it back", async () => {
  const person = await newMember(workspace, "editor");
  const address = await mail(person, ["approval.requested"]);
  expect((await person.get(path)).text).toContain("Save the e-mail");
  expect((await ask(person, "", ["publish.failed"])).location).toBe(`${path}?done=saved`);
  await fail();
  expect(mailbox.at(address)).toHaveLength(2);
  const url = "https://hooks.example.com/services/instead-of-mail";
  receivers.isChat(url);
  expect((await person.post(path, fields({ url: "", events: BOTH }))).text).toContain("URL is required.");
  expect((await person.post(path, fields({ url, events: BOTH }))).status).toBe(303);
  await fail();
  expect([mailbox.at(address).length, receivers.at(url).length]).toEqual([2, 1]);
  expect((await ask(person, "")).text).toContain("E-mail address is required.");
  const another = await mail(person);
  await fail();
  expect([mailbox.at(another).length, receivers.at(url).length]).toEqual([2, 1]);
});

it("what is no address is refused, and so is a link too many within the hour", async () => {
  const person = await newMember(workspace, "editor");
  for (const email of [
    "nobody",
    "a@b",
    "a@inbox.example\r\nBcc: b@inbox.example",
    "a@inbox.example, b@inbox.example",
  ]) {
    const page = await ask(person, email);
    expect([email, page.status, page.text.includes('id="email-error"')]).toEqual([email, 400, true]);
  }
  expect((await ask(person, newAddress(), [])).text).toContain('id="mail-events-error"');
  const sent = await Promise.all(Array.from({ length: 7 }, () => ask(person, newAddress())));
  expect(sent.map(({ status }) => status).sort()).toEqual([303, 303, 303, 303, 303, 409, 409]);
  expect(mailbox.sent).toHaveLength(5);
  expect((await ask(await newMember(workspace, "editor"), newAddress())).status).toBe(303);
  advance(HOUR);
  expect((await ask(person, newAddress())).status).toBe(303);
});

it("a form that is sent twice sends one link, and a link that could not be sent is told of", async () => {
  const person = await newMember(workspace, "editor");
  const form = fields({ email: newAddress(), events: BOTH });
  for (let i = 0; i < 2; i += 1) expect((await person.post(`${path}/email`, form)).status).toBe(303);
  expect(mailbox.sent).toHaveLength(1);
  vi.spyOn(servicesOf(env).log, "error").mockImplementation(() => {});
  mailbox.refusal = new Error("not for this sender");
  const refused = await ask(person, newAddress());
  expect([refused.status, refused.text.includes("was not sent a link: The sender did not take it")]).toEqual([
    400,
    true,
  ]);
  expect(refused.text).not.toContain("not for this sender");
});

it("without a sender the page says so, and what was to be mailed waits for one", async () => {
  const person = await newMember(workspace, "editor");
  const address = await mail(person);
  mailbox.close();
  await fail();
  expect((await person.get(path)).text).toContain("This deployment sends no e-mail");
  expect((await ask(person, newAddress())).status).toBe(400);
  const again = new Mailbox();
  advance(10_000);
  await sweepWebhooks();
  await receivers.settle();
  expect(again.at(address)).toHaveLength(1);
  again.close();
});

it("a deployment has a sender where it has both the binding and an address to send from", async () => {
  const EMAIL = { send: async () => ({ messageId: "1" }) } as unknown as SendEmail;
  expect(servicesOf({ ...env, EMAIL, EMAIL_FROM: SENDER } as never).sendMail).not.toBeNull();
  expect(servicesOf({ ...env, EMAIL, EMAIL_FROM: "" } as never).sendMail).toBeNull();
  expect(servicesOf({ ...env, EMAIL } as never).sendMail).toBeNull();
  expect(servicesOf({ ...env, EMAIL_FROM: SENDER } as never).sendMail).toBeNull();
  expect(() => servicesOf({ ...env, EMAIL, EMAIL_FROM: "nobody" } as never)).toThrow("EMAIL_FROM must be an e-mail");
});

it("who removes what they are told at is mailed nothing more", async () => {
  const person = await newMember(workspace, "editor");
  const address = await mail(person);
  expect((await person.post(`${path}/remove`, fields({}))).status).toBe(303);
  await fail();
  expect(mailbox.at(address)).toHaveLength(1);
  const { body } = await call("GET", "/v1/members", { key: workspace.test });
  expect(body.members).toMatchObject([{ notified: false }]);
});
