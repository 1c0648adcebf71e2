import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Counts, Operations } from "../ledger/operations.ts";
import { OPERATIONS } from "../ledger/operations.ts";
import { PRICE_PER_MILLION } from "../ledger/prices.ts";
import type { RowBytes } from "./row-bytes.ts";
import { measureRows } from "./row-bytes.ts";

/*
 * A month at a given number of posts, minute by minute: what it costs and how much of each limit it uses. Operations are
 * those that the ledger has counted, rows are measured; what is assumed is said here and in `docs/scale.md`.
 *
 *   node test/scale/month.ts          prints the tables
 *   node test/scale/month.ts --write  puts them into docs/scale.md
 */

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/scale.md");
const [BEGIN, END] = ["<!-- month -->", "<!-- /month -->"];

type Journeys = Readonly<Record<string, Counts>>;

/** What goes with one post, by the ledger's journeys. Assumed. */
const PER_POST: Readonly<Record<string, number>> = {
  publishText: 0.3,
  scheduleText: 0.4,
  publishPicture: 0.3,
  uploadPicture: 0.3,
  onePost: 2,
  firstPage: 0.5,
  cancel: 0.02,
  replayStored: 0.02,
};
const SCHEDULED = PER_POST.scheduleText ?? 0;
const TASKS = 2;

const DAYS = 30;
const MINUTES = DAYS * 24 * 60;
/** How busy the hours of a day are, UTC, and the days of a week from Sunday on. Assumed. */
const HOURS = [3, 2, 2, 2, 2, 3, 4, 6, 8, 9, 9, 9, 9, 9, 9, 9, 10, 10, 10, 9, 8, 7, 5, 4];
const WEEKDAYS = [0.7, 1.1, 1.1, 1.1, 1.1, 1.1, 0.8];
/** How many of an hour's scheduled posts are due at the full hour. Assumed. */
const AT_FULL_HOUR = 0.4;

/** What the paid plan includes, in millions, by the same pages as the prices. */
const INCLUDED: Operations = {
  workerRequests: 10,
  objectRequests: 1,
  objectRowsRead: 25_000,
  objectRowsWritten: 50,
  d1RowsRead: 25_000,
  d1RowsWritten: 50,
  queueOperations: 1,
  kvReads: 10,
  kvWrites: 1,
  r2ClassA: 1,
  r2ClassB: 10,
};
const PLAN = 5;
const MILLION = 1_000_000;
const GB = 1e9;
/** A document with its alarm, as an object's database on disk; kept a week. */
const OBJECT_BYTES = 12 * 1_024;
const OBJECT_DAYS = 7;
const STORED = { d1: { included: 5, price: 0.75 }, objects: { included: 5, price: 0.2 } };

/** What is done at most, a second or at once. By Cloudflare's documentation, but for the last, which is the sweeper's own. */
const MOST = {
  /** Of queries that take a millisecond each, one after the other. */
  d1TripsPerSecond: 1_000,
  d1Bytes: 10 * GB,
  messagesPerSecond: 5_000,
  /** Consumers at once, of five messages each. */
  consumers: 250,
  messagesPerConsumer: 5,
  objectRequestsPerSecond: 1_000,
};
/** What a batch of messages takes: two calls to a platform. Assumed. */
const BATCH_SECONDS = 2;
/** Of all requests those of the busiest workspace. Assumed. */
const BUSIEST_WORKSPACE = 0.1;

