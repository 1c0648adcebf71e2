import { resolve } from "node:path";
import type { Page } from "playwright-core";

const FOLDER = resolve(import.meta.dirname, "../../../screenshots");

/** Takes a picture of a whole page for a person to look at, into a folder that git ignores. */
export async function takePicture(page: Page, name: string): Promise<void> {
  // A PNG takes nearly twice as long.
  const kind = { type: "jpeg", quality: 90 } as const;
  await page.screenshot({ path: `${FOLDER}/${name}.jpg`, fullPage: true, animations: "disabled", ...kind });
}
