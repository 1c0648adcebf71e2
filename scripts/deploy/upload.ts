import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacksAnalyticsEngine, wranglerWithMetrics } from "./metrics.ts";
import type { Answer } from "./wrangler.ts";
import { failure, wrangler } from "./wrangler.ts";

/** What is deployed: a digest of what it was made of, and what it is told it is reached at, where that is known. */
export interface Upload {
  digest: string;
  origin: string | null;
}

interface Outcome {
  answer: Answer;
  targets: string[];
}

/** @returns where it is reached, in wrangler's words */
export async function upload(release: Upload): Promise<string[]> {
  return targetsOf(await uploadBy(wrangler, release));
}

/** @returns the same; null: nothing was deployed, as the account has no Analytics Engine */
export async function uploadWithMetrics(release: Upload): Promise<string[] | null> {
  const outcome = await uploadBy(wranglerWithMetrics, release);
  return lacksAnalyticsEngine(outcome.answer) ? null : targetsOf(outcome);
}

function targetsOf({ answer, targets }: Outcome): string[] {
  if (!answer.ok) throw failure("Deploying the Worker", answer);
  return targets;
}

async function uploadBy(run: typeof wrangler, { digest, origin }: Upload): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "apionics-deploy-"));
  try {
    const report = join(folder, "report.ndjson");
    const vars = origin === null ? [] : ["--var", `PUBLIC_ORIGIN:${origin}`];
    const args = ["deploy", "--tag", digest, "--message", "npm run deploy", ...vars];
    const answer = await run(args, { env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    if (!answer.ok) return { answer, targets: [] };
    const lines = readFileSync(report, "utf8").trim().split("\n");
    const entries = lines.map((line) => JSON.parse(line) as { type: string; targets?: string[] });
    return { answer, targets: entries.find(({ type }) => type === "deploy")?.targets ?? [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The address at a custom domain. */
export function customDomain(targets: string[]): string | null {
  const domain = targets.map((target) => /^(\S+) \(custom domain/.exec(target)?.[1]).find((name) => name !== undefined);
  return domain === undefined ? null : `https://${domain}`;
}

/** The address at workers.dev. */
export function workersDev(targets: string[]): string | null {
  return targets.find((target) => /^https:\/\/\S+\.workers\.dev$/.test(target)) ?? null;
}
