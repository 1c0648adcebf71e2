import type { OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { refuseMistakes } from "../lib/refusal.ts";
import type { AppEnv } from "./context.ts";

/**
 * Refuses every query parameter of a request whose route is described without any. The others have a strict schema, which
 * says which it knows; where there is none, nothing would look.
 *
 * @param app whose routes are looked up when the first request comes: they are all there by then
 */
export function refuseUnknownQuery(app: OpenAPIHono<AppEnv>) {
  let known: Set<string> | null = null;
  return createMiddleware<AppEnv>(async function refuseUnknownQuery(c, next) {
    known ??= routesWithQuery(app);
    const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
    if (route && !known.has(nameOf(route))) {
      const names = Object.keys(c.req.queries());
      refuseMistakes(names.map((field) => ({ field, message: `${field} is not a known field.` })));
    }
    await next();
  });
}

function routesWithQuery(app: OpenAPIHono<AppEnv>): Set<string> {
  return new Set(
    app.openAPIRegistry.definitions.flatMap((definition) =>
      definition.type === "route" && definition.route.request?.query
        ? [nameOf({ ...definition.route, path: definition.route.path.replaceAll(/\{(\w+)\}/g, ":$1") })]
        : [],
    ),
  );
}

function nameOf({ method, path }: { method: string; path: string }): string {
  return `${method.toUpperCase()} ${path}`;
}
