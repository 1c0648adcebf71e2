import { beforeAll, describe, expect, it } from "vitest";
import { unfold } from "./helpers/layout.ts";
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

/** Where each can be read, besides wherever else it stands. */
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
async function textOf(row: PageRow | undefined): Promise<string> {
  if (row === undefined) throw new Error("there is no such page");
  const { page, complaints } = await visit(world, row, PHONE);
  await unfold(page);
  const shown = await page.evaluate<string>(`[document.title, document.body.innerText,
    ...[...document.querySelectorAll("input, textarea")].map(({ value }) => value),
    ...[...document.querySelectorAll("img")].map(({ alt }) => alt)].join(" ")`);
  // Even where the policy keeps it from running.
  expect(await page.evaluate("document.querySelectorAll('[onerror], img[src=x]').length")).toBe(0);
  expect(await page.evaluate("window.r")).toBeUndefined();
  expect(complaints).toEqual([]);
  await page.close();
  return shown;
}

it.each(PAGES)("$name shows scripts as text", async (row) => {
  const shown = await textOf(row);
  expect(Object.values(SCRIPTS).some((text) => shown.includes(text))).toBe(row.isSilent !== true);
});

describe("a script is read as it was written", () => {
  it.each(Object.entries(READ_ON) as [keyof Words, string][])("%s, on the page %s", async (word, page) => {
    expect(await textOf(PAGES.find(({ name }) => name === page))).toContain(SCRIPTS[word]);
  });
});
