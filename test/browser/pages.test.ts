import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { colorViolationsOf, violationsIn, violationsOf } from "./helpers/axe.ts";
import { keyboardProblems } from "./helpers/keyboard.ts";
import { openMenus, overflowOf, repeatedIds, shiftOf, unfold } from "./helpers/layout.ts";
import { PAGES } from "./helpers/pages.ts";
import { openBrowser } from "./helpers/person.ts";
import { takePicture } from "./helpers/screenshots.ts";
import { tablesOf } from "./helpers/tables.ts";
import type { Visit } from "./helpers/visit.ts";
import { visit, weightOf } from "./helpers/visit.ts";
import { PLAIN } from "./helpers/words.ts";
import type { World } from "./helpers/world.ts";
import { newWorld } from "./helpers/world.ts";

/*
 * What holds for every page, on a desk and on a phone, by day and by night.
 */

const WIDTHS = { desk: 1280, phone: 360 };
/** Of the smallest phones, or of a large one at 200 %; of a tablet; just below and above where the navigation moves aside. */
const OTHER_WIDTHS = [320, 640, 820, 959, 1024];
const SCHEMES = ["light", "dark"] as const;
const MENU = ".menu";
const MAX_WEIGHT = 60_000;

const browser = await openBrowser();
let world: World;
beforeAll(async () => {
  world = await newWorld(browser, PLAIN);
});

describe.each(PAGES)("$name", (row) => {
  let desk: Visit;
  let phone: Visit;
  let visits: Visit[] = [];
  beforeAll(async () => {
    [desk, phone] = await Promise.all([visit(world, row, WIDTHS.desk), visit(world, row, WIDTHS.phone)]);
    visits = [desk, phone];
  });
  afterAll(() => Promise.all(visits.map(({ leave }) => leave())));

  it("is answered without complaints", () => {
    for (const { responses, complaints } of visits) {
      expect([responses[0]?.status(), complaints]).toEqual([row.status ?? 200, []]);
    }
  });

  it("calls no two of its parts the same", async () => {
    for (const { page } of visits) expect(await repeatedIds(page)).toEqual([]);
  });

  it("weighs little, and nothing moves while it loads", async () => {
    expect(await weightOf(desk, row.foreign)).toBeLessThan(MAX_WEIGHT);
    for (const { page } of row.isChanged ? [] : visits) expect(await shiftOf(page)).toBe(0);
  });

  it("has its picture taken", async () => {
    const take = async (name: string, { page }: Visit) => {
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await takePicture(page, `${row.name}-${name}-${colorScheme}`);
      }
    };
    await Promise.all([take("desk", desk), take("phone", phone)]);
  });

  it("can be used by keyboard", async () => {
    for (const problems of await Promise.all(visits.map(({ page }) => keyboardProblems(page, row.foreign)))) {
      expect(problems).toEqual([]);
    }
  });

  it("fits into its window, folded and unfolded", async () => {
    for (const { page } of visits) {
      expect(await overflowOf(page)).toEqual([]);
      await unfold(page);
      expect(await overflowOf(page)).toEqual([]);
    }
  });

  it("is accessible in light and dark, on a desk and on a phone", async () => {
    const examine = async ({ page }: Visit) => {
      await unfold(page);
      await page.emulateMedia({ colorScheme: "light" });
      const found = await violationsOf(page, row.foreign);
      await page.emulateMedia({ colorScheme: "dark" });
      return [...found, ...(await colorViolationsOf(page, row.foreign))];
    };
    expect(await Promise.all(visits.map(examine))).toEqual([[], []]);
  });

  it("has menus that fit, and are accessible", async () => {
    const { page } = phone;
    if ((await page.locator(MENU).count()) === 0) return;
    await openMenus(page);
    expect(await overflowOf(page)).toEqual([]);
    expect(await violationsIn(page, MENU)).toEqual([]);
  });

  it("reads its tables out alike, however they are laid out", async () => {
    const { page } = desk;
    if ((await page.locator("table").count()) === 0) return;
    const read = await tablesOf(page);
    await page.setViewportSize({ width: WIDTHS.phone, height: 900 });
    expect(await tablesOf(page)).toEqual(read);
  });

  it("fits into windows of other widths, too", async () => {
    const { page } = desk;
    await unfold(page);
    for (const width of OTHER_WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await overflowOf(page)]).toEqual([width, []]);
    }
  });
});
