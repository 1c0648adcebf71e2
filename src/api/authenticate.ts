import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { ApiKeyRow } from "../db/api-keys.ts";
import { isUseNews, noteUse } from "../db/api-keys.ts";
import { equalSecrets } from "../lib/crypto.ts";
import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import { Refusal } from "../lib/refusal.ts";
import { modeOfApiKey } from "../workspace/api-key.ts";
import { findGoodKey } from "../workspace/find-good-key.ts";
import type { Actor, AppEnv } from "./context.ts";
import { UNAUTHORIZED_MESSAGE } from "./errors.ts";
import { refuseFlood } from "./shield.ts";

/**
 * Lets nobody in without a bearer token: one answer for keys that are missing, malformed, unknown, revoked, expired or
 * replaced; and another to an address from which too many came.
 */
export const authenticate = createMiddleware<AppEnv>(async function authenticate(c, next) {
  const actor = await identify(c);
  if (!actor) {
    await refuseFlood(c);
    c.header("WWW-Authenticate", "Bearer");
    throw new Refusal("unauthorized", UNAUTHORIZED_MESSAGE);
  }
  c.set("actor", actor);
  await next();
});

async function identify(c: Context<AppEnv>): Promise<Actor | null> {
  const { db, clock, settings } = c.var.services;
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) return null;
  const { adminToken, apiKeyPepper } = settings;
  // A wrong checksum costs no I/O.
  if (modeOfApiKey(token) === null) return (await equalSecrets(token, adminToken)) ? { kind: "admin" } : null;
  const key = await findGoodKey({ db, clock, apiKeyPepper }, token);
  if (!key) return null;
  rememberUse(c, key);
  return { kind: "key", key, rateLimits: key.rateLimits ?? DEFAULT_RATE_LIMITS };
}

/** Nothing waits for it, and its failure fails nothing. */
function rememberUse(c: Context<AppEnv>, key: ApiKeyRow): void {
  const { db, clock, log } = c.var.services;
  const now = clock();
  if (!isUseNews(key, now)) return;
  c.executionCtx.waitUntil(
    noteUse(db, key.id, now).catch((error: unknown) => log.error("the use of a key was not written down", error)),
  );
}
