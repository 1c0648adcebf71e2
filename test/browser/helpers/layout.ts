import type { Page } from "playwright-core";

/*
 * What a page looks like and is made of, measured. What runs in the page is text here, for the types of tests know no document.
 */

/**
 * What does not fit in the window: what is cut off at its edge, and what has to be scrolled sideways to be read. Fields of one
 * line scroll what is written in them, and what is for screen readers alone is clipped.
 */
export function overflowOf(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const hidden = new Set();
    const found = [];
    for (const each of document.querySelectorAll("body, body *")) {
      const { clipPath, overflowX } = getComputedStyle(each);
      if (clipPath !== "none" || hidden.has(each.parentElement)) { hidden.add(each); continue; }
      if (each.matches("input") || !each.checkVisibility()) continue;
      const { left, right, width } = each.getBoundingClientRect();
      const name = each.tagName.toLowerCase() + (each.className ? "." + each.className : "");
      if (width > 0 && (left < -.5 || right > innerWidth + .5)) found.push(name + " reaches from " + left + " to " + right);
      const isScrolled = overflowX !== "visible" && overflowX !== "clip" && overflowX !== "hidden";
      if (isScrolled && each.scrollWidth > each.clientWidth) found.push(name + " scrolls sideways");
    }
    const beyond = document.scrollingElement.scrollWidth - innerWidth;
    return beyond > 0 ? [...found, "the page is " + beyond + " pixels too wide"] : found;
  })()`);
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

/** Opens whatever is folded, but for menus, which lie over the page. */
export function unfold(page: Page): Promise<void> {
  return page.evaluate(`for (const folded of document.querySelectorAll("details:not(.menu)")) folded.open = true`);
}

/** Opens all menus. */
export function openMenus(page: Page): Promise<void> {
  return page.evaluate(`for (const menu of document.querySelectorAll("details.menu")) menu.open = true`);
}
