import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { Failure } from "./failure.ts";
import { areMigrationsApplied } from "./migrations.ts";
import { reasonOf } from "./secrets.ts";

/*
 * Wrangler, run as a child process on the Node that runs this.
 */

export const WRANGLER = "node_modules/wrangler/bin/wrangler.js";
const STATE = ".wrangler/state";
const LOOPBACK = "127.0.0.1";
const START_TIMEOUT_MS = 60_000;
/** What wrangler says on a machine without a way to the internet, and nobody needs to hear. */
const NOISE = /Request\.cf|workers\.cloudflare\.com|GetAddrInfoReqWrap/;

/** Wrangler would write down the address of every request, and Meta takes some secrets only there. */
const RECORDS_NOTHING = { X_LOCAL_OBSERVABILITY: "false" };

function wrangler(args: string[]): ChildProcess {
  return spawn(process.execPath, [WRANGLER, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...RECORDS_NOTHING, WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1" },
  });
}

/** Collects what a process says; `say` is called with each line from when it is set. */
function listen(child: ChildProcess): { text: () => string; forward: () => void } {
  let text = "";
  let isForwarding = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (chunk: string) => {
      text = (text + chunk).slice(-20_000);
      if (isForwarding && !NOISE.test(chunk)) process.stdout.write(chunk);
    });
  }
  return {
    text: () => text,
    forward: () => {
      isForwarding = true;
    },
  };
}

/** Brings the local database up to date. Wrangler takes seconds to find out that it is, so that it is asked only when it is not. */
export async function applyMigrations(): Promise<void> {
  try {
    mkdirSync(STATE, { recursive: true });
    accessSync(STATE, constants.W_OK);
  } catch (error) {
    throw new Failure(`The local state cannot be written to ${STATE}: ${reasonOf(error)}.`);
  }
  if (areMigrationsApplied()) return;
  const child = wrangler(["d1", "migrations", "apply", "DB", "--local"]);
  const said = listen(child);
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Failure(`A migration of the local database failed: ${lastError(said.text())}`);
}

/** The first line of what went wrong. */
function lastError(text: string): string {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trim());
  const from = lines.findIndex((line) => /ERROR|✘/.test(line));
  const error = lines
    .slice(Math.max(0, from))
    .map((line) => line.replace(/^.*\[ERROR\]\s*/, "").trim())
    .find((line) => line !== "");
  return error ?? "wrangler did not say why.";
}

export interface RunningWorker {
  origin: string;
  /** Resolves when the Worker has stopped. */
  stopped: Promise<void>;
  /** Lets the Worker's log through to the terminal from here on. */
  showLog(): void;
}

/** Starts `wrangler dev` and waits until it answers. It is stopped when this process is. */
export async function startWorker(port: number): Promise<RunningWorker> {
  const origin = `http://localhost:${port}`;
  const vars = [`PUBLIC_ORIGIN:${origin}`, "ALLOW_PRIVATE_TARGETS:true"].flatMap((value) => ["--var", value]);
  // An inspector's port that nobody else has: of two Workers that start at once both would find the usual one free.
  const ports = ["--port", String(port), "--inspector-port", "0"];
  const child = wrangler(["dev", "--ip", LOOPBACK, ...ports, ...vars]);
  const said = listen(child);
  const stopped = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.on("exit", () => child.kill());

  let hasStopped = false;
  void stopped.then(() => {
    hasStopped = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const problem = await problemAt(origin);
    if (problem === null) break;
    if (hasStopped) throw new Failure(`The Worker did not start: ${lastError(said.text())}`);
    // It is up and says what is wrong: a setting, most likely. Waiting does not mend it.
    if (problem !== "") throw new Failure(problem);
    if (Date.now() > deadline) throw new Failure("The Worker did not start within a minute.");
    await sleep(100);
  }
  return { origin, stopped, showLog: said.forward };
}

/** @throws Failure when something else listens there */
export async function ensurePortIsFree(port: number): Promise<void> {
  if (await isFree(port)) return;
  throw new Failure(`Port ${port} is taken. Choose another one: npm start -- --port ${port === 9000 ? 9001 : 9000}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, LOOPBACK, () => probe.close(() => resolve(true)));
  });
}

/** @returns null when the Worker answers, what it says when it is not, and nothing while it does not listen yet */
async function problemAt(origin: string): Promise<string | null> {
  try {
    const response = await fetch(`${origin}/health`);
    const { ok, error } = (await response.json()) as { ok?: boolean; error?: { message?: string } };
    // Whatever an earlier run has left behind is looked after once it is up.
    return ok === undefined ? (error?.message ?? "") : null;
  } catch {
    return "";
  }
}
