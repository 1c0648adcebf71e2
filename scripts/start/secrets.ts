import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Failure } from "./failure.ts";

const FILE = ".dev.vars";

/** What a deployment must have, and how each is made. */
export const SECRETS: Record<string, () => string> = {
  ADMIN_TOKEN: () => randomBytes(24).toString("base64url"),
  API_KEY_PEPPER: () => randomBytes(32).toString("base64url"),
  ENCRYPTION_KEYS: () => `k1:${randomBytes(32).toString("base64")}`,
};

/** Beside them what a bare `wrangler dev` needs; `npm start` says by itself where it listens. */
const LOCAL = { ...SECRETS, PUBLIC_ORIGIN: () => "http://localhost:8787" };

/**
 * Writes the local settings that `.dev.vars` lacks, and leaves alone what is there.
 *
 * @returns the admin token
 */
export function ensureSecrets(): string {
  return fillIn(FILE, LOCAL).get("ADMIN_TOKEN") ?? "";
}

/**
 * Writes what a file of settings lacks, readable by its owner alone, and leaves alone what is there.
 *
 * @param wanted how each value is made
 * @returns all that the file says
 */
export function fillIn(file: string, wanted: Record<string, () => string>): Map<string, string> {
  try {
    const before = existsSync(file) ? readFileSync(file, "utf8") : "";
    const known = valuesOf(before);
    const missing = Object.entries(wanted).filter(([name]) => !known.has(name));
    if (missing.length > 0) {
      const lines = missing.map(([name, generate]) => `${name}=${generate()}\n`).join("");
      const separator = before === "" || before.endsWith("\n") ? "" : "\n";
      writeFileSync(file, before + separator + lines, { mode: 0o600 });
    }
    return valuesOf(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Failure(`The secrets cannot be written to ${file}: ${reasonOf(error)}.`);
  }
}

/** What a file of settings says; nothing where there is none. */
export function readSettings(file: string): Map<string, string> {
  return existsSync(file) ? valuesOf(readFileSync(file, "utf8")) : new Map();
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
