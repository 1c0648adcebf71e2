import type { Page } from "playwright-core";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { tabTo } from "./helpers/keyboard.ts";
import { join, newContext, newPerson, openBrowser } from "./helpers/person.ts";
import type { TestWorkspace } from "./helpers/workspace.ts";
import { newWorkspace } from "./helpers/workspace.ts";

/*
 * How people come in, by link and by passkey, and how they leave.
 */

const COOKIE = "apionics_session";

const browser = await openBrowser();
let workspace: TestWorkspace;
let page: Page;
beforeEach(async () => {
  workspace = await newWorkspace("Maison Lumière");
  page = await newPerson(browser);
});

const heading = () => page.getByRole("heading", { level: 1 }).textContent();

async function signOut(): Promise<void> {
  await page.getByText("Signed in: Ada").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/console/sign-in?done=signed_out");
}

describe("with a passkey", () => {
  it("the first link leads to the overview, and settings can be changed", async () => {
    await join(page, await workspace.newLink(), "Ada");
    expect(page.url()).toBe(`${inject("origin")}${workspace.at("overview")}`);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Time zone").fill("Europe/Paris");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    expect((await workspace.test.ask("GET", "/v1/workspace")).time_zone).toBe("Europe/Paris");
  });

  it("one comes back after signing out, and to the page that one wanted", async () => {
    await join(page, await workspace.newLink(), "Ada");
    await signOut();
    await page.goto(workspace.at("settings/audit"));
    expect(await heading()).toBe("Sign in");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.waitForURL(`**${workspace.at("settings/audit")}`);
    expect(await heading()).toBe("Audit log");
  });

  it("one needs no mouse to join, to leave and to come back", async () => {
    await page.goto(await workspace.newLink());
    await tabTo(page.getByLabel("Your name"));
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${workspace.at("overview")}`);

    await tabTo(page.locator("summary", { hasText: "Ada" }));
    await page.keyboard.press("Enter");
    await tabTo(page.getByRole("button", { name: "Sign out" }));
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/sign-in?done=signed_out");

    await tabTo(page.getByRole("button", { name: "Sign in with a passkey" }));
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${workspace.at("overview")}`);
  });

  it("of nobody here one does not come in, and is told so", async () => {
    await page.goto("/console/sign-in");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("No passkey was used.").waitFor();
  });
});

describe("a link", () => {
  it("lets nobody else in once it was used", async () => {
    const link = await workspace.newLink();
    await join(page, link, "Ada");
    const other = await newPerson(browser);
    await other.goto(link);
    expect(await other.getByRole("heading", { level: 1 }).textContent()).toBe("This link cannot be used");
  });

  it("takes a person who is signed in into another workspace by a click", async () => {
    await join(page, await workspace.newLink(), "Ada");
    const other = await newWorkspace("Another one");
    await page.goto(await other.newLink());
    await page.getByRole("button", { name: "Join as Ada" }).click();
    await page.waitForURL(`**${other.at("overview")}`);
  });
});

describe("a session", () => {
  it("that was stolen is worth nothing once its owner has signed out", async () => {
    await join(page, await workspace.newLink(), "Ada");
    const stolen = (await page.context().cookies()).filter(({ name }) => name === COOKIE);
    expect(stolen).toMatchObject([{ httpOnly: true, sameSite: "Lax" }]);
    const thief = await newContext(browser);
    await thief.addCookies(stolen);
    const theirs = await thief.newPage();
    await theirs.goto(workspace.at("settings"));
    expect(await theirs.getByRole("heading", { level: 1 }).textContent()).toBe("Settings");

    await signOut();
    await theirs.reload();
    expect(await theirs.getByRole("heading", { level: 1 }).textContent()).toBe("Sign in");
    await theirs.goto(workspace.at("settings/audit"));
    expect(await theirs.getByRole("heading", { level: 1 }).textContent()).toBe("Sign in");
  });

  it("shows nothing by the browser's back button once its owner has signed out", async () => {
    await join(page, await workspace.newLink(), "Ada");
    await signOut();
    await page.goBack();
    expect(await heading()).toBe("Sign in");
  });
});
