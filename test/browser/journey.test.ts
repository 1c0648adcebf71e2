import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import type { Hand } from "./helpers/hand.ts";
import { KEYBOARD, MOUSE } from "./helpers/hand.ts";
import { newPerson, openBrowser } from "./helpers/person.ts";
import { clientOf, newWorkspace } from "./helpers/workspace.ts";
import { PICTURE } from "./helpers/written.ts";

/*
 * What the console is for, from the first link to a post that is public: two people, each with a browser of their own.
 */

const TEXT = "Fresh bread from seven o'clock.";
const PATIENCE_MS = 120_000;

const browser = await openBrowser();

describe.each([
  ["with a mouse", MOUSE, 1280],
  ["by keyboard alone", KEYBOARD, 1280],
  ["on a phone", MOUSE, 360],
] as const)("%s", (_how, hand, width) => {
  it("a team publishes a post that one has written and another approved", { timeout: PATIENCE_MS }, async () => {
    const workspace = await newWorkspace("Maison Lumière");
    const author = await enter(await workspace.newLink(), "Ada");
    await author.addAccount("bakery");
    const key = await author.createKey("Newsroom");
    await author.addWebhook(inject("receiver"));

    const postId = await author.compose("bakery", TEXT);
    const program = clientOf(key);
    expect((await program.ask("GET", `/v1/posts/${postId}`)).status).toBe("awaiting_approval");
    expect(await author.page.getByRole("button", { name: "Approve", exact: true }).count()).toBe(0);

    const approver = await enter(await author.invite("Approver"), "Grace");
    await approver.approve(TEXT);
    expect((await program.ended(postId)).status).toBe("published");

    await author.seeInFeed(TEXT);
    await author.sendAgain("publish.completed");
  });

  async function enter(link: string, name: string) {
    const page = await newPerson(browser);
    await page.setViewportSize({ width, height: 800 });
    await page.goto(link);
    await hand.fill(page.getByLabel("Your name"), name);
    await hand.press(page.getByRole("button", { name: "Make a passkey and join" }));
    await page.waitForURL("**/overview");
    return new PersonAtWork(page, hand);
  }
});

/** Somebody in the console, who finds their way from page to page. */
class PersonAtWork {
  readonly page: Page;
  readonly hand: Hand;

  constructor(page: Page, hand: Hand) {
    this.page = page;
    this.hand = hand;
  }

  async addAccount(username: string): Promise<void> {
    await this.#open("Accounts");
    await this.hand.fill(this.page.getByLabel("Name", { exact: true }), username);
    await this.#press("Create");
    await this.page.getByText("The account is created.").waitFor();
  }

  /** @returns its secret */
  async createKey(name: string): Promise<string> {
    await this.#open("Developers");
    await this.#follow("Create a key");
    await this.hand.fill(this.page.getByLabel("Name"), name);
    await this.#press("Create");
    return this.page.getByLabel("Secret").inputValue();
  }

  async addWebhook(url: string): Promise<void> {
    await this.#open("Developers");
    await this.#follow("Add a webhook");
    await this.hand.fill(this.page.getByLabel("Address"), url);
    await this.#press("Add");
    await this.page.getByText("The webhook is ready").waitFor();
  }

  /** Writes a post with a picture for which approval is asked. @returns its id */
  async compose(account: string, text: string): Promise<string> {
    await this.#open("Compose");
    await this.hand.check(this.page.getByLabel(account));
    await this.hand.fill(this.page.getByRole("textbox", { name: "Text", exact: true }), text);
    await this.hand.attach(this.page.getByLabel("Add files"), PICTURE);
    await this.page.getByRole("button", { name: "Remove picture" }).waitFor();
    await this.hand.check(this.page.getByLabel("Somebody has to approve of it first"));
    await this.#press("Publish");
    await this.page.waitForURL("**/posts/post_*");
    return new URL(this.page.url()).pathname.split("/").at(-1) ?? "";
  }

  /** @returns a link that lets somebody in */
  async invite(role: string): Promise<string> {
    await this.#open("Settings");
    await this.hand.choose(this.page.getByLabel(role, { exact: false }));
    await this.#press("Make a link");
    return this.page.getByLabel("Link").inputValue();
  }

  async approve(text: string): Promise<void> {
    await this.#open("Calendar");
    await this.hand.press(this.page.getByRole("link", { name: text }));
    await this.#press("Approve");
    await this.page.getByText("The post is approved.").waitFor();
  }

  async seeInFeed(text: string): Promise<void> {
    await this.#open("Sandbox feed");
    const post = this.page.getByRole("article").filter({ hasText: text });
    await post.getByRole("img").waitFor();
  }

  /** Has the event sent again to the one endpoint that there is. */
  async sendAgain(event: string): Promise<void> {
    await this.#open("Developers");
    await this.hand.press(this.page.getByRole("link", { name: inject("receiver") }));
    await this.#press(`Send again: ${event}`);
    await this.page.getByText("The event is on its way again.").waitFor();
    const attempts = this.page.getByRole("row").filter({ hasText: event }).getByText("2 attempts");
    while ((await attempts.count()) === 0) await this.page.reload();
  }

  /** Opens a page by the navigation. */
  async #open(name: string): Promise<void> {
    await this.hand.press(this.page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }));
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
    // Its scripts are there too.
    await this.page.waitForLoadState("load");
  }

  async #follow(name: string): Promise<void> {
    await this.hand.press(this.page.getByRole("link", { name }));
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  #press(name: string): Promise<void> {
    return this.hand.press(this.page.getByRole("button", { name, exact: true }));
  }
}
