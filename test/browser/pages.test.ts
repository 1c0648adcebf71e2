import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violationsOf } from "./helpers/axe.ts";
import { keyboardProblems } from "./helpers/keyboard.ts";
import { overflowOf, repeatedIds, shiftOf, unfold } from "./helpers/layout.ts";
import { PAGES } from "./helpers/pages.ts";
import { openBrowser } from "./helpers/person.ts";
import { takePicture } from "./helpers/screenshots.ts";
import type { Visit } from "./helpers/visit.ts";
import { visit, weightOf } from "./helpers/visit.ts";
import { PLAIN } from "./helpers/words.ts";
import type { World } from "./helpers/world.ts";
import { newWorld } from "./helpers/world.ts";

/*
 * What holds for every page, on a desk and on a phone, by day and by night.
 */

const WIDTHS = { desk: 1280, phone: 360 };
const SCHEMES = ["light", "dark"] as const;
const MAX_WEIGHT = 60_000;

const browser = await openBrowser();
let world: World;
beforeAll(async () => {
  world = await newWorld(browser, PLAIN);
});

describe.each(PAGES)("$name", (row) => {
  let desk: Visit;
  let phone: Visit;
  let visits: Visit[];
  beforeAll(async () => {
    desk = await visit(world, row, WIDTHS.desk);
    phone = await visit(world, row, WIDTHS.phone);
    visits = [desk, phone];
  });
  afterAll(() => Promise.all(visits.map(({ page }) => page.close())));

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

  it.each(SCHEMES)("is accessible in %s colors", async (colorScheme) => {
    for (const [width, { page }] of Object.entries({ desk, phone })) {
      await page.emulateMedia({ colorScheme });
      await takePicture(page, `${row.name}-${width}-${colorScheme}`);
    }
    expect(await violationsOf(desk.page, row.foreign)).toEqual([]);
  });

  it("can be used by keyboard", async () => {
    for (const { page } of visits) expect(await keyboardProblems(page, row.foreign)).toEqual([]);
  });

  it("is no wider than its window", async () => {
    for (const { page } of visits) expect(await overflowOf(page)).toBeLessThanOrEqual(0);
  });

  it("is as good on a phone, and when everything is unfolded", async () => {
    const { page } = phone;
    await unfold(page);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page, row.foreign)).toEqual([]);
    }
  });
});
