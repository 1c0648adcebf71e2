import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";
import { advance, drive, holdTime, refOf } from "./helpers/drive.ts";

/*
 * The page of what is public in the sandbox, and of test mode's clock.
 */

const SECOND = 1_000;

let workspace: TestWorkspace;
let feed: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  feed = pageOf(workspace, "feed");
});
afterEach(() => vi.restoreAllMocks());

const mainOf = (text: string) => text.slice(text.indexOf("<main"));

async function goOut(account: string, content: string, fields: Record<string, unknown> = {}): Promise<void> {
  advance(SECOND);
  const accepted = await publish(workspace, { content, accounts: [account], ...fields });
  if (accepted.status !== 202) throw new Error(accepted.text);
  await drive(refOf(workspace, accepted));
}

it("shows what followers of all accounts would see, newest first: words, pictures, comments, stories marked", async () => {
  const person = await newMember(workspace, "viewer");
  expect((await person.get(feed)).text).toContain("Nothing is public yet");
  const [facebook, instagram] = [await newAccount(workspace, "facebook"), await newAccount(workspace, "instagram")];
  await goOut(facebook, "Older <b>words</b>");
  const picture = await newPicture(workspace);
  const first_comment = "First <i>comment</i>";
  await goOut(instagram, "A picture", { media: [picture], options: { instagram: { first_comment } } });
  await goOut(instagram, "", { media: [picture], options: { instagram: { type: "story" } } });
  const page = await person.get(feed);
  expect(page.status).toBe(200);
  expect(page.text).toContain("Older &lt;b&gt;words&lt;/b&gt;");
  expect(page.text).toContain("First &lt;i&gt;comment&lt;/i&gt;");
  expect(page.text).toMatch(/<span class="badge info">Story<\/span>/);
  expect(page.text).toMatch(new RegExp(`<img class="shot" src="[^"]*/media/${picture}[^"]*" alt="A picture without`));
  expect(page.text.indexOf("Story</span>")).toBeLessThan(page.text.indexOf("A picture<"));
  expect(page.text.indexOf("A picture<")).toBeLessThan(page.text.indexOf("Older"));
});

it("goes on behind its first page", async () => {
  const person = await newMember(workspace, "viewer");
  const facebook = await newAccount(workspace, "facebook");
  for (let i = 1; i <= 21; i += 1) await goOut(facebook, `Number ${i}.`);
  const first = await person.get(feed);
  expect(first.text).not.toContain("Number 1.");
  const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1] ?? "";
  const second = await person.get(next.replaceAll("&amp;", "&"));
  expect(second.text).toContain("Number 1.");
  expect(second.text).not.toContain("Number 2.");
}, 60_000);

it("is cleared, and its clock is moved, by who may publish", async () => {
  const editor = await newMember(workspace, "editor");
  const facebook = await newAccount(workspace, "facebook");
  await goOut(facebook, "To be cleared");
  const cleared = await editor.post(`${feed}/clear`, { form_id: "1" });
  expect(cleared.location).toBe(`${feed}?done=cleared`);
  expect((await editor.get(feed)).text).not.toContain("To be cleared");
  const clock = async () => Date.parse((await call("GET", "/v1/sandbox/clock", { key: workspace.test })).body.now);
  const before = await clock();
  const sent = { form_id: "2", advance_seconds: "3", unit: "days" };
  expect((await editor.post(`${feed}/clock`, sent)).location).toBe(`${feed}?done=moved`);
  // Sent twice, it is moved once.
  await editor.post(`${feed}/clock`, sent);
  expect(await clock()).toBe(before + 3 * 86_400 * SECOND);
  expect((await editor.get(feed)).text).toContain(
    `<time dateTime="${new Date(before + 3 * 86_400_000).toISOString().slice(0, 16)}`,
  );
  for (const amount of ["", "0", "-1", "x", "400"]) {
    const refused = await editor.post(`${feed}/clock`, {
      form_id: `3${amount}`,
      advance_seconds: amount,
      unit: "days",
    });
    expect([amount, refused.status]).toEqual([amount, 400]);
    expect(refused.text).toContain('id="advance_seconds-error"');
  }
});

it("shows a viewer nothing to change, who is refused all the same", async () => {
  const viewer = await newMember(workspace, "viewer");
  expect(mainOf((await viewer.get(feed)).text)).not.toContain("<form");
  for (const action of ["clear", "clock"]) {
    const sent = { form_id: "1", advance_seconds: "1", unit: "hours" };
    expect((await viewer.post(`${feed}/${action}`, sent)).status).toBe(403);
  }
});

it("is test mode's alone", async () => {
  const admin = await newMember(workspace, "admin");
  const live = pageOf(workspace, "feed", "live");
  const page = await admin.get(live);
  expect(page.text).toContain("The sandbox belongs to test mode");
  expect(page.text).toContain(`href="${feed}"`);
  expect((await admin.post(`${live}/clear`, { form_id: "1" })).status).toBe(404);
});
