import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../start/failure.ts";

/*
 * `wrangler d1` on the database of `wrangler.toml`, as a child process on the Node that runs this.
 */

const WRANGLER = "node_modules/wrangler/bin/wrangler.js";

/** Which database is meant: the one of `npm start`, or the deployed one. */
export type Place = "--local" | "--remote";

/**
 * Runs `wrangler d1 <command> DB`.
 *
 * @returns what it wrote to its standard output
 * @throws Failure with what it said
 */
export async function wranglerD1(command: string, place: Place, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [WRANGLER, "d1", command, "DB", place, ...args], {
    stdio: ["inherit", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
  });
  let [output, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    said += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((exited) => child.on("close", exited));
  if (code !== 0) {
    throw new Failure(`wrangler d1 ${command} ended with ${code}:\n${stripVTControlCharacters(said).trim()}`);
  }
  return output;
}
