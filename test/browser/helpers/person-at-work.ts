import type { Browser, Page } from "playwright-core";
import { inject } from "vitest";
import type { Hand } from "./hand.ts";
import { newPerson } from "./person.ts";
import { PICTURE } from "./written.ts";

/** Somebody in the console, who finds their way from page to page. */
export class PersonAtWork {
  readonly page: Page;
  readonly hand: Hand;

  constructor(page: Page, hand: Hand) {
    this.page = page;
    this.hand = hand;
  }

  /** Comes in by a link, with a passkey that is made on the way. */
  static async enter(browser: Browser, hand: Hand, width: number, link: string, name: string): Promise<PersonAtWork> {
    const page = await newPerson(browser);
    await page.setViewportSize({ width, height: 800 });
    await page.goto(link);
    await hand.fill(page.getByLabel("Your name"), name);
    await hand.press(page.getByRole("button", { name: "Make a passkey and join" }));
    await page.waitForURL("**/overview");
    return new PersonAtWork(page, hand);
  }

  async goLive(): Promise<void> {
    await this.hand.press(this.page.getByRole("navigation", { name: "Mode" }).getByRole("link", { name: "Live" }));
    await this.page.waitForURL("**/live/overview");
  }

  /** Connects one of the Pages that the person has on Facebook, and none of the others. */
  async connectPage(name: string): Promise<void> {
    await this.#open("Accounts");
    await this.#press("Connect Facebook");
    await this.#press("Continue with Facebook");
    await this.page.waitForURL("**/connect/choose/*");
    for (const box of await this.page.getByRole("checkbox").all()) await box.uncheck();
    await this.hand.check(this.page.getByLabel(name));
    await this.#press("Connect");
    await this.page.getByText("1 account is connected.").waitFor();
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

  /** Writes a post with a picture. @returns its id */
  async compose(account: string, text: string, options: { needsApproval: boolean }): Promise<string> {
    await this.#open("Compose");
    await this.hand.check(this.page.getByLabel(account));
    await this.hand.fill(this.page.getByRole("textbox", { name: "Text", exact: true }), text);
    await this.hand.attach(this.page.getByLabel("Add files"), PICTURE);
    await this.page.getByRole("button", { name: "Remove picture" }).waitFor();
    if (options.needsApproval) await this.hand.check(this.page.getByLabel("Somebody has to approve of it first"));
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

  /** Waits on the post's page until it is public. @returns where it can be looked at */
  async seePublished(): Promise<string | null> {
    const link = this.page.getByRole("link", { name: "Look at it" });
    while ((await link.count()) === 0) await this.page.reload();
    await this.page.getByText("Published", { exact: true }).first().waitFor();
    return link.getAttribute("href");
  }

  async seeInFeed(text: string): Promise<void> {
    await this.#open("Sandbox feed");
    const post = this.page.getByRole("article").filter({ hasText: text });
    await post.getByRole("img").waitFor();
  }

  /** Waits until an event has arrived at the one endpoint that there is. */
  async seeDelivered(event: string): Promise<void> {
    await this.#openWebhook();
    await this.#seeInRow(event, "Delivered");
  }

  /** Has the event sent again there. */
  async sendAgain(event: string): Promise<void> {
    await this.#openWebhook();
    await this.#press(`Send again: ${event}`);
    await this.page.getByText("The event is on its way again.").waitFor();
    await this.#seeInRow(event, "2 attempts");
  }

  async #openWebhook(): Promise<void> {
    await this.#open("Developers");
    await this.#follow(inject("receiver"));
  }

  async #seeInRow(event: string, text: string): Promise<void> {
    const found = this.page.getByRole("row").filter({ hasText: event }).getByText(text);
    while ((await found.count()) === 0) await this.page.reload();
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
