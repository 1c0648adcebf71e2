import { Failure } from "../start/failure.ts";
import { fillIn, readSettings, SECRETS } from "../start/secrets.ts";
import type { DatabaseState } from "./database.ts";
import { say } from "./say.ts";
import { failure, mustWrangler, wrangler } from "./wrangler.ts";

/*
 * The secrets of the deployment. Cloudflare shows them to nobody, so those that are made here are written to a file
 * first, for whoever runs this to keep, and then handed over.
 */

/** Git-ignored, and readable by its owner alone. */
export const FILE = ".deploy.vars";

/**
 * Sets the secrets that the deployment lacks, and none that it has: from the environment, from the file, or made at random.
 * On a machine that forgets its files none is made.
 *
 * @returns the names of those that it still lacks
 */
export async function ensureSecrets(database: DatabaseState): Promise<string[]> {
  const names = Object.keys(SECRETS);
  const there = await listSecrets();
  const lacking = names.filter((name) => !there.includes(name));
  if (lacking.length === 0) {
    say("Secrets", "already there");
    return [];
  }
  const given = new Map(lacking.flatMap((name) => valueAtHand(name)));
  const unknown = lacking.filter((name) => !given.has(name));
  if (unknown.length > 0 && !database.isEmpty) {
    throw new Failure(
      `${unknown.join(" and ")} cannot be made anew: the database is there already, and what it holds hangs on the ` +
        `ones before. Set them in the environment or in ${FILE}, and run it again.`,
    );
  }
  const isKept = unknown.length > 0 && !process.env.CI;
  if (isKept) {
    const made = fillIn(FILE, Object.fromEntries(unknown.map((name) => [name, SECRETS[name] ?? (() => "")])));
    for (const name of unknown) given.set(name, made.get(name) ?? "");
  }
  const left = lacking.filter((name) => !given.has(name));
  if (given.size > 0) await setSecrets(given);
  if (left.length > 0) say("Secrets", `NOT SET, as this machine keeps no files: ${left.join(", ")}`);
  if (isKept)
    console.log(`\n  Keep ${FILE}: it has the secrets of the deployment, and nobody can read them anywhere else.\n`);
  return left;
}

/** The token of the deployment's owner, where it is at hand. */
export function adminToken(): string | null {
  return process.env.ADMIN_TOKEN || readSettings(FILE).get("ADMIN_TOKEN") || null;
}

function valueAtHand(name: string): [string, string][] {
  const value = process.env[name] || readSettings(FILE).get(name);
  return value ? [[name, value]] : [];
}

async function listSecrets(): Promise<string[]> {
  const answer = await wrangler(["secret", "list", "--format", "json"]);
  if (answer.ok) return (JSON.parse(answer.output) as { name: string }[]).map(({ name }) => name);
  // A Worker that is not there has none.
  if (/Worker "[^"]*" not found/.test(answer.said)) return [];
  throw failure("Looking at the secrets", answer);
}

async function setSecrets(values: Map<string, string>): Promise<void> {
  const input = JSON.stringify(Object.fromEntries(values));
  await mustWrangler("Setting the secrets", ["secret", "bulk"], { input });
  say("Secrets", `set: ${[...values.keys()].join(", ")}`);
}
