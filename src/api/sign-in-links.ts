import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { findWorkspace } from "../db/workspaces.ts";
import { Refusal } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import { KEY_SCOPES, ROLES } from "../lib/vocabulary.ts";
import { inviteMember } from "../people/invite-member.ts";
import type { SignInLink } from "../people/sign-in-link.ts";
import { requireAdmin } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { DEPLOYMENT, once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { errorResponses, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The first way into a workspace, for its first admin, and the last one when nobody gets in any more.
 */

/** A link that lets somebody in. */
export const signInLink = z
  .strictObject({
    url: z.string().openapi({ description: "Lets one person in, once. Shown this once." }),
    role: z.enum(ROLES),
    expires_at: printedTime,
  })
  .openapi("SignInLink");

const createLinkRoute = createRoute({
  method: "post",
  path: "/v1/workspaces/{workspace_id}/sign-in-links",
  operationId: "createSignInLink",
  summary: "Make a link that lets a workspace's first admin into the console, once",
  ...requireAdmin,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: z.strictObject({ workspace_id: z.string() }),
    body: {
      content: { "application/json": { schema: z.strictObject({ role: z.enum(ROLES).default("admin") }) } },
    },
  },
  responses: {
    201: {
      description: "The link",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: signInLink } },
    },
    ...errorResponses(400, 401, 403, 404, 409, 413, 415, 500),
  },
});

export const signInLinks = new OpenAPIHono<AppEnv>();

signInLinks.openapi(createLinkRoute, (c) => {
  const { services } = c.var;
  const { workspace_id } = c.req.valid("param");
  // The library leaves it empty where there was no body.
  const { role = "admin" } = c.req.valid("json");
  const asked = { scope: DEPLOYMENT, meaning: { role }, respond: answerLink, isSecret: true };
  return once(c, asked, async (change) => {
    if (!(await findWorkspace(services.db, workspace_id))) throw new Refusal("not_found", "Workspace does not exist.");
    return inviteMember(services, workspace_id, { role, groupIds: null }, KEY_SCOPES, change);
  });
});

/** Answers a link that was made. */
export function answerLink({ url, role, expiresAt }: SignInLink) {
  return { status: 201 as const, body: { url, role, expires_at: printTime(expiresAt) } };
}
