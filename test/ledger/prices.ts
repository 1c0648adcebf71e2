import type { Operations } from "./operations.ts";
import { OPERATIONS } from "./operations.ts";

/** When the prices below were read from Cloudflare's documentation. */
export const PRICES_READ_ON = "2026-11-23";

/**
 * US dollars for a million of each, beyond what the paid plan includes. Of the pages "Pricing" of Workers, Durable Objects,
 * D1, Queues, KV and R2.
 */
export const PRICE_PER_MILLION: Operations = {
  workerRequests: 0.3,
  objectRequests: 0.15,
  objectRowsRead: 0.001,
  objectRowsWritten: 1,
  d1RowsRead: 0.001,
  d1RowsWritten: 1,
  queueOperations: 0.4,
  kvReads: 0.5,
  kvWrites: 5,
  r2ClassA: 4.5,
  r2ClassB: 0.36,
};

/** What a million of something costs, in US dollars. */
export function pricePerMillion(counts: Operations): number {
  return OPERATIONS.reduce((sum, operation) => sum + counts[operation] * PRICE_PER_MILLION[operation], 0);
}
