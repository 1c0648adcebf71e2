import { z } from "zod";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../lib/bytes.ts";
import { canonicalJson } from "../lib/json.ts";
import { invalid } from "../lib/refusal.ts";

/*
 * Cursors of lists: the last row's id and the filters it was listed under. Opaque to clients.
 */

const CURSOR = z.tuple([z.string(), z.string()]);

export function writeCursor(lastId: string, filters: object): string {
  return toBase64Url(utf8(JSON.stringify([lastId, canonicalJson(filters)])));
}

/** @throws Refusal when the text is no cursor, or one of a list with other filters */
export function readCursor(text: string, filters: object): string {
  const cursor = CURSOR.safeParse(decode(text));
  if (!cursor.success) throw invalid("cursor", "cursor is not one that this API gave.");
  const [lastId, cursorFilters] = cursor.data;
  if (cursorFilters !== canonicalJson(filters)) throw invalid("cursor", "cursor belongs to a list with other filters.");
  return lastId;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(fromUtf8(fromBase64Url(text)));
  } catch {
    return null;
  }
}
