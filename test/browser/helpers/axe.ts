import axe from "axe-core";
import type { Page } from "playwright-core";

/** WCAG 2.2 AA and what axe thinks good besides. Some rules of 2.2 are off in axe unless they are asked for. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * What axe finds wrong with a page, in words.
 *
 * @param foreign a selector of what is not looked at
 */
export async function violationsOf(page: Page, foreign?: string): Promise<string[]> {
  // Through the debugger: the page's policy lets no script in but its own.
  await page.evaluate(axe.source);
  const context = JSON.stringify(foreign === undefined ? {} : { exclude: [foreign] });
  const options = JSON.stringify({ runOnly: TAGS, resultTypes: ["violations"] });
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(${foreign === undefined ? "document" : context}, ${options})`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
  );
}
