import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { WorkspaceReport } from "../db/workspaces.ts";
import { listWorkspaces } from "../db/workspaces.ts";
import { wellFormed } from "../lib/text.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import { POST_STATUSES } from "../lib/vocabulary.ts";
import { changeWorkspace } from "../post/change-workspace.ts";
import type { CreatedWorkspace } from "../workspace/create-workspace.ts";
import { createWorkspace } from "../workspace/create-workspace.ts";
import { deleteWorkspace } from "../workspace/delete-workspace.ts";
import { existingWorkspace } from "../workspace/existing-workspace.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { DEPLOYMENT, once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { printRateLimits, rateLimits, readRateLimits } from "./rate-limit-schema.ts";
import { errorResponses, pageLimit, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * Workspaces as the deployment's owner sees them: made, looked at, limited, suspended, deleted. All of it is in the
 * deployment's own audit log.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const LIST = { list: "workspaces" };

const name = z.string().trim().min(1).max(100).check(wellFormed);

/** Null: the defaults. */
const limitsOrDefaults = rateLimits.nullable();

const createBody = z.strictObject({
  name,
  logo_url: z
    .url({ protocol: /^https$/, error: "{field} must be an https:// address." })
    .max(2_048)
    .optional()
    .openapi({ description: "Shown on the pages by which people connect accounts." }),
});

const updateBody = z
  .strictObject({
    name: name.optional(),
    rate_limits: limitsOrDefaults.optional(),
    suspended: z
      .boolean()
      .optional()
      .openapi({ description: "Keeps its keys out, and holds back what it has accepted, until it is let in again." }),
  })
  .refine(
    (body) => Object.values(body).some((value) => value !== undefined),
    "The request changes nothing: name, rate_limits or suspended.",
  )
  .openapi("WorkspaceEdit");

const created = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    api_keys: z.strictObject({ live: z.string(), test: z.string() }).openapi({ description: "Shown this once." }),
  })
  .openapi("Workspace");

const count = z.number().int();
/** How many posts there are of each status. */
export const postCounts = z
  .strictObject(Object.fromEntries(POST_STATUSES.map((status) => [status, count])))
  .openapi("PostCounts");

const report = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    logo_url: z.string().nullable(),
    created_at: printedTime,
    suspended_at: printedTime.nullable(),
    rate_limits: limitsOrDefaults,
    api_keys: count.openapi({ description: "Those that are not revoked, in both modes." }),
    posts: z.strictObject({ live: postCounts, test: postCounts }).openapi({ description: "By status." }),
  })
  .openapi("WorkspaceReport");

const list = z
  .strictObject({ workspaces: z.array(report), next_cursor: z.string().nullable() })
  .openapi("WorkspaceList");

const params = z.strictObject({ workspace_id: z.string() });
const one = { description: "The workspace", content: { "application/json": { schema: report } } };

const createWorkspaceRoute = createRoute({
  method: "post",
  path: "/v1/workspaces",
  operationId: "createWorkspace",
  summary: "Create a workspace with its first API keys",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: createBody } } } },
  responses: {
    201: {
      description: "The workspace",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: created } },
    },
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/workspaces",
  operationId: "listWorkspaces",
  summary: "List the deployment's workspaces, newest first",
  ...requireAdmin,
  request: {
    query: z.strictObject({ limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT), cursor: z.string().optional() }),
  },
  responses: {
    200: { description: "A page of workspaces", content: { "application/json": { schema: list } } },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/workspaces/{workspace_id}",
  operationId: "getWorkspaceReport",
  summary: "Get one workspace",
  ...requireAdmin,
  request: { params },
  responses: { 200: one, ...errorResponses(401, 403, 404, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/workspaces/{workspace_id}",
  operationId: "changeWorkspace",
  summary: "Change a workspace's name or rate limits, suspend it, or let it in again",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body: { required: true, content: { "application/json": { schema: updateBody } } } },
  responses: { 200: { ...one, headers: { ...REPLAYED } }, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/workspaces/{workspace_id}",
  operationId: "deleteWorkspace",
  summary: "Delete a workspace with everything that it has, for good",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params,
    query: z.strictObject({ confirm: z.string().openapi({ description: "The name of the workspace." }) }),
  },
  responses: {
    200: {
      description: "Its keys are refused, and nothing of it goes out any more",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

export const workspaces = new OpenAPIHono<AppEnv>();

workspaces.openapi(createWorkspaceRoute, (c) => {
  const { db, clock, settings } = c.var.services;
  const body = c.req.valid("json");
  const deps = { db, clock, peppers: settings.apiKeyPeppers };
  const request = { name: body.name, logoUrl: body.logo_url ?? null };
  const respond = ({ id, name, apiKeys }: CreatedWorkspace) => ({
    status: 201 as const,
    body: { id, name, api_keys: apiKeys },
  });
  const asked = { scope: DEPLOYMENT, meaning: body, respond, isSecret: true };
  return once(c, asked, (change) => createWorkspace(deps, request, change));
});

workspaces.openapi(listRoute, async (c) => {
  const { limit, cursor } = c.req.valid("query");
  const after = cursor === undefined ? null : await readCursor(cursor, LIST);
  // One more than asked for tells whether there is a next page.
  const rows = await listWorkspaces(c.var.services.db, { after, limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(last.workspace.id, LIST) : null;
  return c.json({ workspaces: page.map(print), next_cursor: nextCursor }, 200);
});

workspaces.openapi(getRoute, async (c) =>
  c.json(print(await existingWorkspace(c.var.services.db, c.req.valid("param").workspace_id)), 200),
);

workspaces.openapi(updateRoute, (c) => {
  const { workspace_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const { name, rate_limits: limits, suspended } = body;
  const edit = { name, rateLimits: limits ? readRateLimits(limits) : limits, isSuspended: suspended };
  const respond = (changed: WorkspaceReport) => ({ status: 200 as const, body: print(changed) });
  return once(c, { scope: DEPLOYMENT, meaning: body, respond }, (change) =>
    changeWorkspace(c.var.services, workspace_id, edit, change),
  );
});

workspaces.openapi(deleteRoute, (c) => {
  const { workspace_id } = c.req.valid("param");
  const { confirm } = c.req.valid("query");
  const asked = { scope: DEPLOYMENT, meaning: { confirm }, respond: answerSuccess };
  return once(c, asked, (change) => deleteWorkspace(c.var.services, workspace_id, confirm, change));
});

function print({ workspace, apiKeys, posts }: WorkspaceReport): z.infer<typeof report> {
  return {
    id: workspace.id,
    name: workspace.name,
    logo_url: workspace.logoUrl,
    created_at: printTime(workspace.createdAt),
    suspended_at: printTimeOrNull(workspace.suspendedAt),
    rate_limits: workspace.rateLimits && printRateLimits(workspace.rateLimits),
    api_keys: apiKeys,
    posts,
  };
}
