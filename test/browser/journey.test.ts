import { describe, expect, inject, it } from "vitest";
import { KEYBOARD, MOUSE } from "./helpers/hand.ts";
import { openBrowser } from "./helpers/person.ts";
import { PersonAtWork } from "./helpers/person-at-work.ts";
import { OPEN_PAGE } from "./helpers/words.ts";
import { clientOf, newWorkspace } from "./helpers/workspace.ts";

/*
 * What the console is for, from the first link to a post that is public.
 */

const TEXT = "Fresh bread from seven o'clock.";
const PATIENCE_MS = 120_000;
const DESK = 1280;

const browser = await openBrowser();

describe.each([
  ["with a mouse", MOUSE, DESK],
  ["by keyboard alone", KEYBOARD, DESK],
  ["on a phone", MOUSE, 360],
] as const)("%s", (_how, hand, width) => {
  it("a team publishes a post that one has written and another approved", { timeout: PATIENCE_MS }, async () => {
    const workspace = await newWorkspace("Maison Lumière");
    const enter = (link: string, name: string) => PersonAtWork.enter(browser, hand, width, link, name);
    const author = await enter(await workspace.newLink(), "Ada");
    await author.addAccount("bakery");
    const key = await author.createKey("Newsroom");
    await author.addWebhook(inject("receiver"));

    const postId = await author.compose("bakery", TEXT, { needsApproval: true });
    const program = clientOf(key);
    expect((await program.ask("GET", `/v1/posts/${postId}`)).status).toBe("awaiting_approval");
    expect(await author.page.getByRole("button", { name: "Approve", exact: true }).count()).toBe(0);

    const approver = await enter(await author.invite("Approver"), "Grace");
    await approver.approve(TEXT);
    expect((await program.ended(postId)).status).toBe("published");

    await author.seeInFeed(TEXT);
    await author.sendAgain("publish.completed");
  });
});

it("in live mode somebody connects a Page and publishes on it", { timeout: PATIENCE_MS }, async () => {
  const { newLink, live } = await newWorkspace("Maison Lumière");
  const person = await PersonAtWork.enter(browser, MOUSE, DESK, await newLink(), "Ada");
  await person.goLive();
  await person.addWebhook(inject("receiver"));
  await person.connectPage(OPEN_PAGE);
  const postId = await person.compose(OPEN_PAGE, TEXT, { needsApproval: false });

  const permalink = await person.seePublished();
  const { tasks } = await live.ask("GET", `/v1/posts/${postId}`);
  expect(tasks).toMatchObject([{ platform: "facebook", status: "published", permalink }]);
  await person.seeDelivered("publish.completed");
});
