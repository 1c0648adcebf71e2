import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Failure } from "./failure.ts";

const FILE = ".dev.vars";

const SECRETS: Record<string, () => string> = {
  ADMIN_TOKEN: () => randomBytes(24).toString("base64url"),
  API_KEY_PEPPER: () => randomBytes(32).toString("base64url"),
  ENCRYPTION_KEYS: () => `k1:${randomBytes(32).toString("base64")}`,
};

/**
 * Writes the local secrets that `.dev.vars` lacks, and leaves alone what is there.
 *
 * @returns the admin token
 */
export function ensureSecrets(): string {
  try {
    const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
    const known = valuesOf(before);
    const missing = Object.entries(SECRETS).filter(([name]) => !known.has(name));
    if (missing.length > 0) {
      const lines = missing.map(([name, generate]) => `${name}=${generate()}\n`).join("");
      const separator = before === "" || before.endsWith("\n") ? "" : "\n";
      writeFileSync(FILE, before + separator + lines, { mode: 0o600 });
    }
    return valuesOf(readFileSync(FILE, "utf8")).get("ADMIN_TOKEN") ?? "";
  } catch (error) {
    throw new Failure(`The local secrets cannot be written to ${FILE}: ${reasonOf(error)}.`);
  }
}

function valuesOf(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => /^\s*([A-Z_]+)\s*=\s*"?(.*?)"?\s*$/.exec(line));
  return new Map(lines.flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]] as const] : [])));
}

/** What the system said, without our paths. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error) {
    if (error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS")
      return "this folder is not writable";
    if (error.code === "ENOSPC") return "the disk is full";
    return String(error.code);
  }
  return String(error);
}
