import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, inject } from "vitest";
import { launchOptions } from "./chromium.ts";

/*
 * People before their browsers.
 */

/** How long something may take to be there: a busy machine is slow. */
const PATIENCE_MS = 15_000;

/** A browser, for the tests of one file. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch(launchOptions(inject("chromium")));
  afterAll(() => browser.close());
  return browser;
}

/** A browser of somebody's own, in which nothing is animated: what is measured is what stays. */
export async function newContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: inject("origin"), reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/**
 * Somebody with a browser of their own, whose device keeps passkeys and knows them. The passkeys belong to the page that is
 * returned, and to no other of the browser.
 */
export async function newPerson(browser: Browser): Promise<Page> {
  const context = await newContext(browser);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return page;
}

/** Opens a link, makes a passkey and comes to the workspace's first page. */
export async function join(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Make a passkey and join" }).click();
  await page.waitForURL(/\/console\/ws_/);
}
