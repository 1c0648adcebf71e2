import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { WorkspaceRow } from "../db/workspaces.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import { changeSettings, workspaceOfKey } from "../workspace/change-settings.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { printRateLimits, rateLimits } from "./rate-limit-schema.ts";
import { errorResponses } from "./schemas.ts";

/*
 * The settings of the key's own workspace. Its rate limits are set by the deployment's owner: nobody raises their own.
 */

const publishWithin = z
  .number()
  .int()
  .min(60)
  .max((30 * DAY) / SECOND)
  .nullable()
  .openapi({
    description: "How long after its time a post may still go out that has no publish_before. Null: however late.",
  });

const settings = z
  .strictObject({ id: z.string(), name: z.string(), publish_within_seconds: publishWithin, rate_limits: rateLimits })
  .openapi("WorkspaceSettings");

const one = { description: "The workspace", content: { "application/json": { schema: settings } } };

const getRoute = createRoute({
  method: "get",
  path: "/v1/workspace",
  operationId: "getWorkspace",
  summary: "Get the workspace's settings",
  ...requireScope("posts:read"),
  responses: { 200: one, ...errorResponses(401, 403, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/workspace",
  operationId: "updateWorkspace",
  summary: "Change the workspace's settings, for posts that are accepted from now on",
  ...requireScope("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ publish_within_seconds: publishWithin }) } },
    },
  },
  responses: { 200: { ...one, headers: { ...REPLAYED } }, ...errorResponses(400, 401, 403, 409, 413, 415, 500) },
});

export const workspaceSettings = new OpenAPIHono<AppEnv>();

workspaceSettings.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(print(await workspaceOfKey(services.db, scopeOf(actor).workspaceId)), 200);
});

workspaceSettings.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const { publish_within_seconds: seconds } = body;
  const edit = { publishWithin: seconds === null ? null : seconds * SECOND };
  const respond = (row: WorkspaceRow) => ({ status: 200 as const, body: print(row) });
  return once(c, { scope, meaning: body, respond }, (change) =>
    changeSettings(services, scope.workspaceId, edit, change),
  );
});

function print({ id, name, publishWithin: within, rateLimits: limits }: WorkspaceRow): z.infer<typeof settings> {
  return {
    id,
    name,
    publish_within_seconds: within === null ? null : within / SECOND,
    rate_limits: printRateLimits(limits ?? DEFAULT_RATE_LIMITS),
  };
}
