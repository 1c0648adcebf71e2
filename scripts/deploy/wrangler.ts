import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "../start/failure.ts";
import { WRANGLER } from "../start/worker.ts";

/*
 * Wrangler, which speaks to Cloudflare for us: without questions, and without a secret among its arguments.
 */

export interface Answer {
  ok: boolean;
  /** What it answered. */
  output: string;
  /** The same with its complaints. */
  said: string;
}

/**
 * Runs wrangler.
 *
 * @param input what it reads; secrets are handed over this way alone
 */
export async function wrangler(
  args: readonly string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Answer> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1", ...env },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("close", resolve);
    child.on("error", reject);
  });
  // One that fails at once does not read what it is given.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { ok: code === 0, output, said: output + complaints };
}

/**
 * Runs wrangler, which must succeed.
 *
 * @param doing what it is for, in the words of a sentence that says it failed
 */
export async function mustWrangler(
  doing: string,
  args: readonly string[],
  options: Parameters<typeof wrangler>[1] = {},
): Promise<Answer> {
  const answer = await wrangler(args, options);
  if (!answer.ok) throw failure(doing, answer);
  return answer;
}

/** A failure in wrangler's words. */
export function failure(doing: string, { said }: Answer): Failure {
  const lines = stripVTControlCharacters(said)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/Logs were written to/.test(line));
  const from = lines.findIndex((line) => line.includes("[ERROR]"));
  const why = lines.slice(Math.max(0, from)).map((line) => line.replace(/^.*\[ERROR\]\s*/, ""));
  return new Failure(`${doing} failed. What was done so far stays: run it again. Wrangler says:\n${why.join("\n")}`);
}
