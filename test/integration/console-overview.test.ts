import { beforeAll, describe, expect, it } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import type { Page } from "./helpers/console.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { drive, holdTime, refOf } from "./helpers/drive.ts";

/*
 * Where a workspace begins: how many posts there are, and how well it goes.
 */

const mainOf = ({ text }: Page) => /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? "";

let workspace: TestWorkspace;
let account: string;
let other: string;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
  other = await newAccount(workspace, "facebook", "rejects_media");
  for (let i = 0; i < 3; i += 1) {
    await drive(refOf(workspace, await publish(workspace, { content: `Post ${i}`, accounts: [account] })));
  }
  const media = [await newPicture(workspace)];
  await drive(refOf(workspace, await publish(workspace, { content: "Refused", accounts: [other], media })));
  const schedule = new Date(Date.now() + 2 * 86_400_000).toISOString();
  await publish(workspace, { content: "Later", accounts: [account], schedule, approval: true });
});

describe("the overview", () => {
  it("counts the posts by status, each a way to them", async () => {
    const viewer = await newMember(workspace, "viewer");
    const main = mainOf(await viewer.get(pageOf(workspace, "overview")));
    for (const [status, count] of [
      ["published", 3],
      ["failed", 1],
      ["awaiting_approval", 1],
      ["canceled", 0],
    ]) {
      const link = `href="${pageOf(workspace, "calendar")}?view=list&amp;status=${status}"`;
      expect(main).toContain(`${link}><span class="figure">${count}</span>`);
      const list = mainOf(await viewer.get(`${pageOf(workspace, "calendar")}?view=list&status=${status}`));
      expect([status, list.match(/<th scope="row"/g)?.length ?? 0]).toEqual([status, count]);
    }
  });

  it("draws 38 days, and says the same in tables", async () => {
    const page = await (await newMember(workspace, "viewer")).get(pageOf(workspace, "overview"));
    const main = mainOf(page);
    expect(main.match(/<svg class="plot"[^>]* role="img" aria-label="[^"]+"/g)).toHaveLength(3);
    expect(main.match(/<g><title>/g)).toHaveLength(38);
    expect(main).toContain("75%");
    const today = new Date(Date.now()).toISOString().slice(0, 10);
    expect(main).toMatch(new RegExp(`<title>${today}: 3 published, 1 failed</title>`));
    expect(main).toMatch(new RegExp(`<th scope="row"[^>]*>${today}</th><td[^>]* class="number"[^>]*>0</td>`));
    expect(page.text).not.toMatch(/ style="/);
    expect(page.text.length).toBeLessThan(60_000);
  });

  it("counts what a member's groups reach, and nothing of webhooks", async () => {
    const key = workspace.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: "A client" } })).body.id;
    await call("PATCH", `/v1/accounts/${other}`, { key, body: { group_id: group } });
    const member = await newMember(workspace, "editor", { groups: [group] });
    const main = mainOf(await member.get(pageOf(workspace, "overview")));
    expect(main).toContain('status=failed"><span class="figure">1</span>');
    expect(main).toContain('status=published"><span class="figure">0</span>');
    expect(main).not.toContain("Webhooks");
  });

  it("is of one mode, and says what to do where there is nothing", async () => {
    const [viewer, editor] = [await newMember(workspace, "viewer"), await newMember(workspace, "editor")];
    const path = pageOf(workspace, "overview", "live");
    expect(mainOf(await viewer.get(path))).toContain("There are no posts yet");
    expect(mainOf(await viewer.get(path))).not.toContain("Write a post");
    expect(mainOf(await editor.get(path))).toContain("Write a post");
  });
});
