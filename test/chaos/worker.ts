import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Project } from "../e2e/helpers/project.ts";
import { freePort, newProject } from "../e2e/helpers/project.ts";
import { WIDE_LIMITS } from "../helpers/wide-limits.ts";

const WRANGLER = "node_modules/wrangler/bin/wrangler.js";
const LOOPBACK = "127.0.0.1";
/** Where wrangler keeps local databases, below what `--persist-to` says. */
const DATABASES = "v3/d1/miniflare-D1DatabaseObject";
const START_TIMEOUT: Millis = MINUTE;
const HEALTH_TIMEOUT: Millis = 5 * SECOND;
/** The Worker may hold the database while it writes. */
const DATABASE_TIMEOUT: Millis = 5 * SECOND;

/** Of a run, and of nothing else: not a secret. */
const ADMIN_TOKEN = "admin-token-of-a-chaos-run";
const API_KEY_PEPPER = "api-key-pepper-of-a-chaos-run";

/** One life of the Worker, from its start until it was killed. */
export interface Life {
  startedAt: Millis;
  /** When it answered first; null when it was killed before. */
  readyAt: Millis | null;
  killedAt: Millis | null;
}

/**
 * The Worker in `wrangler dev`, with a state of its own that outlives its processes. They form a group, and are killed as
 * a whole. What is run was bundled once: a restart is quicker, and runs what the first start ran.
 */
export class ChaosWorker {
  readonly origin: string;
  readonly adminToken = ADMIN_TOKEN;
  readonly lives: Life[] = [];
  readonly #project: Project;
  readonly #port: number;
  #child: ChildProcess | null = null;
  #output = "";
  /** Where all that it prints is written down; null: nowhere. */
  readonly #logFile: string | null;

  private constructor(project: Project, port: number, logFile: string | null) {
    this.#logFile = logFile;
    this.#project = project;
    this.#port = port;
    this.origin = `http://localhost:${port}`;
    process.on("exit", () => this.remove());
  }

  /**
   * Makes a folder with a bundle and an empty, migrated state.
   *
   * @param parent the folder that it is made in
   */
  static async prepare(
    settings: Record<string, string>,
    logFile: string | null,
    parent?: string,
  ): Promise<ChaosWorker> {
    const project = newProject(parent);
    const worker = new ChaosWorker(project, await freePort(), logFile);
    const secrets = { ADMIN_TOKEN, API_KEY_PEPPER, ENCRYPTION_KEYS: `chaos:${Buffer.alloc(32, 7).toString("base64")}` };
    const lines = Object.entries({ ...secrets, ...settings }).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(project.folder, ".dev.vars"), lines.join(""));
    mkdirSync(join(project.folder, "tmp"));
    await worker.#finish(["deploy", "--dry-run", "--outdir", "dist"]);
    await worker.#finish(["d1", "migrations", "apply", "DB", "--local", "--persist-to", "state"]);
    return worker;
  }

  /** Starts it, as `npm start` does but for the bundle and the state. */
  start(): void {
    const vars = [`PUBLIC_ORIGIN:${this.origin}`, "ALLOW_PRIVATE_TARGETS:true"].flatMap((value) => ["--var", value]);
    // An inspector's port that nobody else has: of two Workers that start at once both would find the usual one free.
    const ports = ["--port", String(this.#port), "--inspector-port", "0"];
    const where = ["--ip", LOOPBACK, ...ports, "--persist-to", "state"];
    this.#output = "";
    this.#child = this.#spawn(["dev", "dist/index.js", "--no-bundle", ...where, ...vars]);
    this.lives.push({ startedAt: Date.now(), readyAt: null, killedAt: null });
  }

  /** Waits until it answers. */
  async ready(): Promise<void> {
    const life = this.#life();
    while (life.readyAt === null) {
      if (this.#child?.exitCode !== null) throw new Error(`the Worker ended by itself:\n${this.#output}`);
      if (Date.now() > life.startedAt + START_TIMEOUT) throw new Error(`the Worker did not start:\n${this.#output}`);
      if (await this.#isHealthy()) life.readyAt = Date.now();
      else await sleep(25);
    }
  }

  /** Gives a workspace limits that no run meets, in the database: it is not what the runs are about. */
  widenLimits(workspaceId: string): void {
    const folder = join(this.#project.folder, "state", DATABASES);
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    if (file === undefined) throw new Error(`there is no database in ${folder}`);
    const database = new DatabaseSync(join(folder, file), { timeout: DATABASE_TIMEOUT });
    const { changes } = database
      .prepare("UPDATE workspaces SET rate_limits = ? WHERE id = ?")
      .run(JSON.stringify(WIDE_LIMITS), workspaceId);
    database.close();
    if (changes !== 1) throw new Error(`there is no workspace ${workspaceId}`);
  }

  /** Kills every process of it in this very moment. */
  kill(): void {
    this.#life().killedAt = Date.now();
    this.#signal();
  }

  /** Waits until it is gone. */
  async gone(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      await new Promise((exited) => child.once("exit", exited));
    }
    this.#child = null;
  }

  /** Ends it and leaves nothing behind. */
  remove(): void {
    this.#signal();
    this.#project.remove();
  }

  #life(): Life {
    const life = this.lives.at(-1);
    if (!life) throw new Error("the Worker was never started");
    return life;
  }

  #signal(): void {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.origin}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT) });
      // What the kill has left behind is looked after once it is up.
      return "ok" in ((await response.json()) as object);
    } catch {
      return false;
    }
  }

  async #finish(args: string[]): Promise<void> {
    const child = this.#spawn(args);
    this.#child = child;
    const code = await new Promise<number | null>((exited) => child.once("exit", exited));
    this.#child = null;
    if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${this.#output}`);
  }

  #spawn(args: string[]): ChildProcess {
    const { folder } = this.#project;
    const child = spawn(process.execPath, [WRANGLER, ...args], {
      cwd: folder,
      // A group of its own, so that it can be killed as a whole.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH ?? "",
        HOME: join(folder, "home"),
        TMPDIR: join(folder, "tmp"),
        WRANGLER_SEND_METRICS: "false",
        CI: "true",
        NO_COLOR: "1",
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-20_000);
        if (this.#logFile !== null) appendFileSync(this.#logFile, chunk);
      });
    }
    return child;
  }
}
