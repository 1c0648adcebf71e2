import type { Page } from "playwright-core";

/*
 * What a page looks like and is made of, measured. What runs in the page is text here, for the types of tests know no document.
 */

/** By how many pixels the page is wider than its window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate("document.scrollingElement.scrollWidth - innerWidth");
}

/** How much of the page has moved since it began to load, without anybody's doing: the sum of its layout shifts. */
export function shiftOf(page: Page): Promise<number> {
  return page.evaluate(`new Promise((done) => {
    let sum = 0;
    const add = (list) => { for (const { value } of list.getEntries()) sum += value; };
    new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => setTimeout(() => done(sum), 50));
  })`);
}

/** What more than one part of the page is called: labels and links find the first alone. */
export function repeatedIds(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("[id]")].map(({ id }) => id)
    .filter((id, index, all) => all.indexOf(id) !== index)`);
}

/** Opens all menus, and whatever else is folded. */
export function unfold(page: Page): Promise<void> {
  return page.evaluate(`for (const folded of document.querySelectorAll("details")) folded.open = true`);
}
