import { spawn } from "node:child_process";
import { join } from "node:path";
import type { SweepResult } from "./sweep.ts";

const HERE = import.meta.dirname;

/** Runs seeds in a process of their own, with the Worker as it is or without one of its guards. */
export function sweepInChild(args: string[], without: string | null = null): Promise<SweepResult> {
  const node = spawn(
    process.execPath,
    ["--no-warnings", "--import", join(HERE, "register.ts"), join(HERE, "run.ts"), "--json", ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...(without === null ? {} : { SIMULATION_WITHOUT: without }) },
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