/** The posts that are due in each minute of a month. */
function minutesOf(posts: number): number[] {
  const weights = Array.from({ length: MINUTES }, (_, minute) => {
    const day = WEEKDAYS[Math.floor(minute / 1_440) % 7] ?? 1;
    const hour = HOURS[Math.floor(minute / 60) % 24] ?? 1;
    const isFull = minute % 60 === 0;
    const share = (1 - SCHEDULED * AT_FULL_HOUR) / 60 + (isFull ? SCHEDULED * AT_FULL_HOUR : 0);
    return day * hour * share;
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (posts * weight) / sum);
}

/** The longest that a post waits, in minutes, where so many are done in a minute; null: they become ever more. */
function longestWait(minutes: readonly number[], perMinute: number): number | null {
  let [waiting, most] = [0, 0];
  for (const due of minutes) {
    waiting = Math.max(0, waiting + due - perMinute);
    most = Math.max(most, waiting);
  }
  const average = minutes.reduce((sum, due) => sum + due, 0) / minutes.length;
  return average > perMinute ? null : most / perMinute;
}

interface Limit {
  name: string;
  /** How much of it is used, 1 for all of it. */
  used: number;
}

/** A month as it was worked out. */
export interface Month {
  posts: number;
  /** US dollars, by what they are for. */
  bill: { name: string; dollars: number }[];
  limits: Limit[];
  /** In minutes; null: ever longer. */
  wait: number | null;
}

function countsPerPost(journeys: Journeys): Counts {
  const sum: Partial<Record<keyof Counts, number>> = {};
  for (const [name, times] of Object.entries(PER_POST)) {
    const counts = journeys[name];
    if (!counts) throw new Error(`the ledger has no journey "${name}"`);
    for (const [operation, count] of Object.entries(counts) as [keyof Counts, number][]) {
      sum[operation] = (sum[operation] ?? 0) + times * count;
    }
  }
  return sum as Counts;
}

export function simulateMonth(posts: number, journeys: Journeys, bytes: RowBytes): Month {
  const perPost = countsPerPost(journeys);
  const idle = journeys.idleMinute;
  if (!idle) throw new Error("the ledger has no idle minute");
  const total = (operation: keyof Counts) => posts * perPost[operation] + MINUTES * idle[operation];
  const operations = OPERATIONS.map((operation) => ({
    name: operation,
    dollars: (Math.max(0, total(operation) - INCLUDED[operation] * MILLION) / MILLION) * PRICE_PER_MILLION[operation],
  }));
  const d1Bytes = posts * (bytes.kept + bytes.passing);
  const objectBytes = (posts * OBJECT_BYTES * OBJECT_DAYS) / DAYS;
  const stored = (size: number, { included, price }: { included: number; price: number }) =>
    Math.max(0, size / GB - included) * price;
  const minutes = minutesOf(posts);
  const busiestHour = Math.max(
    ...Array.from({ length: MINUTES / 60 }, (_, hour) => sum(minutes.slice(hour * 60, hour * 60 + 60)) / 3_600),
  );
  const busiestSecond = Math.max(...minutes) / 60;
  const consumed = (MOST.consumers * MOST.messagesPerConsumer) / BATCH_SECONDS;
  const d1PerMinute = (60 * MOST.d1TripsPerSecond) / perPost.d1RoundTrips;
  return {
    posts,
    bill: [
      { name: "the plan", dollars: PLAN },
      ...operations,
      { name: "D1 storage", dollars: stored(d1Bytes, STORED.d1) },
      { name: "object storage", dollars: stored(objectBytes, STORED.objects) },
    ],
    limits: [
      { name: "D1's one writer, busiest hour", used: (busiestHour * perPost.d1RoundTrips) / MOST.d1TripsPerSecond },
      { name: "D1's 10 GB, after a month", used: d1Bytes / MOST.d1Bytes },
      { name: "D1's 10 GB, after a year", used: (posts * (12 * bytes.kept + bytes.passing)) / MOST.d1Bytes },
      { name: "publish consumers, busiest hour", used: (busiestHour * TASKS) / consumed },
      { name: "publish queue, busiest minute", used: (busiestSecond * TASKS) / MOST.messagesPerSecond },
      {
        name: "limiter of the busiest workspace, busiest hour",
        used: (busiestHour * perPost.workerRequests * BUSIEST_WORKSPACE) / MOST.objectRequestsPerSecond,
      },
    ],
    wait: longestWait(minutes, d1PerMinute),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

const SCALES = [1e6, 1e7, 1e8, 1e9];

/** The tables of `docs/scale.md`. */
export function printMonths(journeys: Journeys, bytes: RowBytes): string {
  const months = SCALES.map((posts) => simulateMonth(posts, journeys, bytes));
  const [first] = months;
  if (!first) throw new Error("there is nothing to print");
  const dollars = (amount: number) => (amount < 0.5 ? "–" : `$${Math.round(amount).toLocaleString("en-US")}`);
  const head = ["", ...months.map(({ posts }) => posts.toLocaleString("en-US"))];
  const wait = (minutes: number | null) => (minutes === null ? "ever longer" : `${Math.ceil(minutes)} min`);
  const bill = first.bill
    .map(({ name }, row) => [name, ...months.map((month) => dollars(month.bill[row]?.dollars ?? 0))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== "–"));
  const totals = months.map((month) => sum(month.bill.map((each) => each.dollars)));
  const reached = first.limits
    .map(({ name, used }) => ({ name, at: first.posts / used }))
    .sort((a, b) => a.at - b.at)
    .map(({ name, at }) => [name, Number(at.toPrecision(2)).toLocaleString("en-US")]);
  return `A post takes ${bytes.kept.toLocaleString("en-US")} bytes of the database for good, and ${bytes.passing.toLocaleString("en-US")} more for 30 days.

The bill of a month with so many posts, in US dollars:

${table(head, [
  ...bill,
  ["**all**", ...totals.map(dollars)],
  ["a million posts", ...totals.map((total, index) => dollars((total * MILLION) / (SCALES[index] ?? 1)))],
])}

What is used of each limit, and how long a post waits at most for the one that is used up first:

${table(head, [
  ...first.limits.map(({ name }, row) => [name, ...months.map((month) => percent(month.limits[row]?.used ?? 0))]),
  ["**longest wait for D1**", ...months.map((month) => wait(month.wait))],
])}

The limits in the order in which they are reached, with the posts a month at which they are:

${table(["limit", "posts a month"], reached)}`;
}

function percent(used: number): string {
  const value = used * 100;
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")} %`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The tables as they are now, and as the page has them. */
export function tables(): { fresh: string; written: string } {
  const journeys: Journeys = JSON.parse(readFileSync(join(ROOT, "test/ledger/counts.json"), "utf8"));
  const page = readFileSync(PAGE, "utf8");
  const written = page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)).trim();
  return { fresh: printMonths(journeys, measureRows()), written };
}

if (import.meta.main) {
  const { fresh, written } = tables();
  if (process.argv.includes("--write")) {
    const page = readFileSync(PAGE, "utf8");
    const [before, after] = [page.slice(0, page.indexOf(BEGIN) + BEGIN.length), page.slice(page.indexOf(END))];
    writeFileSync(PAGE, `${before}\n\n${fresh}\n\n${after}`);
    console.log(written === fresh ? "docs/scale.md is as it was." : "docs/scale.md was renewed.");
  } else console.log(fresh);
}
