import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { findWorkspace, setPublishWithin } from "../db/workspaces.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import type { Services } from "../services.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
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
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ publish_within_seconds: publishWithin }) } },
    },
  },
  responses: { 200: one, ...errorResponses(400, 401, 403, 413, 415, 500) },
});

export const workspaceSettings = new OpenAPIHono<AppEnv>();

workspaceSettings.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(await print(services, scopeOf(actor).workspaceId), 200);
});

workspaceSettings.openapi(updateRoute, async (c) => {
  const { services, actor } = c.var;
  const { workspaceId } = scopeOf(actor);
  const { publish_within_seconds: seconds } = c.req.valid("json");
  await setPublishWithin(services.db, workspaceId, seconds === null ? null : seconds * SECOND);
  return c.json(await print(services, workspaceId), 200);
});

async function print({ db }: Services, workspaceId: string): Promise<z.infer<typeof settings>> {
  const row = await findWorkspace(db, workspaceId);
  if (!row) throw new Error("a key belongs to a workspace that is not there");
  const { id, name, publishWithin: within } = row;
  return {
    id,
    name,
    publish_within_seconds: within === null ? null : within / SECOND,
    rate_limits: printRateLimits(row.rateLimits ?? DEFAULT_RATE_LIMITS),
  };
}
