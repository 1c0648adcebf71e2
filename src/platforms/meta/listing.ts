import * as z from "zod";
import type { Fault } from "../platform.ts";
import { faultOfAnswer, missingField } from "./faults.ts";
import type { Graph, GraphIo } from "./graph.ts";

/** The rows of an edge: all of them, or as many as could be read and the fault that kept the rest away. */
export type Listing<Row> = { is: "complete"; rows: Row[] } | { is: "incomplete"; rows: Row[]; fault: Fault };

const MAX_PAGES = 5;

/**
 * Reads an edge page by page, until there is no further page.
 *
 * @param row the schema of one row
 */
export async function listEdge<Row>(
  graph: Graph,
  io: GraphIo,
  path: string,
  params: Record<string, string>,
  row: z.ZodType<Row>,
): Promise<Listing<Row>> {
  const schema = z.object({ data: z.array(row), paging: z.object({ next: z.string().optional() }).optional() });
  const rows: Row[] = [];
  let pageParams = params;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await graph.get(io, path, pageParams);
    if (answer.is !== "ok") return { is: "incomplete", rows, fault: faultOfAnswer(answer, io.now()) };
    const list = schema.safeParse(answer.body);
    if (!list.success) return { is: "incomplete", rows, fault: missingField("data") };
    rows.push(...list.data.data);
    const next = list.data.paging?.next;
    // A page may be empty, and another one follow.
    if (next === undefined) return { is: "complete", rows };
    const nextParams = paramsOf(next);
    if (!nextParams) break;
    pageParams = nextParams;
  }
  return { is: "incomplete", rows, fault: missingField("paging") };
}

/** The parameters of a page's `next` address, without its token. The address itself is not followed. */
function paramsOf(next: string): Record<string, string> | null {
  if (!URL.canParse(next)) return null;
  const params = Object.fromEntries(new URL(next).searchParams);
  delete params.access_token;
  delete params.appsecret_proof;
  return params;
}
