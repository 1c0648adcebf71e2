import { createMiddleware } from "hono/factory";
import { findKeyScope } from "../db/workspaces.ts";
import { equalSecrets } from "../lib/crypto.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Mode, Scope } from "../lib/vocabulary.ts";
import type { Services } from "../services.ts";
import { digestApiKey, modeOfApiKey } from "../workspace/api-key.ts";
import type { Actor, AppEnv } from "./context.ts";
import { ERRORS, UNAUTHORIZED_MESSAGE } from "./errors.ts";

/** Lets nobody in without a bearer token: one answer for missing, malformed and unknown ones. */
export const authenticate = createMiddleware<AppEnv>(async function authenticate(c, next) {
  const actor = await identify(c.var.services, c.req.header("Authorization"));
  if (!actor) {
    c.header("WWW-Authenticate", "Bearer");
    throw new Refusal("unauthorized", UNAUTHORIZED_MESSAGE);
  }
  c.set("actor", actor);
  await next();
});

async function identify(services: Services, header: string | undefined): Promise<Actor | null> {
  const token = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
  if (token === undefined) return null;
  const { adminToken, apiKeyPepper } = services.settings;
  // A wrong checksum costs no I/O.
  if (modeOfApiKey(token) === null) return (await equalSecrets(token, adminToken)) ? { kind: "admin" } : null;
  const key = await findKeyScope(services.db, await digestApiKey(token, apiKeyPepper));
  return key && { kind: "key", ...key };
}

/** For routes of the deployment's owner. */
export const requireAdmin = createMiddleware<AppEnv>(async function requireAdmin(c, next) {
  if (c.var.actor.kind !== "admin") throw forbidden(ERRORS.forbidden.description);
  await next();
});

/**
 * For routes of a workspace.
 *
 * @param mode the one mode in which the route exists, where it does not in both
 */
export function requireKey(mode?: Mode) {
  return createMiddleware<AppEnv>(async function requireKey(c, next) {
    const { actor } = c.var;
    if (actor.kind !== "key") throw forbidden(ERRORS.forbidden.description);
    if (mode !== undefined && actor.mode !== mode) throw forbidden(`This endpoint needs a ${mode} API key.`);
    await next();
  });
}

/** What the request's key reaches. */
export function scopeOf(actor: Actor): Scope {
  if (actor.kind !== "key") throw new Error("the route does not require a key");
  return { workspaceId: actor.workspaceId, mode: actor.mode };
}

/** The request's key, as timelines name who asked. */
export function askerOf(actor: Actor): string | null {
  return actor.kind === "key" ? actor.keyId : null;
}

function forbidden(message: string): Refusal {
  return new Refusal("forbidden", message, "Authorization");
}
