import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { createWorkspace } from "../workspace/create-workspace.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses } from "./schemas.ts";

const workspaceBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  logo_url: z
    .url({ protocol: /^https$/, error: "{field} must be an https:// address." })
    .max(2_048)
    .optional()
    .openapi({ description: "Shown on the pages by which people connect accounts." }),
});

const workspace = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    api_keys: z.strictObject({ live: z.string(), test: z.string() }).openapi({ description: "Shown this once." }),
  })
  .openapi("Workspace");

const createWorkspaceRoute = createRoute({
  method: "post",
  path: "/v1/workspaces",
  operationId: "createWorkspace",
  summary: "Create a workspace with its first API keys",
  ...requireAdmin,
  request: { body: { required: true, content: { "application/json": { schema: workspaceBody } } } },
  responses: {
    201: { description: "The workspace", content: { "application/json": { schema: workspace } } },
    ...errorResponses(400, 401, 403, 413, 415, 500),
  },
});

export const workspaces = new OpenAPIHono<AppEnv>();

workspaces.openapi(createWorkspaceRoute, async (c) => {
  const { db, clock, settings } = c.var.services;
  const { name, logo_url } = c.req.valid("json");
  const deps = { db, clock, apiKeyPepper: settings.apiKeyPepper };
  const { id, apiKeys } = await createWorkspace(deps, { name, logoUrl: logo_url ?? null });
  return c.json({ id, name, api_keys: apiKeys }, 201);
});
