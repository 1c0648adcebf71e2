import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { KEY_SCOPES } from "../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { documentOf, holdTime, refOf, wake } from "./helpers/drive.ts";
import { deliveriesOf, newWebhook, Receivers } from "./helpers/webhooks.ts";

/*
 * The link by which whoever has it decides on a post: endpoints are sent it, and who reads of events without the right to
 * decide is not shown it.
 */

let workspace: TestWorkspace;
let receivers: Receivers;
beforeEach(async () => {
  holdTime();
  receivers = new Receivers();
  workspace = await newWorkspace();
});
afterEach(() => vi.restoreAllMocks());

async function askForApproval(): Promise<void> {
  const accounts = [await newAccount(workspace, "facebook")];
  const schedule = new Date(Date.now() + 86_400_000).toISOString();
  const ref = refOf(workspace, await publish(workspace, { content: "Look", accounts, schedule, approval: true }));
  await wake(ref);
  await documentOf(ref);
  await receivers.settle();
}

it("is shown by the API to keys that may approve, and to no others", async () => {
  await askForApproval();
  const scopes = KEY_SCOPES.filter((scope) => scope !== "approvals:write");
  const keys = { may: (await newKey(workspace)).key, mayNot: (await newKey(workspace, { scopes })).key };
  const read = async (key: string) => {
    const { body } = await call("GET", "/v1/events?limit=100", { key });
    const listed = body.events.find(({ type }: { type: string }) => type === "approval.requested");
    return [listed, (await call("GET", `/v1/events/${listed.id}`, { key })).body];
  };
  for (const event of await read(keys.may)) {
    expect(event.data.link).toMatch(/^http:\/\/apionics\.test\/review\//);
  }
  const [whole] = await read(keys.may);
  for (const event of await read(keys.mayNot)) {
    expect(event).toEqual({ ...whole, data: { ...whole.data, link: null } });
  }
});

it("is shown in the console to members who may approve, and to no others", async () => {
  await askForApproval();
  const { body } = await call("GET", "/v1/events?limit=100", { key: workspace.test });
  const { id } = body.events.find(({ type }: { type: string }) => type === "approval.requested");
  for (const [role, isShown] of [
    ["viewer", false],
    ["editor", false],
    ["approver", true],
  ] as const) {
    const person = await newMember(workspace, role);
    for (const page of ["developers", "developers/events", `developers/events/${id}`]) {
      const { status, text } = await person.get(pageOf(workspace, page));
      expect([role, page, status, text.includes("/review/")]).toEqual([role, page, 200, isShown]);
    }
  }
});

it("is sent to endpoints, and is not among what is kept of an answer that repeats it, whole or cut off", async () => {
  const webhook = await newWebhook(workspace, ["approval.requested"]);
  for (const repeat of [
    (body: string) => body,
    (body: string) => JSON.stringify({ got: body }),
    (body: string) => encodeURIComponent(body).slice(-1_000),
    (body: string) => `${"x".repeat(1_024 - 20 - link(body).length)}${link(body)}`,
    (body: string) => `${"x".repeat(1_024 - link(body).length + 1)}${link(body)}`,
  ]) {
    receivers.answer(webhook.url, ({ body }) => new Response(repeat(body)));
    await askForApproval();
    const sent = receivers.at(webhook.url).at(-1)?.body ?? "";
    const [claims, signature = ""] = link(sent).split("/review/")[1]?.split(".") ?? [];
    expect(claims?.length).toBeGreaterThan(20);
    const [delivery] = await deliveriesOf(workspace, webhook);
    const { response } = delivery.attempts[0];
    expect(response).toContain("…");
    expect(response).not.toContain(claims);
    expect(response).not.toContain(signature.slice(0, 8));
  }
});
const link = (body: string): string => JSON.parse(body).data.link;

it("is in no export", async () => {
  await askForApproval();
  const { text } = await call("GET", `/v1/workspaces/${workspace.id}/export`, { key: env.ADMIN_TOKEN ?? "" });
  expect(text).toContain('"link":null');
  expect(text).not.toContain("/review/");
});
