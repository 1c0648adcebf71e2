import type { Context } from "hono";
import * as z from "zod";
import type { PublishNames } from "../db/publish-requests.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { AppEnv } from "./context.ts";
import { parseIdempotencyKey } from "./idempotency.ts";

/*
 * A publish request is answered after two round trips to the database: one that reads, one that writes. So what it names is
 * read together with its key, before anything of it is believed: nothing comes of that but rows, of the key's own world.
 */

const PATH = "/v1/publish";
/** A longer body is read when it is known whose it is. */
const MAX_BYTES = 32 * 1024;

const ids = z.array(z.string()).catch([]);
const naming = z.object({
  accounts: ids,
  media: ids,
  options: z.record(z.string(), z.object({ cover_media: z.string().optional().catch(undefined) }).catch({})).catch({}),
});

/** @returns null where it is no publish request, or one that cannot be read yet; what is wrong with it is found out later */
export async function publishNames(c: Context<AppEnv>): Promise<PublishNames | null> {
  const { method, path } = c.req;
  const length = Number(c.req.header("Content-Length") ?? Number.NaN);
  if (method !== "POST" || path !== PATH || !(length <= MAX_BYTES) || c.req.header("Transfer-Encoding")) return null;
  const body = naming.safeParse(parse(await c.req.text()));
  if (!body.success) return null;
  const { accounts, media, options } = body.data;
  const covers = Object.values(options).flatMap(({ cover_media }) => cover_media ?? []);
  const header = c.req.header("Idempotency-Key");
  const key = header === undefined ? null : parseIdempotencyKey(header);
  return {
    keys: key === null ? [] : [await sha256Hex(key)],
    accountIds: [...new Set(accounts)],
    mediaIds: [...new Set([...media, ...covers])],
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
