import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * The project as a fresh clone has it, in a folder of the test's own: no secrets, no state.
 */

const ROOT = resolve(import.meta.dirname, "../../..");
const LINKED = [
  "src",
  "scripts",
  "node_modules",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "wrangler.toml",
];

export interface Project {
  folder: string;
  /** Starts `npm start`'s script with these arguments. */
  start(args?: string[], env?: Record<string, string>): Run;
  /** Runs a file of the folder. */
  run(file: string, env: Record<string, string>, args?: string[]): Run;
  remove(): void;
}

export interface Run {
  /** What it has printed so far. */
  output(): string;
  /** Waits until it has printed something. */
  printed(what: RegExp): Promise<RegExpExecArray>;
  exited: Promise<number | null>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Ends it and everything it started, at once. */
  killHard(): Promise<void>;
}

/** @param parent the folder that it is made in */
export function newProject(parent = tmpdir()): Project {
  const folder = mkdtempSync(join(parent, "apionics-"));
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name));
  cpSync(join(ROOT, "migrations"), join(folder, "migrations"), { recursive: true });
  mkdirSync(join(folder, "home"));
  return {
    folder,
    start: (args = [], env = {}) => run(folder, ["scripts/start.ts", ...args], env),
    run: (file, env, args = []) => run(folder, [file, ...args], env),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(folder: string, args: string[], env: Record<string, string>): Run {
  // A group of its own, so that it can be ended as a whole.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", HOME: join(folder, "home"), ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const exited = new Promise<number | null>((done) => child.on("exit", done));
  return {
    output: () => output,
    exited,
    async printed(what) {
      for (;;) {
        const match = what.exec(output);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`it ended without printing ${what}:\n${output}`);
        await sleep(50);
      }
    },
    async stop() {
      end(child, "SIGINT");
      await exited;
    },
    async killHard() {
      end(child, "SIGKILL");
      await exited;
    },
  };
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
}

/** Below the ports that systems give to outgoing connections: one of those may be taken while its server restarts. */
const PORTS = { from: 15_000, to: 30_000 };

/** A port that is free in this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}
