import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import type { Measured, Sample } from "./measure.ts";
import { quantile } from "./numbers.ts";
import { summary } from "./plot.ts";
import type { Lateness } from "./punctuality.ts";
import type { Side } from "./server.ts";

/** All that a run has found out. */
export interface Results {
  rows: readonly Measured[];
  idle: Lateness;
  herd: Record<Side, Lateness>;
  /** The load of the machine before the run, a minute's average. */
  loadBefore: number;
  startedAt: Date;
}

const IDLE_P99 = 250;
const HERD_RATIO = 0.8;

/** What is promised and was not kept, in words; nothing when all was. */
export function missed({ rows, idle, herd }: Results): string[] {
  const { ours, floor } = herd;
  const p99 = quantile(idle.late, 0.99);
  const ratio = drained(ours) / drained(floor);
  return [
    ...rows
      .filter((row) => row.ratio < row.row.target)
      .map(({ row, ratio: found }) => `${nameOf(row)}: ${found.toFixed(2)} of the floor, and not ${row.target}`),
    ...(p99 < IDLE_P99 ? [] : [`idle p99: ${Math.round(p99)} ms, and not ${IDLE_P99}`]),
    ...([idle, ours].some(({ late }) => (late[0] ?? 0) < 0) ? ["a post went out early"] : []),
    ...(idle.wrong + ours.wrong === 0 ? [] : [`${idle.wrong + ours.wrong} posts were not published exactly once`]),
    ...(ratio >= HERD_RATIO ? [] : [`the herd: ${ratio.toFixed(2)} of the floor, and not ${HERD_RATIO}`]),
  ];
}

/** Posts of a herd that went out in a second. */
function drained({ late }: Lateness): number {
  return late.length / (quantile(late, 1) / 1_000);
}

/** The results as Markdown. */
export function printResults(results: Results): string {
  const { rows, idle, herd, startedAt, loadBefore } = results;
  const { ours, floor } = herd;
  const table = [
    ["", "connections", "", "p50", "p99", "per second", "memory", "ours / floor", "target"],
    ...rows.flatMap(({ row, samples, ratio }) => [
      [row.name, String(row.connections), "floor", ...cells(samples.floor), "", ""],
      ["", "", "ours", ...cells(samples.ours), ratio.toFixed(2), row.target.toFixed(2)],
    ]),
  ];
  return [
    `${startedAt.toISOString().slice(0, 10)}, ${machine()}; load average before the run ${loadBefore.toFixed(2)}.`,
    "",
    ...printTable(table),
    "",
    "Punctuality, from due until the platform has heard the call that makes a post public:",
    "",
    ...printTable([
      ["", "posts", "p50, p99, max", "earliest", "per second", "ours / floor", "not exactly once"],
      ["idle", String(idle.late.length), summary(idle.late), `${idle.late[0]} ms`, "", "", String(idle.wrong)],
      ...(["floor", "ours"] as const).map((side) => {
        const { late, wrong } = herd[side];
        const ratio = side === "ours" ? (drained(ours) / drained(floor)).toFixed(2) : "";
        return [
          `herd, ${side}`,
          String(late.length),
          summary(late),
          `${late[0]} ms`,
          drained(herd[side]).toFixed(0),
          ratio,
          String(wrong),
        ];
      }),
    ]),
  ].join("\n");
}

function cells({ p50, p99, perSecond, memory }: Sample): string[] {
  return [`${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`, perSecond.toFixed(0), `${memory.toFixed(0)} MiB`];
}

/** As the formatter has it: it is not to change what was printed. */
function printTable(rows: readonly string[][]): string[] {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)];
}

function nameOf({ name, connections }: Measured["row"]): string {
  return `${name} at ${connections}`;
}

function machine(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cores[0]?.model.trim() ?? "a processor";
  const [workerd, wrangler] = ["workerd", "wrangler"].map(versionOf);
  return `${cores.length} × ${model}, ${memory} GiB, ${process.platform}; Node ${process.version}, workerd ${workerd}, wrangler ${wrangler}`;
}

function versionOf(library: string): string {
  return JSON.parse(readFileSync(`node_modules/${library}/package.json`, "utf8")).version;
}

/** The load of the machine, a minute's average. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

const [BEGIN, END] = ["<!-- results:begin -->", "<!-- results:end -->"];

/** Puts results in their place in a page. */
export function paste(page: string, results: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`the page has no ${BEGIN} before ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${results}\n\n${page.slice(to)}`;
}
