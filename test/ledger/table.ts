import type { JourneyName } from "./journeys.ts";
import { JOURNEYS } from "./journeys.ts";
import type { Counts } from "./operations.ts";
import { OPERATIONS } from "./operations.ts";
import { PRICE_PER_MILLION, PRICES_READ_ON, pricePerMillion } from "./prices.ts";

const NAMES = {
  workerRequests: "Worker requests",
  objectRequests: "object requests",
  objectRowsRead: "object rows read",
  objectRowsWritten: "object rows written",
  d1RowsRead: "D1 rows read",
  d1RowsWritten: "D1 rows written",
  queueOperations: "queue operations",
  kvReads: "KV reads",
  kvWrites: "KV writes",
  r2ClassA: "R2 class A",
  r2ClassB: "R2 class B",
} as const;

/** `docs/costs.md`: what each journey takes and costs. */
export function printCosts(counts: Readonly<Record<JourneyName, Counts>>): string {
  const journeys = Object.entries(counts) as [JourneyName, Counts][];
  const dollars = (amount: number) => `$${amount.toFixed(2)}`;
  return `# What it costs

Counted, and not estimated: a test goes each of these ways in the runtime that Cloudflare uses, and counts at the bindings
what is asked of them. Neither more nor less passes it. What was changed on purpose is counted anew by

\`\`\`
npx vitest run --project ledger --update
\`\`\`

which writes this page and \`test/ledger/counts.json\`, in which programs find the same.

## In US dollars, for a million of each

${table(
  ["journey", "per million", "D1 round trips", "of these before the answer", "what it is"],
  journeys.map(([name, each]) => [
    name,
    dollars(pricePerMillion(each)),
    String(each.d1RoundTrips),
    String(each.d1RoundTripsBeforeAnswer),
    JOURNEYS[name],
  ]),
)}

What the paid plan includes is not taken off, and CPU time is not in it, nor the time in which objects are awake, nor what is
stored.

## What is counted

${table(
  ["journey", ...OPERATIONS.map((operation) => NAMES[operation])],
  journeys.map(([name, each]) => [name, ...OPERATIONS.map((operation) => String(each[operation]))]),
)}

- A batch of D1's is one round trip. Rows are what D1 says of each statement.
- A value that an object reads or writes is a row, and so is an alarm that is set. An object's alarm that rings is a request.
- A message is three operations of its queue: written, read, deleted. Messages that were sent together come in batches of
  five, and each batch is a request of the Worker.
- A key was used in the same minute: its last use is written down once a minute, and not with each request.

## Prices

Of Cloudflare's documentation, read on ${PRICES_READ_ON}, for a million:

${table(
  ["operation", "price"],
  OPERATIONS.map((operation) => [NAMES[operation], `$${PRICE_PER_MILLION[operation]}`]),
)}
`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
