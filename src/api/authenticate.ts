import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { ApiKeyRow } from "../db/api-keys.ts";
import { isUseNews, noteUse } from "../db/api-keys.ts";
import { equalDigests, sha256 } from "../lib/crypto.ts";
import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import { Refusal } from "../lib/refusal.ts";
import { modeOfApiKey } from "../workspace/api-key.ts";
import type { FoundKey } from "../workspace/find-good-key.ts";
import { digestAnew, findGoodKey } from "../workspace/find-good-key.ts";
import type { AppEnv } from "./context.ts";
import { UNAUTHORIZED_MESSAGE } from "./errors.ts";
import { publishNames } from "./publish-names.ts";
import { refuseFlood } from "./shield.ts";

/** Only who has a good key is told. */
export const SUSPENDED_MESSAGE = "This workspace is suspended. Ask whoever runs this deployment.";

/**
 * Lets nobody in without a bearer token: one answer for keys that are missing, malformed, unknown, revoked, expired or
 * replaced; and another to an address from which too many came.
 */
export const authenticate = createMiddleware<AppEnv>(async function authenticate(c, next) {
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) throw await unauthorized(c);
  // A wrong checksum costs no I/O.
  if (modeOfApiKey(token) === null) {
    if (!(await isAdminToken(c, token))) throw await unauthorized(c);
    c.set("actor", { kind: "admin" });
    return next();
  }
  const { db, clock, settings } = c.var.services;
  const names = await publishNames(c);
  const found = await findGoodKey({ db, clock, peppers: settings.apiKeyPeppers }, token, names);
  if (!found) throw await unauthorized(c);
  if (found.isSuspended) throw await suspended(c);
  const key = { ...found.key, access: found.access };
  c.set("actor", { kind: "key", key, rateLimits: found.rateLimits ?? DEFAULT_RATE_LIMITS });
  if (names && found.context) c.set("publishing", { names, context: found.context });
  await next();
  rememberUse(c, found.key);
  keepDigestPresent(c, token, found);
});

/** @throws Refusal when too many came from the same address */
async function unauthorized(c: Context<AppEnv>): Promise<Refusal> {
  await refuseFlood(c);
  c.header("WWW-Authenticate", "Bearer");
  return new Refusal("unauthorized", UNAUTHORIZED_MESSAGE);
}

/** No limit of its own holds back whoever is kept out. @throws Refusal when too many came from the same address */
async function suspended(c: Context<AppEnv>): Promise<Refusal> {
  await refuseFlood(c);
  return new Refusal("forbidden", SUSPENDED_MESSAGE, "Authorization");
}

/** Compares with all of them, whichever it is. */
async function isAdminToken(c: Context<AppEnv>, token: string): Promise<boolean> {
  const { adminTokens } = c.var.services.settings;
  const known = adminDigests.get(adminTokens) ?? (await Promise.all(adminTokens.map(sha256)));
  adminDigests.set(adminTokens, known);
  const digest = await sha256(token);
  return known.map((good) => equalDigests(digest, good)).includes(true);
}

/** Of the owner's tokens, which do not change while this isolate lives: who guesses at them is to cost little. */
const adminDigests = new WeakMap<readonly string[], Uint8Array[]>();

/** Nothing waits for it, and its failure fails nothing. */
function rememberUse(c: Context<AppEnv>, key: ApiKeyRow): void {
  const { db, clock, log } = c.var.services;
  const now = clock();
  if (!isUseNews(key, now)) return;
  c.executionCtx.waitUntil(
    noteUse(db, key.id, now).catch((error: unknown) =>
      log.error("the use of a key was not written down", error, { request_id: c.var.requestId }),
    ),
  );
}

/** The same of a secret that is stored under a pepper that is to go. */
function keepDigestPresent(c: Context<AppEnv>, secret: string, { stored }: FoundKey): void {
  const { db, settings, log } = c.var.services;
  const { apiKeyPeppers: peppers } = settings;
  // By far the most often: there is one pepper alone, and the digest says that it is of one with an id.
  if (peppers.length === 1 && stored.pepperId !== null) return;
  c.executionCtx.waitUntil(
    digestAnew({ db, peppers }, secret, stored).catch((error: unknown) =>
      log.error("a key was not digested with the present pepper", error, { request_id: c.var.requestId }),
    ),
  );
}
