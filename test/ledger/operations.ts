/** Every kind of operation that Cloudflare bills by the piece and Apionics uses, in the order of the table. */
export const OPERATIONS = [
  "workerRequests",
  "objectRequests",
  "objectRowsRead",
  "objectRowsWritten",
  "d1RowsRead",
  "d1RowsWritten",
  "queueOperations",
  "kvReads",
  "kvWrites",
  "r2ClassA",
  "r2ClassB",
] as const;

/** How many operations of each kind something takes. */
export type Operations = Record<(typeof OPERATIONS)[number], number>;

/** What a journey takes: what is billed, and the trips to the database, which are not but take time. */
export interface Counts extends Operations {
  /** Calls to D1; a batch is one. */
  d1RoundTrips: number;
  /** Those among them that the answer to the request waited for, one after the other; 0 where nobody waits for an answer. */
  d1RoundTripsBeforeAnswer: number;
}

export const NOTHING: Counts = {
  workerRequests: 0,
  objectRequests: 0,
  objectRowsRead: 0,
  objectRowsWritten: 0,
  d1RoundTrips: 0,
  d1RoundTripsBeforeAnswer: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  queueOperations: 0,
  kvReads: 0,
  kvWrites: 0,
  r2ClassA: 0,
  r2ClassB: 0,
};
