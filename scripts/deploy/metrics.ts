import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Answer } from "./wrangler.ts";
import { wrangler } from "./wrangler.ts";

/*
 * The data set of the metrics. `wrangler.toml` has it as a comment, for an account on which nobody has enabled Analytics
 * Engine refuses a deployment that names one. No documented request tells beforehand whether somebody has.
 */

const CONFIG = "wrangler.toml";
/** Git-ignored, and there only while wrangler reads it: beside the other, for paths are relative to where it is. */
const WITH_METRICS = "wrangler.deploy.toml";
const COMMENT = /^# (\[\[analytics_engine_datasets\]\])\r?\n# (binding = "(\w+)")\r?\n# (dataset = "\w+")$/m;

/** The page of the dashboard, of whichever account is chosen there. */
const DASHBOARD = "https://dash.cloudflare.com/?to=/:account/workers/analytics-engine";

/** The binding that is added where the account takes it; null: `wrangler.toml` is deployed as it stands. */
export function metricsBinding(): string | null {
  return COMMENT.exec(readFileSync(CONFIG, "utf8"))?.[3] ?? null;
}

/** Runs wrangler with what `wrangler.toml` says, and the data set bound as well. */
export async function wranglerWithMetrics(...[args, options]: Parameters<typeof wrangler>): Promise<Answer> {
  writeFileSync(WITH_METRICS, readFileSync(CONFIG, "utf8").replace(COMMENT, "$1\n$2\n$4"));
  try {
    return await wrangler([...args, "--config", WITH_METRICS], options);
  } finally {
    rmSync(WITH_METRICS, { force: true });
  }
}

/** Whether a deployment was refused for want of Analytics Engine, and for nothing else. */
export function lacksAnalyticsEngine({ ok, said }: Answer): boolean {
  return !ok && said.includes("[code: 10089]");
}

/** What is said of them, by whether they are bound. */
export function metricsOutcome(isBound: boolean): string {
  if (metricsBinding() === null) return "as wrangler.toml has it";
  if (isBound) return "bound";
  return `not bound: nobody has enabled Analytics Engine. Do so at ${DASHBOARD} and run it again`;
}
