import { spawn } from "node:child_process";
import { join } from "node:path";
import type { SweepResult } from "./sweep.ts";

const HERE = import.meta.dirname;
/** Where Node keeps what it has made of the source: each child has to load all of it. */
const CACHE = join(HERE, "../../node_modules/.cache/simulation");

/**
 * Runs seeds in a process of their own.
 *
 * @param without the guard that is taken out of the Worker; null for none
 */
export function sweepInChild(args: string[], without: string | null = null): Promise<SweepResult> {
  return inChild(args, without);
}

/** Runs one scenario, or `all`, and answers what is not as it has to be, by name. */
export function scenariosInChild(name: string, without: string | null = null): Promise<Record<string, string[]>> {
  return inChild(["--scenario", name], without);
}

function inChild<T>(args: string[], without: string | null): Promise<T> {
  const node = spawn(
    process.execPath,
    ["--no-warnings", "--import", join(HERE, "register.ts"), join(HERE, "run.ts"), "--json", ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_COMPILE_CACHE: CACHE, ...(without !== null && { SIMULATION_WITHOUT: without }) },
    },
  );
  let output = "";
  node.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    node.on("error", reject);
    node.on("close", (code) => {
      if (output === "") reject(new Error(`the simulation ended with ${code} and said nothing`));
      else resolve(JSON.parse(output));
    });
  });
}
