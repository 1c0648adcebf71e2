import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { changeAccount, disconnectAccount } from "../accounts/change-account.ts";
import { healthOf } from "../accounts/health.ts";
import { printAccount } from "../accounts/print-account.ts";
import { accountNotFound, searchLocations } from "../accounts/search-locations.ts";
import { countOpenTasks } from "../db/account-tasks.ts";
import type { AccountEdit, AccountRow } from "../db/accounts.ts";
import { findAccount, listAccounts } from "../db/accounts.ts";
import { wellFormed } from "../lib/text.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { Services } from "../services.ts";
import { account } from "./account-schemas.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { distinct, errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

const MAX_LABELS = 20;

/** What a workspace says of an account itself. */
export const accountEdit = z
  .strictObject({
    labels: z
      .array(z.string().trim().min(1).max(50).check(wellFormed))
      .max(MAX_LABELS)
      .check(distinct)
      .optional()
      .openapi({ uniqueItems: true, example: ["summer campaign"] }),
    group_id: z.string().nullable().optional().openapi({ description: "Null: in no group." }),
  })
  .refine(({ labels, group_id }) => labels !== undefined || group_id !== undefined, {
    path: ["labels"],
    error: "{field} is required, where there is no group_id.",
  });

const location = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    street: z.string().nullable(),
    city: z.string().nullable(),
    country: z.string().nullable(),
    latitude: z.number(),
    longitude: z.number(),
  })
  .openapi("Location");

const params = z.strictObject({ account_id: z.string() });
const one = { description: "The account", content: { "application/json": { schema: account } } };

const listRoute = createRoute({
  method: "get",
  path: "/v1/accounts",
  operationId: "listAccounts",
  summary: "List connected accounts",
  ...requireScopeWithinReach("accounts:read"),
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "The accounts",
      content: {
        "application/json": {
          schema: z.strictObject({ accounts: z.array(account) }),
          example: EXAMPLES.accountsResponse,
        },
      },
    },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/accounts/{account_id}",
  operationId: "getAccount",
  summary: "Get one account",
  ...requireScopeWithinReach("accounts:read"),
  request: { params },
  responses: { 200: one, ...errorResponses(401, 403, 404, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/accounts/{account_id}",
  operationId: "updateAccount",
  summary: "Change an account's labels or group",
  ...requireScopeWithinReach("accounts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body: { required: true, content: { "application/json": { schema: accountEdit } } } },
  responses: { 200: { ...one, headers: REPLAYED }, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/accounts/{account_id}",
  operationId: "disconnectAccount",
  summary: "Disconnect an account and erase its token",
  ...requireScopeWithinReach("accounts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params },
  responses: {
    200: {
      description: "It is disconnected",
      headers: REPLAYED,
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const locationsRoute = createRoute({
  method: "get",
  path: "/v1/accounts/{account_id}/locations",
  operationId: "searchLocations",
  summary: "Search locations that posts of the account can be tagged with",
  ...requireScopeWithinReach("accounts:read"),
  request: { params, query: z.strictObject({ q: z.string().trim().min(1).max(100) }) },
  responses: {
    200: {
      description: "Places that have coordinates",
      content: { "application/json": { schema: z.strictObject({ locations: z.array(location) }) } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

export const accounts = new OpenAPIHono<AppEnv>();

accounts.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  return c.json({ accounts: await printAll(services, access, await listAccounts(services.db, access)) }, 200);
});

accounts.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const row = await findAccount(services.db, access, c.req.valid("param").account_id);
  if (!row) throw accountNotFound();
  return c.json(await printOne(services, access, row), 200);
});

accounts.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const { account_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const respond = async (row: AccountRow) => ({ status: 200 as const, body: await printOne(services, access, row) });
  return once(c, { scope: access.scope, meaning: body, respond }, (change) =>
    changeAccount(services, access, account_id, readAccountEdit(body), change),
  );
});

accounts.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const { account_id } = c.req.valid("param");
  return once(c, { scope: access.scope, meaning: null, respond: answerSuccess }, (change) =>
    disconnectAccount(services, access, account_id, change),
  );
});

accounts.openapi(locationsRoute, async (c) => {
  const { services, actor } = c.var;
  const deps = { ...services, meta: services.settings.meta };
  const { account_id } = c.req.valid("param");
  return c.json({ locations: await searchLocations(deps, accessOf(actor), account_id, c.req.valid("query").q) }, 200);
});

/** The same edit in the words of the database. */
export function readAccountEdit({ labels, group_id }: z.infer<typeof accountEdit>): AccountEdit {
  return { ...(labels !== undefined && { labels }), ...(group_id !== undefined && { groupId: group_id }) };
}

async function printOne(services: Services, access: Access, row: AccountRow): Promise<z.infer<typeof account>> {
  const print = await printerOf(services, access, [row]);
  return print(row);
}

async function printAll(services: Services, access: Access, rows: AccountRow[]): Promise<z.infer<typeof account>[]> {
  const print = await printerOf(services, access, rows);
  return rows.map(print);
}

async function printerOf(services: Services, { scope }: Access, rows: AccountRow[]) {
  const now = services.clock();
  // Looked for only where an account is not well.
  const unwell = rows.filter((row) => healthOf(row, now).health !== "ok").map((row) => row.id);
  const open = await countOpenTasks(services.db, scope, unwell);
  return (row: AccountRow) => printAccount(row, open.get(row.id) ?? 0, now);
}
