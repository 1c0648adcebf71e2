import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { CreatedWorkspace } from "../workspace/create-workspace.ts";
import { createWorkspace } from "../workspace/create-workspace.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { DEPLOYMENT, once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
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
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: workspaceBody } } } },
  responses: {
    201: {
      description: "The workspace",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: workspace } },
    },
    ...errorResponses(400, 401, 403, 409, 413, 415, 500),
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
