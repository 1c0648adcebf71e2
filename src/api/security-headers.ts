import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";
import { originOf } from "./error-envelope.ts";

/*
 * What every answer of the Worker says to browsers and caches, whoever gave it: also refusals, files and what is not there.
 */

/** Two years, in seconds. For this host alone: what else lives under its name is not ours to say. */
const STRICT_TRANSPORT = "max-age=63072000";
/** For what is no page. Pages of ours say themselves what they need. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/**
 * The API has no headers of CORS: keys do not belong into browsers, and a preflight is refused as any request is. The
 * headers are set where they are: by then `c.header` would copy the answer for each of them.
 */
export const secureHeaders = createMiddleware<AppEnv>(async function secureHeaders(c, next) {
  await next();
  const { path } = c.req;
  const { headers, status } = c.res;
  headers.set("X-Request-Id", c.var.requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  // Media is shown wherever people look at what they publish.
  headers.set("Cross-Origin-Resource-Policy", path.startsWith("/media/") ? "cross-origin" : "same-origin");
  if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", NO_PAGE);
  if (originOf(c).startsWith("https:")) headers.set("Strict-Transport-Security", STRICT_TRANSPORT);
  // An error is of one request, and what the API answers is of one key.
  if (isOfApi(path) || status >= 400) headers.set("Cache-Control", "no-store");
});

function isOfApi(path: string): boolean {
  return path === "/v1" || path.startsWith("/v1/");
}
