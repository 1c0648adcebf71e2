import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { connectAccount } from "../accounts/connect-account.ts";
import type { ConnectLink } from "../accounts/connect-link.ts";
import { createConnectLink } from "../accounts/connect-link.ts";
import { createSandboxAccount } from "../accounts/create-sandbox-account.ts";
import { printAccount } from "../accounts/print-account.ts";
import type { AccountRow } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import { printTime } from "../lib/time.ts";
import type { Scope } from "../lib/vocabulary.ts";
import { SANDBOX_BEHAVIORS } from "../lib/vocabulary.ts";
import { account } from "./account-schemas.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { errorResponses, platform, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The ways in which a workspace gets accounts: a person's consent, a token that the client has, the sandbox.
 */

const MIN_LIFE_SECONDS = 300;
const MAX_LIFE_SECONDS = 604_800;
/** How long a link lives by which accounts are connected, unless its request says otherwise. */
export const DEFAULT_LIFE_SECONDS = 3_600;

const linkBody = z.strictObject({
  platform,
  redirect_url: z.string().optional().openapi({
    description: "Where the person's browser goes in the end, with what became of it in its query.",
    example: "https://your-app.com/connected",
  }),
  expires_in: z
    .number()
    .int()
    .min(MIN_LIFE_SECONDS)
    .max(MAX_LIFE_SECONDS)
    .default(DEFAULT_LIFE_SECONDS)
    .openapi({ description: "How long the link lives, in seconds." }),
});

const link = z
  .strictObject({ id: z.string(), url: z.string(), expires_at: printedTime })
  .openapi("ConnectLink", { description: "A link that anybody can open, good for one consent." });

const tokenBody = z.strictObject({
  platform,
  external_id: z
    .string()
    .regex(/^\d{1,32}$/, "{field} must be the platform's numeric id of the account.")
    .openapi({
      description: "The Page's id, or the id of the Instagram professional account.",
      example: "17841400000000000",
    }),
  access_token: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/, "{field} must be a token of the platform: 1 to 4096 printable ASCII characters."),
});

/** What an account of the sandbox is to be. */
export const sandboxBody = z.strictObject({
  platform,
  username: z
    .string()
    .regex(/^[\p{L}\p{N}_. -]{1,64}$/u, "{field} must have 1 to 64 letters, digits, dots, dashes or spaces.")
    // The library would print the flag as part of it; a pattern of JSON Schema is Unicode by itself.
    .openapi({ pattern: "^[\\p{L}\\p{N}_. -]{1,64}$" }),
  behavior: z.enum(SANDBOX_BEHAVIORS).default("ok"),
});

const created = {
  description: "The account",
  headers: REPLAYED,
  content: { "application/json": { schema: account } },
};

const linkRoute = createRoute({
  method: "post",
  path: "/v1/accounts/connect",
  operationId: "createConnectLink",
  summary: "Create a link by which a person connects accounts",
  ...requireScope("accounts:write", { mode: "live" }),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: linkBody } } } },
  responses: {
    201: {
      description: "The link, shown this once",
      headers: REPLAYED,
      content: { "application/json": { schema: link } },
    },
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

const tokenRoute = createRoute({
  method: "post",
  path: "/v1/accounts",
  operationId: "connectAccount",
  summary: "Connect an account with a token of the platform",
  ...requireScope("accounts:write", { mode: "live" }),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: tokenBody } } } },
  responses: { 201: created, ...errorResponses(401, 403, 409, 413, 415, 500) },
});

const sandboxRoute = createRoute({
  method: "post",
  path: "/v1/accounts/sandbox",
  operationId: "createSandboxAccount",
  summary: "Create an account of the sandbox",
  ...requireScope("accounts:write", { mode: "test" }),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: sandboxBody } } } },
  responses: { 201: created, ...errorResponses(401, 403, 409, 413, 415, 500) },
});

export const connect = new OpenAPIHono<AppEnv>();

connect.openapi(linkRoute, (c) => {
  const { services, actor } = c.var;
  const body = c.req.valid("json");
  const deps = { ...services, allowPrivateTargets: services.settings.allowPrivateTargets };
  const request = { platform: body.platform, redirectUrl: body.redirect_url ?? null, expiresIn: body.expires_in };
  const scope = scopeOf(actor);
  const respond = ({ id, url, expiresAt }: ConnectLink) => ({
    status: 201 as const,
    body: { id, url, expires_at: printTime(expiresAt) },
  });
  return once(c, { scope, meaning: body, respond, isSecret: true }, (change) =>
    createConnectLink(deps, scope, request, change),
  );
});

connect.openapi(tokenRoute, (c) => {
  const { services } = c.var;
  const body = c.req.valid("json");
  const credentials = { platform: body.platform, externalId: body.external_id, token: body.access_token };
  return addAccount(c, body, (scope, change) => connectAccount(services, scope, credentials, change));
});

connect.openapi(sandboxRoute, (c) => {
  const { services } = c.var;
  const body = c.req.valid("json");
  return addAccount(c, body, (scope, change) => createSandboxAccount(services, scope, body, change));
});

/** Connects an account once, and answers it. */
function addAccount(
  c: Context<AppEnv>,
  meaning: unknown,
  run: (scope: Scope, change: Change<AccountRow>) => Promise<AccountRow>,
) {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const respond = (row: AccountRow) => ({ status: 201 as const, body: printAccount(row, 0, services.clock()) });
  return once(c, { scope, meaning, respond }, (change) => run(scope, change));
}
