import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { changeAccountGroup, createAccountGroup, removeAccountGroup } from "../accounts/account-groups.ts";
import type { AccountGroupRow } from "../db/account-groups.ts";
import { listAccountGroups } from "../db/account-groups.ts";
import { wellFormed } from "../lib/text.ts";
import { printTime } from "../lib/time.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * Groups of accounts. They are the workspace's, and have accounts of both modes.
 */

const group = z.strictObject({ id: z.string(), name: z.string(), created_at: printedTime }).openapi("AccountGroup");

/** What a group is called. */
export const groupBody = z
  .strictObject({ name: z.string().trim().min(1).max(100).check(wellFormed).openapi({ example: "Bakery Jones" }) })
  .openapi("AccountGroupRequest");

const params = z.strictObject({ group_id: z.string() });
const body = { required: true, content: { "application/json": { schema: groupBody } } };
const one = { description: "The group", headers: { ...REPLAYED }, content: { "application/json": { schema: group } } };

const listRoute = createRoute({
  method: "get",
  path: "/v1/account-groups",
  operationId: "listAccountGroups",
  summary: "List the workspace's groups of accounts, by name",
  ...requireScope("accounts:read"),
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "The groups",
      content: { "application/json": { schema: z.strictObject({ account_groups: z.array(group) }) } },
    },
    ...errorResponses(400, 401, 403, 500),
  },
});

const createGroupRoute = createRoute({
  method: "post",
  path: "/v1/account-groups",
  operationId: "createAccountGroup",
  summary: "Create a group of accounts",
  ...requireScope("accounts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body },
  responses: { 201: one, ...errorResponses(400, 401, 403, 409, 413, 415, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/account-groups/{group_id}",
  operationId: "updateAccountGroup",
  summary: "Rename a group of accounts",
  ...requireScope("accounts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body },
  responses: { 200: one, ...errorResponses(400, 401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/account-groups/{group_id}",
  operationId: "deleteAccountGroup",
  summary: "Delete a group of accounts that nobody is limited to",
  ...requireScope("accounts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params },
  responses: {
    200: {
      description: "Its accounts are in none",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(400, 401, 403, 404, 409, 500),
  },
});

export const accountGroups = new OpenAPIHono<AppEnv>();

accountGroups.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const rows = await listAccountGroups(services.db, scopeOf(actor).workspaceId);
  return c.json({ account_groups: rows.map(print) }, 200);
});

accountGroups.openapi(createGroupRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const asked = c.req.valid("json");
  const respond = (row: AccountGroupRow) => ({ status: 201 as const, body: print(row) });
  return once(c, { scope, meaning: asked, respond }, (change) =>
    createAccountGroup(services, scope.workspaceId, asked.name, change),
  );
});

accountGroups.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { group_id } = c.req.valid("param");
  const asked = c.req.valid("json");
  const respond = (row: AccountGroupRow) => ({ status: 200 as const, body: print(row) });
  return once(c, { scope, meaning: asked, respond }, (change) =>
    changeAccountGroup(services, scope.workspaceId, group_id, asked.name, change),
  );
});

accountGroups.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { group_id } = c.req.valid("param");
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    removeAccountGroup(services, scope.workspaceId, group_id, change),
  );
});

function print({ id, name, createdAt }: AccountGroupRow): z.infer<typeof group> {
  return { id, name, created_at: printTime(createdAt) };
}
