import * as z from "zod";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../lib/bytes.ts";
import { sha256Hex } from "../lib/crypto.ts";
import { canonicalJson } from "../lib/json.ts";
import { invalid } from "../lib/refusal.ts";

/*
 * Cursors of lists: where the last row is, as a rule its id, and a digest of the list that it is of, filters and whose it is. Opaque to clients,
 * and not signed: it is a place to go on from, and whoever makes one up reads no more than the list's own conditions
 * let them.
 */

const CURSOR = z.tuple([z.string(), z.string()]);

export async function writeCursor(lastId: string, list: object): Promise<string> {
  return toBase64Url(utf8(JSON.stringify([lastId, await digestOf(list)])));
}

/** @throws Refusal when the text is no cursor, or one of another list */
export async function readCursor(text: string, list: object): Promise<string> {
  const cursor = CURSOR.safeParse(decode(text));
  if (!cursor.success) throw invalid("cursor", "cursor is not one that this API gave.");
  const [lastId, digest] = cursor.data;
  if (digest !== (await digestOf(list))) throw invalid("cursor", "cursor belongs to a list with other filters.");
  return lastId;
}

async function digestOf(list: object): Promise<string> {
  return (await sha256Hex(canonicalJson(list))).slice(0, 32);
}

function decode(text: string): unknown {
  try {
    return JSON.parse(fromUtf8(fromBase64Url(text)));
  } catch {
    return null;
  }
}
