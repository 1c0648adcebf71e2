import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../start/failure.ts";
import { metricsBinding, metricsOutcome } from "./metrics.ts";
import { say } from "./say.ts";
import type { Upload } from "./upload.ts";
import { customDomain, upload, uploadWithMetrics, workersDev } from "./upload.ts";
import { failure, mustWrangler, wrangler } from "./wrangler.ts";

/*
 * The code, and the address that it is told it is reached at. A version carries a digest of what it was made of, so that
 * the same is not deployed twice.
 */

/** What beside the bundle decides what is deployed: the configuration, and the static files of the documentation page. */
const ALSO_DEPLOYED = ["wrangler.toml", "package-lock.json"];

/** The binding of the cache of answers. */
const CACHE = "IDEMPOTENCY";

interface Release {
  digest: string | null;
  origin: string | null;
  /** What it binds, by name. */
  bindings: string[];
}

const NOTHING: Release = { digest: null, origin: null, bindings: [] };

interface Version {
  annotations?: Record<string, string>;
  resources: { bindings: { name: string; type: string; text?: string }[] };
}

/**
 * Sees to it that this code is deployed, with metrics where the account takes them, and knows where it is reached: at
 * PUBLIC_ORIGIN, at a custom domain, where it was reached before, or at workers.dev, in this order.
 *
 * @returns that origin
 */
export async function ensureRelease(): Promise<string> {
  const digest = await digestOfBuild();
  const before = await currentRelease();
  const wanted = process.env.PUBLIC_ORIGIN || null;
  const known = wanted ?? before.origin;
  if (before.digest === digest && before.origin !== null && known === before.origin) {
    return ensureMetrics(before, digest, before.origin);
  }
  const first = await deploy(
    { digest, origin: known },
    { metrics: metricsBinding() !== null, hasCache: before.bindings.includes(CACHE) },
  );
  const origin = wanted ?? customDomain(first.targets) ?? before.origin ?? workersDev(first.targets);
  if (origin === null)
    throw new Failure("The Worker was deployed, and has no address: set PUBLIC_ORIGIN and run it again.");
  // Only a deployment tells where it is reached.
  const { hasMetrics } =
    origin === known ? first : await deploy({ digest, origin }, { metrics: first.hasMetrics, hasCache: true });
  say("Worker", "deployed");
  say("Metrics", metricsOutcome(hasMetrics));
  say("Address", origin);
  return origin;
}

/** Deploys the same code again where it lacks metrics and the account takes them by now. */
async function ensureMetrics(before: Release, digest: string, origin: string): Promise<string> {
  const binding = metricsBinding();
  const hadMetrics = binding === null || before.bindings.includes(binding);
  const hasMetrics = hadMetrics || (await uploadWithMetrics({ digest, origin })) !== null;
  say("Worker", hasMetrics === hadMetrics ? "this code is deployed already" : "deployed, now with metrics");
  say("Metrics", metricsOutcome(hasMetrics));
  say("Address", `${origin}, as before`);
  return origin;
}

interface Deployed {
  targets: string[];
  hasMetrics: boolean;
}

/**
 * Deploys with metrics where they are wanted and the account takes them, and otherwise without.
 *
 * @param hasCache whether a Worker has the cache of answers
 */
async function deploy(
  release: Upload,
  { metrics, hasCache }: { metrics: boolean; hasCache: boolean },
): Promise<Deployed> {
  if (!hasCache) await removeOrphanedCache();
  const targets = metrics ? await uploadWithMetrics(release) : null;
  if (targets !== null) return { targets, hasMetrics: true };
  // An upload that was refused has left one as well.
  if (metrics && !hasCache) await removeOrphanedCache();
  return { targets: await upload(release), hasMetrics: false };
}

/**
 * Removes the cache of answers that a first deployment left behind which broke off: wrangler creates one anew, and two of
 * one name cannot be. No Worker has it, and nothing is in it.
 */
async function removeOrphanedCache(): Promise<void> {
  const { output } = await mustWrangler("Looking at the namespaces", ["kv", "namespace", "list"]);
  const orphan = (JSON.parse(output) as { id: string; title: string }[]).find(({ title }) => title === cacheTitle());
  if (!orphan) return;
  const args = ["kv", "namespace", "delete", "--namespace-id", orphan.id, "--skip-confirmation"];
  await mustWrangler("Removing a namespace that was left behind", args);
}

/** The name that wrangler gives it. */
function cacheTitle(): string {
  const worker = /^name\s*=\s*"([^"]+)"/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1];
  return `${worker}-${CACHE.toLowerCase()}`;
}

async function digestOfBuild(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "apionics-build-"));
  try {
    await mustWrangler("Building the Worker", ["deploy", "--dry-run", "--outdir", folder]);
    const built = readdirSync(folder, { recursive: true, encoding: "utf8" })
      // The others name the time and the folder of the build.
      .filter((name) => /\.(js|wasm)$/.test(name))
      .sort()
      .map((name) => join(folder, name));
    const hash = createHash("sha256");
    for (const file of [...built, ...ALSO_DEPLOYED]) hash.update(readFileSync(file)).update("\0");
    return hash.digest("hex").slice(0, 16);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What serves all requests now; of several versions at once, none does. */
async function currentRelease(): Promise<Release> {
  const status = await wrangler(["deployments", "status", "--json"]);
  if (!status.ok) {
    if (/does not exist on your account|has no deployments/.test(status.said)) return NOTHING;
    throw failure("Looking at the deployment", status);
  }
  const { versions } = JSON.parse(status.output) as { versions: { version_id: string }[] };
  const [first] = versions;
  if (!first) return NOTHING;
  const view = await mustWrangler("Looking at the deployment", ["versions", "view", first.version_id, "--json"]);
  const { annotations, resources } = JSON.parse(view.output) as Version;
  const origin = resources.bindings.find(({ name, type }) => name === "PUBLIC_ORIGIN" && type === "plain_text")?.text;
  return {
    digest: versions.length > 1 ? null : (annotations?.["workers/tag"] ?? null),
    origin: origin ?? null,
    bindings: resources.bindings.map(({ name }) => name),
  };
}
