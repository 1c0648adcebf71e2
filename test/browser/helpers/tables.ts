import type { Page } from "playwright-core";

const PARTS = ["table", "row", "columnheader", "rowheader", "cell"];

/** What a screen reader is told of the page's tables: each table, row and cell with what is read out, in order. */
export async function tablesOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes
    .filter(({ ignored, role }) => !ignored && PARTS.includes(role?.value))
    .map(({ role, name }) => `${role?.value} ${name?.value ?? ""}`);
}
