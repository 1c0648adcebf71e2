import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Failure } from "./start/failure.ts";

/*
 * What an isolate has to load before it can serve: how large the Worker is as it is deployed, and what processor time workerd
 * spends on its start. Prints both, and fails where one is above its limit. Processor time and not time, which counts less of
 * whatever else the machine does. On a machine that is slow, or has ten times more to do than it can, it is twice as long all
 * the same, hence the margin.
 */

const KIB = 1024;
const SIZE_LIMIT = 450 * KIB;
/** What evaluating the modules may take, in milliseconds, which is what `wrangler check startup` profiles. */
const START_LIMIT = 50;
/** How many times the limit it fails above. */
const MARGIN = 2;
/** The best of so many starts counts. */
const STARTS = 10;

const WRANGLER = "node_modules/wrangler/bin/wrangler.js";
const COMPATIBILITY_DATE = /^compatibility_date = "(.*)"$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "";

async function main(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  const size = gzipSync(readFileSync(join(folder, "index.js"))).byteLength;
  console.log(`bundle: ${(size / KIB).toFixed(0)} KiB gzipped of ${SIZE_LIMIT / KIB}`);
  if (size > SIZE_LIMIT)
    throw new Failure("The bundle is too large. `npx wrangler deploy --dry-run --metafile` tells why.");

  // Only Linux tells the processor time of a process in less than hundredths of a second.
  if (process.platform !== "linux") return;
  writeFileSync(join(folder, "nothing.js"), "export default {};");
  const nothing = await measure(folder, "nothing.js");
  const worker = await measure(folder, "index.js");
  const parsing = Math.max(0, worker.loaded - nothing.loaded).toFixed(0);
  console.log(
    `start: ${worker.evaluated.toFixed(0)} ms of processor time of ${START_LIMIT}, and ${parsing} ms to parse it before`,
  );
  if (worker.evaluated > START_LIMIT * MARGIN)
    throw new Failure("The Worker starts too slowly. `npx wrangler check startup` profiles it.");
}

/** Milliseconds of processor time. */
interface Start {
  /** Until workerd listens: it has parsed all modules by then. */
  loaded: number;
  /** What the modules' own code takes. */
  evaluated: number;
}

async function measure(folder: string, module: string): Promise<Start> {
  const starts: Start[] = [];
  for (let i = 0; i < STARTS; i += 1) starts.push(await startOnce(folder, module));
  return {
    loaded: Math.min(...starts.map(({ loaded }) => loaded)),
    evaluated: Math.min(...starts.map(({ evaluated }) => evaluated)),
  };
}

/** Starts workerd with a module that it evaluates when it is asked to. */
async function startOnce(folder: string, module: string): Promise<Start> {
  writeFileSync(
    join(folder, "entry.js"),
    `export default { async fetch({ url }) { if (url.endsWith("/start")) await import("worker"); return new Response(); } };`,
  );
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "entry", esModule = embed "entry.js"), (name = "worker", esModule = embed "${module}")],
    compatibilityDate = "${COMPATIBILITY_DATE}"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);`,
  );
  const child = spawn(workerd(), ["serve", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const exited = once(child, "exit");
  try {
    const [told] = await Promise.race([
      once(child.stdio[3] as NodeJS.ReadableStream, "data"),
      exited.then(() => Promise.reject(new Error("workerd did not start"))),
    ]);
    const { port } = JSON.parse(String(told).split("\n")[0] ?? "") as { port: number };
    const ask = async (path: string) => {
      const { status } = await fetch(`http://127.0.0.1:${port}${path}`);
      if (status !== 200) throw new Error(`workerd answered ${status}`);
      return processorTime(child.pid ?? 0);
    };
    const loaded = await ask("/");
    // Once more, so that the difference holds nothing that only a first request brings about.
    const before = await ask("/");
    return { loaded, evaluated: (await ask("/start")) - before };
  } finally {
    child.kill();
    await exited;
  }
}

/** The runtime that wrangler comes with. */
function workerd(): string {
  return createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"))("workerd").default;
}

/** What all threads of a process have used, in milliseconds. */
function processorTime(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((thread) =>
    Number(readFileSync(join(folder, thread, "schedstat"), "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6;
}

const folder = mkdtempSync(join(tmpdir(), "apionics-bundle-"));
main(folder)
  .catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => rmSync(folder, { recursive: true }));
