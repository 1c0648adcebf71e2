import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { Requester } from "../db/audit-log.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Access, KeyScope, Mode, Scope } from "../lib/vocabulary.ts";
import { MODES } from "../lib/vocabulary.ts";
import type { AskingKey } from "../workspace/key-rights.ts";
import type { Actor, AppEnv } from "./context.ts";
import { ERRORS } from "./errors.ts";

/*
 * Who may call a route. Each route says so by one of the declarations here, spread into it: the check and what the
 * description says of it are one thing. A route that says nothing is not served.
 */

/** Whom a route serves: the deployment's owner, whoever has any key, keys with a scope, and of these the unrestricted. */
export type OpenTo = "admin" | "anybody" | "keys" | "unrestricted_keys";

/** By which of the document's schemes a route is reached; where nothing is said, by a key. */
const SECURITY = { admin: [{ adminToken: [] }], anybody: [{ apiKey: [] }, { adminToken: [] }] };

/** Middleware that declares a route. */
const DECLARATIONS = new WeakSet<object>();

interface Demand {
  /** The one mode in which the route exists, where it does not in both. */
  mode?: Mode;
}

function declare(openTo: OpenTo, scopes: KeyScope[], { mode }: Demand, check: (actor: Actor) => void) {
  const middleware = createMiddleware<AppEnv>(async function authorize(c, next) {
    check(c.var.actor);
    await next();
  });
  DECLARATIONS.add(middleware);
  const modes = mode === undefined ? MODES : [mode];
  const security = openTo === "admin" || openTo === "anybody" ? { security: SECURITY[openTo] } : {};
  return { middleware, ...security, "x-required-scopes": scopes, "x-open-to": openTo, "x-modes": modes };
}

/** For routes of the deployment's owner. */
export const requireAdmin = declare("admin", [], {}, (actor) => {
  if (actor.kind !== "admin") throw lacksScope();
});

/** For routes that tell nothing of anybody's. */
export const requireAnyKey = declare("anybody", [], {}, () => {});

/**
 * For routes of a workspace as a whole, which reach beyond single accounts: a key that is restricted to some of them is
 * refused. Their handlers ask for `scopeOf`.
 */
export function requireScope(scope: KeyScope, demand: Demand = {}) {
  return declare("unrestricted_keys", [scope], demand, (actor) => {
    const key = demandScope(actor, scope);
    if (key.access.accountIds !== null) {
      throw forbidden("This API key is restricted to accounts and cannot use this endpoint.");
    }
    demandMode(key, demand);
  });
}

/** For routes that serve every key as far as it reaches. Their handlers ask for `accessOf`. */
export function requireScopeWithinReach(scope: KeyScope) {
  return declare("keys", [scope], {}, (actor) => {
    demandScope(actor, scope);
  });
}

function demandScope(actor: Actor, scope: KeyScope): AskingKey {
  if (actor.kind !== "key" || !actor.key.scopes.includes(scope)) throw lacksScope();
  return actor.key;
}

function demandMode(key: AskingKey, { mode }: Demand): void {
  if (mode !== undefined && key.mode !== mode) throw forbidden(`This endpoint needs a ${mode} API key.`);
}

/** Whether middleware declares who may call its route. */
export function isDeclaration(handler: unknown): boolean {
  return DECLARATIONS.has(handler as MiddlewareHandler);
}

/** Serves no route that does not begin with a declaration. */
export const refuseUndeclared = createMiddleware<AppEnv>(async function refuseUndeclared(c, next) {
  const first = matchedRoutes(c).find(({ method }) => method !== "ALL");
  if (first && !isDeclaration(first.handler)) {
    throw new Error(`${first.method} ${first.path} does not declare who may call it`);
  }
  await next();
});

/** What the request's key reaches: of its world, those accounts that it is not kept from. */
export function accessOf(actor: Actor): Access {
  return keyOf(actor).access;
}

/** The world of the request's key, all of which it reaches. */
export function scopeOf(actor: Actor): Scope {
  const { scope, accountIds } = accessOf(actor);
  if (accountIds !== null) throw new Error("the route serves keys that are restricted to accounts, and asks for more");
  return scope;
}

/** The request's key. */
export function keyOf(actor: Actor): AskingKey {
  if (actor.kind !== "key") throw new Error("the route does not require a key");
  return actor.key;
}

/** The request's key, as timelines name who asked. */
export function askerOf(actor: Actor): string | null {
  return actor.kind === "key" ? actor.key.id : null;
}

/** Who asks, as the audit log names them. */
export function requesterOf(c: Context<AppEnv>): Requester {
  const ip = c.req.header("CF-Connecting-IP") ?? null;
  const { actor, requestId } = c.var;
  return { asker: askerOf(actor), requestId, ip, needsApproval: actor.kind === "key" && actor.key.needsApproval };
}

function lacksScope(): Refusal {
  return forbidden(ERRORS.forbidden.description);
}

function forbidden(message: string): Refusal {
  return new Refusal("forbidden", message, "Authorization");
}
