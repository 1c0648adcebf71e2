import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { LaunchOptions } from "playwright-core";

/*
 * The browser of the tests: Debian's chromium, or what `CHROMIUM_PATH` names.
 */

const DEBIAN = "/usr/bin/chromium";

const isRoot = process.getuid?.() === 0;

/** @returns where the browser is; null where there is none. @throws Error when it is not where it is said to be */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named && !existsSync(named)) throw new Error(`CHROMIUM_PATH is ${named}, and nothing is there.`);
  return named || (existsSync(DEBIAN) ? DEBIAN : null);
}

/** Installs the browser where that is allowed. @returns where it is; null where it cannot be */
export function installChromium(): string | null {
  const apt = (...args: string[]) => spawnSync("apt-get", args, { stdio: "inherit" }).status === 0;
  const install = () => apt("install", "-y", "chromium");
  // The second attempt is for a machine that knows no packages yet, or old ones.
  if (isRoot && !install() && apt("update")) install();
  return findChromium();
}

/** How the browser is started. As root it has no sandbox of its own. */
export function launchOptions(executablePath: string): LaunchOptions {
  return { executablePath, chromiumSandbox: !isRoot };
}
