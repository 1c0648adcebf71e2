import { beforeAll, expect, it } from "vitest";
import { unfold } from "./helpers/layout.ts";
import { PAGES } from "./helpers/pages.ts";
import { openBrowser } from "./helpers/person.ts";
import { visit } from "./helpers/visit.ts";
import { SCRIPT_TEXT, SCRIPTS } from "./helpers/words.ts";
import type { World } from "./helpers/world.ts";
import { newWorld } from "./helpers/world.ts";

/*
 * A workspace in which all that clients and people write are scripts: pages show them as text.
 */

const PHONE = 360;

const browser = await openBrowser();
let world: World;
beforeAll(async () => {
  world = await newWorld(browser, SCRIPTS);
});

it.each(PAGES)("$name shows scripts as text", async (row) => {
  const { page, complaints } = await visit(world, row, PHONE);
  await unfold(page);
  const shown = await page.evaluate<string>(
    "document.title + document.body.innerText + [...document.querySelectorAll('input, textarea')].map(({ value }) => value)",
  );
  expect(shown.includes(SCRIPT_TEXT)).toBe(row.isSilent !== true);
  // Even where the policy keeps it from running, it must not have become a part of the page.
  expect(await page.evaluate("document.querySelectorAll('[onerror], img[src=x]').length")).toBe(0);
  expect(await page.evaluate("window.__ran")).toBeUndefined();
  expect(complaints).toEqual([]);
  await page.close();
});
