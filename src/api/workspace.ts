import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { WorkspaceRow, WorkspaceSettings } from "../db/workspaces.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import { wellFormed } from "../lib/text.ts";
import { APPROVAL_POLICIES } from "../lib/vocabulary.ts";
import { findTimeZone } from "../lib/zoned-time.ts";
import { changeSettings, workspaceOfKey } from "../workspace/change-settings.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { printRateLimits, rateLimits } from "./rate-limit-schema.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

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
const name = z.string().trim().min(1).max(100).check(wellFormed);
const approvals = z.enum(APPROVAL_POLICIES).openapi({
  description: "Which posts wait for approval that do not ask for it: none, all, or those of keys that need approval.",
});
const timeZone = z
  .string()
  .refine(
    (value) => findTimeZone(value) !== null,
    "{field} must be a time zone of the IANA database, as in Europe/Paris.",
  )
  .openapi({ description: "In which the console shows times: a name of the IANA database.", example: "Europe/Paris" });

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
    approvals,
    time_zone: z.string(),
  })
  .openapi("WorkspaceSettings");

/** What is to be changed of the settings. */
export const settingsEdit = z
  .strictObject({
    name: name.optional(),
    publish_within_seconds: publishWithin.optional(),
    duplicate_guard: duplicateGuard.optional(),
    approvals: approvals.optional(),
    time_zone: timeZone.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), "The request changes nothing.")
  .openapi("WorkspaceSettingsEdit");

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
    body: { required: true, content: { "application/json": { schema: settingsEdit } } },
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
  const respond = (row: WorkspaceRow) => ({ status: 200 as const, body: print(row) });
  return once(c, { scope, meaning: body, respond }, (change) =>
    changeSettings(services, scope.workspaceId, readSettings(body), change),
  );
});

/** The same edit in the words of the database. */
export function readSettings(edit: z.infer<typeof settingsEdit>): Partial<WorkspaceSettings> {
  const { name, publish_within_seconds: seconds, duplicate_guard, approvals, time_zone } = edit;
  return {
    ...(name !== undefined && { name }),
    ...(seconds !== undefined && { publishWithin: seconds === null ? null : seconds * SECOND }),
    ...(duplicate_guard !== undefined && { duplicateGuard: duplicate_guard }),
    ...(approvals !== undefined && { approvals }),
    ...(time_zone !== undefined && { timeZone: time_zone }),
  };
}

function print(row: WorkspaceRow): z.infer<typeof settings> {
  return {
    id: row.id,
    name: row.name,
    publish_within_seconds: row.publishWithin === null ? null : row.publishWithin / SECOND,
    duplicate_guard: row.duplicateGuard,
    rate_limits: printRateLimits(row.rateLimits ?? DEFAULT_RATE_LIMITS),
    approvals: row.approvals,
    time_zone: row.timeZone,
  };
}
