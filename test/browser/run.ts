import { spawnSync } from "node:child_process";
import { findChromium, installChromium } from "./helpers/chromium.ts";

/*
 * `npm run test:browser`: the tests in a real browser, which is installed when it is missing.
 */

const path = findChromium() ?? installChromium();
if (path === null) {
  console.log("The tests in a browser are skipped: there is no chromium, and only root on Debian can install it here.");
} else {
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "browser", ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
