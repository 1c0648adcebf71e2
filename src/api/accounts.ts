import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { connectAccount } from "../accounts/connect-account.ts";
import { createSandboxAccount } from "../accounts/create-sandbox-account.ts";
import type { AccountRow } from "../db/accounts.ts";
import { listAccounts } from "../db/accounts.ts";
import { printTimeOrNull } from "../lib/time.ts";
import type { AccountHealth } from "../lib/vocabulary.ts";
import { LIVE_PLATFORMS, SANDBOX_BEHAVIORS } from "../lib/vocabulary.ts";
import { requireKey, scopeOf } from "./authenticate.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses, platform, printedTime } from "./schemas.ts";

/** The contract's `status`, by health. */
const STATUS_OF_HEALTH = {
  ok: "active",
  needs_reconnect: "needs_reconnect",
  restricted: "restricted",
} as const satisfies Record<AccountHealth, string>;

const account = z
  .strictObject({
    id: z.string(),
    platform: z.enum(LIVE_PLATFORMS),
    username: z.string(),
    status: z.enum(["active", "needs_reconnect", "restricted"]),
    token_expires_at: printedTime.nullable(),
    reason: z.string().nullable(),
    behavior: z.enum(SANDBOX_BEHAVIORS).optional().openapi({ description: "Sandbox accounts only." }),
  })
  .openapi("Account");

const connectBody = z.strictObject({
  platform,
  external_id: z
    .string()
    .regex(/^\d{1,32}$/, "{field} must be the platform's numeric id of the account.")
    .openapi({
      description: "The Page's id, or the id of the Instagram professional account.",
      example: "17841400000000000",
    }),
  access_token: z.string().min(1).max(4_096),
});

const sandboxBody = z.strictObject({
  platform,
  username: z
    .string()
    .regex(/^[\p{L}\p{N}_. -]{1,64}$/u, "{field} must have 1 to 64 letters, digits, dots, dashes or spaces."),
  behavior: z.enum(SANDBOX_BEHAVIORS).default("ok"),
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/accounts",
  operationId: "listAccounts",
  summary: "List connected accounts",
  middleware: [requireKey()] as const,
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "The accounts",
      content: { "application/json": { schema: z.strictObject({ accounts: z.array(account) }) } },
    },
    ...errorResponses(400, 401, 403, 500),
  },
});

const created = { description: "The account", content: { "application/json": { schema: account } } };

const connectRoute = createRoute({
  method: "post",
  path: "/v1/accounts",
  operationId: "connectAccount",
  summary: "Connect an account with a token of the platform",
  middleware: [requireKey("live")] as const,
  request: { body: { required: true, content: { "application/json": { schema: connectBody } } } },
  responses: { 201: created, ...errorResponses(400, 401, 403, 413, 415, 500) },
});

const sandboxRoute = createRoute({
  method: "post",
  path: "/v1/accounts/sandbox",
  operationId: "createSandboxAccount",
  summary: "Create an account of the sandbox",
  middleware: [requireKey("test")] as const,
  request: { body: { required: true, content: { "application/json": { schema: sandboxBody } } } },
  responses: { 201: created, ...errorResponses(400, 401, 403, 413, 415, 500) },
});

export const accounts = new OpenAPIHono<AppEnv>();

accounts.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const rows = await listAccounts(services.db, scopeOf(actor));
  return c.json({ accounts: rows.map(printAccount) }, 200);
});

accounts.openapi(connectRoute, async (c) => {
  const { services, actor } = c.var;
  const { platform, external_id, access_token } = c.req.valid("json");
  const credentials = { platform, externalId: external_id, token: access_token };
  return c.json(printAccount(await connectAccount(services, scopeOf(actor), credentials)), 201);
});

accounts.openapi(sandboxRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(printAccount(await createSandboxAccount(services, scopeOf(actor), c.req.valid("json"))), 201);
});

function printAccount(row: AccountRow): z.infer<typeof account> {
  return {
    id: row.id,
    platform: row.platform,
    username: row.username,
    status: STATUS_OF_HEALTH[row.health],
    token_expires_at: printTimeOrNull(row.tokenExpiresAt),
    reason: row.healthReason,
    ...(row.behavior === null ? {} : { behavior: row.behavior }),
  };
}
