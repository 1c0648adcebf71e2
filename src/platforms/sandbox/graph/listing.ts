import type { Millis } from "../../../lib/clock.ts";
import { SECOND } from "../../../lib/clock.ts";
import type { SandboxCall } from "../call.ts";
import type { Span } from "../records.ts";
import { invalidParameter } from "./answers.ts";
import type { GraphNode } from "./fields.ts";
import { parseFields, pickFields } from "./fields.ts";

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

/** One row of a listing: where it stands, and what it is as a node. */
export type Row = [place: string, node: GraphNode];

/** The times that `since` and `until` leave, up to now. Both are Unix seconds or ISO 8601. */
export function spanOf(params: URLSearchParams, now: Millis): Span {
  const until = readTime(params, "until");
  // A second counts in whole: times are answered to the second.
  const to = until === null ? now + 1 : Math.min(until + SECOND, now + 1);
  return { from: readTime(params, "since") ?? 0, to };
}

function readTime(params: URLSearchParams, name: string): Millis | null {
  const text = params.get(name);
  if (text === null) return null;
  const at = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text);
  if (Number.isNaN(at)) throw invalidParameter(`Param ${name} must be a timestamp`);
  return at;
}

/** The place that a listing goes on after. */
export function readCursor(params: URLSearchParams): string | null {
  const cursor = params.get("after");
  if (cursor === null || cursor === "") return null;
  try {
    return atob(cursor);
  } catch {
    throw invalidParameter("Invalid cursor");
  }
}

/** Answers a page of a listing, and where the next begins. Rows are read only as far as they are answered. */
export function answerListing(call: SandboxCall, rows: Iterable<Row>, defaults: string[]): object {
  const { params } = call;
  const limit = readLimit(params);
  const fields = parseFields(params.get("fields"));
  const page: Row[] = [];
  let hasMore = false;
  for (const row of rows) {
    hasMore = page.length === limit;
    if (hasMore) break;
    page.push(row);
  }
  const data = page.map(([, node]) => pickFields(node, fields, defaults));
  const [first, last] = [page[0], page.at(-1)];
  if (!first || !last) return { data };
  const cursors = { before: btoa(first[0]), after: btoa(last[0]) };
  return { data, paging: { cursors, ...(hasMore ? { next: addressOfNext(call, cursors.after) } : {}) } };
}

function readLimit(params: URLSearchParams): number {
  const limit = Number(params.get("limit") ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) throw invalidParameter("Param limit must be greater than 0");
  return Math.min(limit, MAX_LIMIT);
}

/** As Meta does, it carries the token of the call. */
function addressOfNext(call: SandboxCall, after: string): string {
  const next = new URL(call.url);
  next.searchParams.set("access_token", call.user.token);
  next.searchParams.set("after", after);
  return next.href;
}
