import type { Context, TypedResponse } from "hono";
import { createMiddleware } from "hono/factory";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import * as z from "zod";
import { answerRow } from "../accounts/vault.ts";
import type { IdempotencyRow } from "../db/idempotency.ts";
import { KEY_LIFE } from "../db/idempotency.ts";
import type { Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import { sha256Hex } from "../lib/crypto.ts";
import { canonicalJson } from "../lib/json.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { AppEnv } from "./context.ts";
import { IDEMPOTENCY_CONFLICT_MESSAGE } from "./errors.ts";

/*
 * Idempotency-Key: a request that is sent again is answered again, byte for byte, and done once.
 *
 * The database decides: the key's row is written in the batch that does the work, under a unique key. KV only spares
 * the database whoever comes again and again: it is told with the first replay, for most keys have none and a value costs
 * as much as five rows. Until its key is free again an entry never changes, so a stale one is as good, and a missing one
 * costs a read. It lives as long as the key: a database that was restored does not know the newest keys any more.
 */

const HEADER = "Idempotency-Key";
/** What a request asks to be done once. */
export interface IdempotentRequest {
  scope: Scope;
  /** SHA-256 of the key, in hexadecimal. */
  key: string;
  /** What is asked for. For a streamed body: reads what is left of it. */
  fingerprint(): Promise<string>;
  expiresAt: Millis;
}

/** An answer to be given again. */
interface StoredAnswer {
  fingerprint: string;
  status: number;
  body: string;
  /** From then on the key is free again. */
  expiresAt: Millis;
}

const STORED_ANSWER = z.object({
  fingerprint: z.string(),
  status: z.number().int(),
  body: z.string(),
  expiresAt: z.number(),
});

/**
 * Reads the request's key, bare or quoted.
 *
 * @param meaning the request's input after validation: key order, white space and spelled-out defaults of the body do
 *   not matter to it; or a function that finds it out, called only when the key is known or the answer is to be stored
 * @param owner whose key it is, where not all of the scope share their keys: answers tell of what not all may see
 * @returns null when the request has none
 * @throws Refusal when the key is malformed
 */
export async function readIdempotencyKey(
  c: Context<AppEnv>,
  scope: Scope,
  meaning: unknown,
  owner: string | null = null,
): Promise<IdempotentRequest | null> {
  const header = c.req.header(HEADER);
  if (header === undefined) return null;
  const key = parseIdempotencyKey(header);
  if (key === null) throw malformedKey(HEADER);
  let fingerprint: Promise<string> | null = null;
  return {
    scope,
    key: await sha256Hex(owner === null ? key : `${owner}\n${key}`),
    fingerprint: () => (fingerprint ??= fingerprintOf(scope, c.req, meaning)),
    expiresAt: c.var.services.clock() + KEY_LIFE,
  };
}

/** What a request to a route means, as SHA-256. @param meaning see `readIdempotencyKey` */
export async function fingerprintOf(
  { workspaceId, mode }: Scope,
  { method, path }: { method: string; path: string },
  meaning: unknown,
): Promise<string> {
  const input = canonicalJson(typeof meaning === "function" ? await meaning() : meaning);
  return sha256Hex(["v1", workspaceId, mode, method, path, input].join("\n"));
}

/** Refuses a change whose key is malformed, before anything else of it is looked at. */
export const refuseMalformedKey = createMiddleware<AppEnv>(async function refuseMalformedKey(c, next) {
  const header = c.req.method === "GET" ? undefined : c.req.header(HEADER);
  if (header !== undefined && parseIdempotencyKey(header) === null) throw malformedKey(HEADER);
  await next();
});

/** @param field where the key stands */
export function malformedKey(field: string): Refusal {
  return invalid(field, `${field} must have 1 to 255 printable ASCII characters.`);
}

/**
 * A key may be quoted, as a structured field is: `"abc"` and `abc` are one key.
 *
 * @returns null when it is malformed
 */
export function parseIdempotencyKey(header: string): string | null {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1];
  const key = quoted === undefined ? header : quoted.replace(/\\(["\\])/g, "$1");
  return /^[\x20-\x7e]{1,255}$/.test(key) ? key : null;
}

/**
 * Looks for the answer in the cache.
 *
 * @returns null when the cache does not have it, cannot be read, or holds something else, or what is over
 * @throws Refusal when the key was used for something else
 */
export async function replayFromCache<Body, Status extends StatusCode>(
  c: Context<AppEnv>,
  request: IdempotentRequest,
): Promise<TypedResponse<Body, Status, "json"> | null> {
  const { replayCache, log, clock } = c.var.services;
  try {
    const cached = STORED_ANSWER.safeParse(await replayCache.get(cacheKey(request), "json"));
    return cached.success && cached.data.expiresAt > clock()
      ? await replay<Body, Status>(c, request, cached.data)
      : null;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    log.error("the replay cache could not be read", error, { request_id: c.var.requestId });
    return null;
  }
}

/** @throws Refusal when the key was used for something else */
export async function replayFromRow<Body, Status extends StatusCode>(
  c: Context<AppEnv>,
  request: IdempotentRequest,
  row: IdempotencyRow,
): Promise<TypedResponse<Body, Status, "json">> {
  await refuseOther(request, row);
  const answer = answerOf(row);
  const body = row.isSealed ? await c.var.services.vault.open(answer.body, answerRow(row, row.key)) : answer.body;
  if (body === null) throw new Error("the answer of a key cannot be opened: it was sealed by another encryption key");
  return replay<Body, Status>(c, request, { ...answer, body });
}

/**
 * Lets the cache know an answer that was given again: nothing waits for it, and its failure fails nothing. What is sealed
 * stays in the database.
 */
export function cacheAnswer(c: Context<AppEnv>, request: IdempotentRequest, row: IdempotencyRow): void {
  const { replayCache, log } = c.var.services;
  if (row.isSealed) return;
  const answer = answerOf(row);
  c.executionCtx.waitUntil(
    replayCache
      .put(cacheKey(request), JSON.stringify(answer), { expirationTtl: KEY_LIFE / SECOND })
      .catch((error: unknown) =>
        log.error("the replay cache could not be written", error, { request_id: c.var.requestId }),
      ),
  );
}

/** @throws Refusal when the key was used for something else */
export async function refuseOther(request: IdempotentRequest, answer: { fingerprint: string }): Promise<void> {
  if (answer.fingerprint !== (await request.fingerprint())) {
    throw new Refusal("idempotency_conflict", IDEMPOTENCY_CONFLICT_MESSAGE);
  }
}

function answerOf({ fingerprint, responseStatus, responseBody, expiresAt }: IdempotencyRow): StoredAnswer {
  if (responseStatus === null || responseBody === null) throw new Error("a key was claimed without its answer");
  return { fingerprint, status: responseStatus, body: responseBody, expiresAt };
}

async function replay<Body, Status extends StatusCode>(
  c: Context<AppEnv>,
  request: IdempotentRequest,
  answer: StoredAnswer,
) {
  await refuseOther(request, answer);
  c.header("Idempotent-Replayed", "true");
  return jsonText<Body, Status>(c, answer.status, answer.body);
}

/**
 * Answers JSON that is already written: stored answers are given byte for byte.
 *
 * @typeParam Body what was written, by the route that wrote it
 */
export function jsonText<Body, Status extends StatusCode>(c: Context<AppEnv>, status: number, body: string) {
  c.header("Content-Type", "application/json");
  return c.body(body, status as ContentfulStatusCode) as unknown as TypedResponse<Body, Status, "json">;
}

function cacheKey({ scope, key }: IdempotentRequest): string {
  return `idem:v1:${scope.workspaceId}:${scope.mode}:${key}`;
}
