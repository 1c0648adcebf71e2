import axe from "axe-core";
import type { Page } from "playwright-core";
import type { Foreign } from "./pages.ts";

/** WCAG 2.2 AA and what axe thinks good besides. Some rules of 2.2 are off in axe unless they are asked for. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The rules that colors have a part in. */
const COLOR_RULES = ["color-contrast", "link-in-text-block"];

/** What axe finds wrong with a page, in words. */
export function violationsOf(page: Page, foreign?: Foreign): Promise<string[]> {
  return run(page, TAGS, ["html"], foreign);
}

/** What it finds wrong with its colors alone, where only they are others than before. */
export function colorViolationsOf(page: Page, foreign?: Foreign): Promise<string[]> {
  return run(page, COLOR_RULES, ["html"], foreign);
}

/** What it finds wrong with one part of a page. */
export function violationsIn(page: Page, part: string): Promise<string[]> {
  return run(page, TAGS, [part]);
}

async function run(page: Page, runOnly: string[], include: string[], foreign?: Foreign): Promise<string[]> {
  // Through the debugger: the page's policy lets no script in but its own.
  if (await page.evaluate("!window.axe")) await page.evaluate(axe.source);
  const context = JSON.stringify({ include, exclude: foreign ? [foreign.part] : [] });
  const rules = Object.fromEntries((foreign?.rules ?? []).map((rule) => [rule, { enabled: false }]));
  const options = JSON.stringify({ runOnly, ...(runOnly === TAGS && { rules }), resultTypes: ["violations"] });
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(${context}, ${options})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}
