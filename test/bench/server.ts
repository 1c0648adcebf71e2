import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { Project } from "../e2e/helpers/project.ts";
import { freePort, newProject } from "../e2e/helpers/project.ts";

const WRANGLER = "node_modules/wrangler/bin/wrangler.js";
const LOOPBACK = "127.0.0.1";
/** Where wrangler keeps local databases, below what `--persist-to` says. */
const DATABASES = "v3/d1/miniflare-D1DatabaseObject";
const START_TIMEOUT: Millis = MINUTE;
const DATABASE_TIMEOUT: Millis = 10 * SECOND;
const FLOOR = resolve(import.meta.dirname, "floor");

/** Which of the two is measured. */
export type Side = "floor" | "ours";

const BUNDLES: Record<Side, string> = { floor: "dist/floor.js", ours: "dist/index.js" };

/** One Worker in `wrangler dev`, as it is deployed: bundled and minified once, with a state of its own. */
export class Server {
  readonly origin: string;
  readonly #side: Side;
  readonly #project: Project;
  readonly #port: number;
  #child: ChildProcess | null = null;
  #output = "";

  private constructor(side: Side, project: Project, port: number) {
    this.#side = side;
    this.#project = project;
    this.#port = port;
    this.origin = `http://${LOOPBACK}:${port}`;
    process.on("exit", () => this.#remove());
  }

  /** Makes a folder with a bundle, these settings, and an empty, migrated state. */
  static async prepare(side: Side, settings: Record<string, string>): Promise<Server> {
    const project = newProject();
    const server = new Server(side, project, await freePort());
    const { folder } = project;
    if (side === "floor") {
      rmSync(join(folder, "wrangler.toml"));
      for (const name of ["wrangler.toml", "floor.ts"]) symlinkSync(join(FLOOR, name), join(folder, name));
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, ".dev.vars"), lines.join(""));
    mkdirSync(join(folder, "tmp"));
    await server.#finish(["deploy", "--dry-run", "--minify", "--outdir", "dist"]);
    await server.#finish(["d1", "migrations", "apply", "DB", "--local", "--persist-to", "state"]);
    return server;
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const vars = [`PUBLIC_ORIGIN:${this.origin}`, "ALLOW_PRIVATE_TARGETS:true"].flatMap((value) => ["--var", value]);
    const where = ["--ip", LOOPBACK, "--port", String(this.#port), "--inspector-port", "0", "--persist-to", "state"];
    this.#child = this.#spawn(["dev", BUNDLES[this.#side], "--no-bundle", ...where, ...vars]);
    const deadline = Date.now() + START_TIMEOUT;
    while (!(await this.#isWell())) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the Worker of ${this.#side} did not start:\n${this.#output}`);
      }
      await sleep(SECOND / 10);
    }
  }

  /** The file of its database. Others may write to it while it runs. */
  databaseFile(): string {
    const folder = join(this.#project.folder, "state", DATABASES);
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    if (file === undefined) throw new Error(`there is no database in ${folder}`);
    return join(folder, file);
  }

  /** Works on its database. */
  withDatabase<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(this.databaseFile(), { timeout: DATABASE_TIMEOUT });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  /** The resident memory of all its processes, in MiB. */
  memory(): number {
    const group = String(this.#child?.pid);
    const lines = execFileSync("ps", ["-A", "-o", "pgid=,rss="], { encoding: "utf8" }).trim().split("\n");
    const sizes = lines.map((line) => line.trim().split(/\s+/)).filter(([pgid]) => pgid === group);
    return sizes.reduce((sum, [, rss]) => sum + Number(rss), 0) / 1_024;
  }

  /** The last of what it printed. */
  output(): string {
    return this.#output;
  }

  /** Ends it and leaves nothing behind. */
  async stop(): Promise<void> {
    const child = this.#child;
    const gone = child && child.exitCode === null ? new Promise((exited) => child.once("exit", exited)) : null;
    this.#kill();
    await gone;
    this.#remove();
  }

  #remove(): void {
    this.#kill();
    this.#project.remove();
  }

  #kill(): void {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
  }

  async #isWell(): Promise<boolean> {
    try {
      const response = await fetch(`${this.origin}/health`, { signal: AbortSignal.timeout(5 * SECOND) });
      await response.arrayBuffer();
      // The sweeper of a fresh state may not have run yet, which is no matter here.
      return response.ok || response.status === 503;
    } catch {
      return false;
    }
  }

  async #finish(args: string[]): Promise<void> {
    const child = this.#spawn(args);
    const code = await new Promise<number | null>((exited) => child.once("exit", exited));
    if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${this.#output}`);
  }

  #spawn(args: string[]): ChildProcess {
    const { folder } = this.#project;
    this.#output = "";
    const child = spawn(process.execPath, [WRANGLER, ...args], {
      cwd: folder,
      // A group of its own, so that it can be ended and measured as a whole.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH ?? "",
        HOME: join(folder, "home"),
        TMPDIR: join(folder, "tmp"),
        WRANGLER_SEND_METRICS: "false",
        // Wrangler would write down every request, at a cost that no deployment has.
        X_LOCAL_OBSERVABILITY: "false",
        CI: "true",
        NO_COLOR: "1",
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-20_000);
      });
    }
    return child;
  }
}
