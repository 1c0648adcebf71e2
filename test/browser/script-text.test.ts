import { beforeAll, expect, it } from "vitest";
import { openMenus, unfold } from "./helpers/layout.ts";
import type { PageRow } from "./helpers/pages.ts";
import { PAGES } from "./helpers/pages.ts";
import { openBrowser } from "./helpers/person.ts";
import { visit } from "./helpers/visit.ts";
import type { Words } from "./helpers/words.ts";
import { SCRIPTS } from "./helpers/words.ts";
import type { World } from "./helpers/world.ts";
import { newWorld } from "./helpers/world.ts";

/*
 * A workspace in which all that clients, people, platforms and endpoints write are scripts: pages show them as text.
 */

const PHONE = 360;

/** Where each is read as it was written, besides wherever else it stands. */
const READ_ON: Readonly<Record<keyof Words, string>> = {
  workspace: "overview",
  admin: "overview",
  viewer: "settings",
  editor: "settings-member",
  group: "accounts",
  label: "account",
  page: "accounts-live",
  refusal: "post-refused",
  post: "feed",
  altText: "post-partial",
  firstComment: "feed",
  externalId: "calendar-list",
  comment: "review",
  key: "developers",
  webhook: "webhook",
  answer: "webhook",
};

const browser = await openBrowser();
let world: World;
beforeAll(async () => {
  world = await newWorld(browser, SCRIPTS);
});

/** What a page says, in fields and of pictures too. Nothing of it has become a part of the page. */
async function textOf(row: PageRow): Promise<string> {
  const { page, complaints, leave } = await visit(world, row, PHONE);
  await unfold(page);
  await openMenus(page);
  const shown = await page.evaluate<string>(`[document.title, document.body.innerText,
    ...[...document.querySelectorAll("input, textarea")].map(({ value }) => value),
    ...[...document.querySelectorAll("img")].map(({ alt }) => alt)].join(" ")`);
  // Even where the policy keeps it from running.
  expect(await page.evaluate("document.querySelectorAll('[onerror], img[src=x]').length")).toBe(0);
  expect(await page.evaluate("window.r")).toBeUndefined();
  expect(complaints).toEqual([]);
  await leave();
  return shown;
}

it.each(PAGES)("$name shows scripts as text", async (row) => {
  const shown = await textOf(row);
  expect(Object.values(SCRIPTS).some((text) => shown.includes(text))).toBe(row.isSilent !== true);
  for (const [word, page] of Object.entries(READ_ON)) {
    if (page === row.name) expect(shown).toContain(SCRIPTS[word as keyof Words]);
  }
});

it("every word is looked for on a page that there is", () => {
  const names = PAGES.map(({ name }) => name);
  expect(Object.values(READ_ON).filter((page) => !names.includes(page))).toEqual([]);
});
