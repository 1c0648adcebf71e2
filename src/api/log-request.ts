import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { LogFields } from "../lib/log.ts";
import { consoleLog } from "../lib/log.ts";
import type { AppEnv } from "./context.ts";

/**
 * One line for each request: its route and never its address, which may hold what lets somebody in; who asked, by ids;
 * what was answered, and how long its beginning took.
 */
export const logRequest = createMiddleware<AppEnv>(async function logRequest(c, next) {
  const startedAt = Date.now();
  await next();
  consoleLog.info("a request was answered", {
    request_id: c.var.requestId,
    method: c.req.method,
    // What answered: the handler that the request came to last.
    route: routePath(c),
    status: c.res.status,
    ms: Date.now() - startedAt,
    ...askerOf(c),
  });
});

function askerOf(c: Context<AppEnv>): LogFields {
  // Nobody yet, where a request is refused before.
  const actor = c.var.actor as AppEnv["Variables"]["actor"] | undefined;
  if (actor?.kind !== "key") return actor ? { by: actor.kind } : {};
  const { id, workspaceId, mode } = actor.key;
  return { by: actor.kind, key_id: id, workspace_id: workspaceId, mode };
}
