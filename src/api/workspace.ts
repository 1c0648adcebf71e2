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

const duplicateGuard = z.boolean().openapi({
  description:
    "Whether the same text and media to the same account within 24 hours is refused, unless a request says allow_duplicate.",
});

const settings = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    publish_within_seconds: publishWithin,
    duplicate_guard: duplicateGuard,
    rate_limits: rateLimits,
  })
  .openapi("WorkspaceSettings");

const changes = z
  .strictObject({ publish_within_seconds: publishWithin.optional(), duplicate_guard: duplicateGuard.optional() })
  .refine((body) => Object.values(body).some((value) => value !== undefined), "The body must change something.");

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
    body: { required: true, content: { "application/json": { schema: changes } } },
  },
  responses: { 200: { ...one, headers: { ...REPLAYED } }, ...errorResponses(401, 403, 409, 413, 415, 500) },
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
  const { publish_within_seconds: seconds, duplicate_guard } = body;
  const edit = {
    ...(seconds !== undefined && { publishWithin: seconds === null ? null : seconds * SECOND }),
    ...(duplicate_guard !== undefined && { duplicateGuard: duplicate_guard }),
  };
  const respond = (row: WorkspaceRow) => ({ status: 200 as const, body: print(row) });
  return once(c, { scope, meaning: body, respond }, (change) =>
    changeSettings(services, scope.workspaceId, edit, change),
  );
});

function print({ id, name, publishWithin: within, ...others }: WorkspaceRow): z.infer<typeof settings> {
  return {
    id,
    name,
    publish_within_seconds: within === null ? null : within / SECOND,
    duplicate_guard: others.duplicateGuard,
    rate_limits: printRateLimits(others.rateLimits ?? DEFAULT_RATE_LIMITS),
  };
}
