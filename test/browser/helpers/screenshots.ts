import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";

const FOLDER = resolve(import.meta.dirname, "../../../screenshots");

/** Takes a picture of a whole page for a person to look at, into a folder that git ignores. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { cssContentSize } = await session.send("Page.getLayoutMetrics");
  const clip = { ...cssContentSize, scale: 1 };
  // Not by `page.screenshot`, which makes smaller files and takes twice as long.
  const asked = { captureBeyondViewport: true, optimizeForSpeed: true, clip };
  const { data } = await session.send("Page.captureScreenshot", asked);
  await session.detach();
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.png`, data, "base64");
}
