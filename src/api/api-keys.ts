import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { ApiKeyRow, KeyChange } from "../db/api-keys.ts";
import { listKeys } from "../db/api-keys.ts";
import { HOUR } from "../lib/clock.ts";
import { wellFormed } from "../lib/text.ts";
import { printTime, printTimeOrNull, roundUpToSecond } from "../lib/time.ts";
import { KEY_SCOPES, MODES } from "../lib/vocabulary.ts";
import type { Services } from "../services.ts";
import { changeApiKey, revokeApiKey } from "../workspace/change-api-key.ts";
import type { KeyWithSecret } from "../workspace/create-api-key.ts";
import { createApiKey } from "../workspace/create-api-key.ts";
import { existingKey } from "../workspace/existing-key.ts";
import { rotateApiKey } from "../workspace/rotate-api-key.ts";
import { accessOf, keyOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { distinct, errorResponses, onlyGroups, pageLimit, printedTime, timestamp } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The keys of a workspace, in the mode of the one that asks. A secret is shown in the answer that makes it and never again.
 */

const MAX_ACCOUNTS = 50;
const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 168;
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const KNOWN = KEY_SCOPES.join(", ");

const name = z.string().trim().min(1).max(100).check(wellFormed).openapi({ example: "Newsroom" });
const scopes = z
  .array(z.enum(KEY_SCOPES, { error: `{field} is not a known scope. Known are: ${KNOWN}.` }))
  .min(1, "{field} must name at least one scope.")
  .check(distinct)
  .openapi({ uniqueItems: true, example: ["posts:read", "posts:write"] });
const accounts = z
  .array(z.string())
  .min(1, "{field} must name at least one account, or be null for all of them.")
  .max(MAX_ACCOUNTS)
  .check(distinct)
  .nullable()
  .openapi({
    description: "The only accounts that the key sees and posts to. Null: all.",
    uniqueItems: true,
    example: ["acc_123"],
  });
const groups = onlyGroups(
  "The only groups of accounts that the key sees and posts to, whichever accounts are in them. Null: all. " +
    "With `accounts`, the key reaches those of them that are in these groups.",
);
const expiresAt = timestamp.transform(roundUpToSecond).nullable();

const needsApproval = z.boolean().openapi({
  description: "Whether its posts wait for approval, where the workspace's setting is `keys`.",
});

/** What a new key is to be. */
export const keyRequest = z
  .strictObject({
    name,
    scopes,
    accounts: accounts.default(null),
    groups: groups.default(null),
    needs_approval: needsApproval.default(false),
    expires_at: expiresAt.default(null),
  })
  .openapi("ApiKeyRequest");

const updateBody = z
  .strictObject({
    name: name.optional(),
    scopes: scopes.optional(),
    accounts: accounts.optional(),
    groups: groups.optional(),
    needs_approval: needsApproval.optional(),
    expires_at: expiresAt.optional(),
  })
  .refine(
    (body) => Object.keys(body).length > 0,
    "The request changes nothing: name, scopes, accounts, groups, needs_approval or expires_at.",
  )
  .openapi({ minProperties: 1 });

/** How a key gets another secret. */
export const keyRotation = z.strictObject({
  overlap_hours: z.number().int().min(0).max(MAX_OVERLAP_HOURS).default(DEFAULT_OVERLAP_HOURS).openapi({
    description: "How long the secrets that the key has had stay good, at most. 0 where one has leaked.",
  }),
});

const apiKey = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(KEY_SCOPES)),
    accounts: z.array(z.string()).nullable(),
    groups: z.array(z.string()).nullable(),
    needs_approval: z.boolean(),
    mode: z.enum(MODES),
    last_four: z.string().openapi({ description: "Of its present secret." }),
    created_at: printedTime,
    expires_at: printedTime.nullable(),
    last_used_at: printedTime.nullable().openapi({ description: "To the minute." }),
    revoked_at: printedTime.nullable(),
  })
  .openapi("ApiKey");

// Not by `extend`: it is described as both schemas at once, and each is closed to the other's members.
const apiKeyWithSecret = z
  .strictObject({
    ...apiKey.shape,
    key: z.string().openapi({ description: "Shown this once.", example: "apionics_live_..." }),
  })
  .openapi("ApiKeyWithSecret");

const apiKeyList = z
  .strictObject({ api_keys: z.array(apiKey), next_cursor: z.string().nullable() })
  .openapi("ApiKeyList");

const params = z.strictObject({ api_key_id: z.string() });
const one = { description: "The key", content: { "application/json": { schema: apiKey } } };
const oneWithSecret = (description: string) => ({
  description,
  headers: { ...REPLAYED },
  content: { "application/json": { schema: apiKeyWithSecret } },
});

const createKeyRoute = createRoute({
  method: "post",
  path: "/v1/api-keys",
  operationId: "createApiKey",
  summary: "Create an API key with no more rights than the one of this request",
  ...requireScopeWithinReach("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: keyRequest } } } },
  responses: {
    201: oneWithSecret("The key, with its secret"),
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/api-keys",
  operationId: "listApiKeys",
  summary: "List the workspace's API keys, newest first; revoked ones for 30 days",
  ...requireScopeWithinReach("keys:admin"),
  request: {
    query: z.strictObject({ limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT), cursor: z.string().optional() }),
  },
  responses: {
    200: { description: "A page of keys", content: { "application/json": { schema: apiKeyList } } },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/api-keys/{api_key_id}",
  operationId: "getApiKey",
  summary: "Get one API key",
  ...requireScopeWithinReach("keys:admin"),
  request: { params },
  responses: { 200: one, ...errorResponses(401, 403, 404, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/api-keys/{api_key_id}",
  operationId: "updateApiKey",
  summary: "Change an API key",
  ...requireScopeWithinReach("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body: { required: true, content: { "application/json": { schema: updateBody } } } },
  responses: { 200: { ...one, headers: { ...REPLAYED } }, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/api-keys/{api_key_id}",
  operationId: "revokeApiKey",
  summary: "Revoke an API key, at once and for good",
  ...requireScopeWithinReach("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params },
  responses: {
    200: {
      description: "It is refused from now on",
      headers: { ...REPLAYED },
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const rotateRoute = createRoute({
  method: "post",
  path: "/v1/api-keys/{api_key_id}/rotate",
  operationId: "rotateApiKey",
  summary: "Give an API key another secret",
  ...requireScopeWithinReach("keys:admin"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params, body: { content: { "application/json": { schema: keyRotation } } } },
  responses: {
    200: oneWithSecret("The same key, with its new secret"),
    ...errorResponses(401, 403, 404, 409, 413, 415, 500),
  },
});

export const apiKeys = new OpenAPIHono<AppEnv>();

apiKeys.openapi(createKeyRoute, (c) => {
  const { services, actor } = c.var;
  const body = c.req.valid("json");
  const request = readKeyRequest(body);
  const asked = { scope: accessOf(actor).scope, meaning: body, respond: answerSecret(201), isSecret: true };
  return once(c, asked, (change) => createApiKey(keyDeps(services), keyOf(actor), request, change));
});

apiKeys.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const { limit, cursor } = c.req.valid("query");
  const list = { list: "api_keys", ...accessOf(actor).scope };
  const after = cursor === undefined ? null : await readCursor(cursor, list);
  // One more than asked for tells whether there is a next page.
  const rows = await listKeys(services.db, keyOf(actor), { after, limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(last.id, list) : null;
  return c.json({ api_keys: page.map(print), next_cursor: nextCursor }, 200);
});

apiKeys.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(print(await existingKey(services.db, keyOf(actor), c.req.valid("param").api_key_id)), 200);
});

apiKeys.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const { api_key_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const { name, scopes, accounts, groups, needs_approval, expires_at } = body;
  const limits = { accountIds: accounts, groupIds: groups };
  const edit = { name, scopes, ...limits, needsApproval: needs_approval, expiresAt: expires_at };
  const respond = (row: ApiKeyRow) => ({ status: 200 as const, body: print(row) });
  const asked = { scope: accessOf(actor).scope, meaning: body, respond };
  return once(c, asked, (change) => changeApiKey(services, keyOf(actor), api_key_id, edit, change));
});

apiKeys.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const { api_key_id } = c.req.valid("param");
  const asked = { scope: accessOf(actor).scope, meaning: null, respond: answerSuccess };
  return once(c, asked, (change) => revokeApiKey(services, keyOf(actor), api_key_id, change));
});

apiKeys.openapi(rotateRoute, (c) => {
  const { services, actor } = c.var;
  const { api_key_id } = c.req.valid("param");
  // The library leaves it empty where there was no body.
  const { overlap_hours: hours = DEFAULT_OVERLAP_HOURS } = c.req.valid("json");
  const asked = { scope: accessOf(actor).scope, meaning: { hours }, respond: answerSecret(200), isSecret: true };
  return once(c, asked, (change) => rotateApiKey(keyDeps(services), keyOf(actor), api_key_id, hours * HOUR, change));
});

function answerSecret<Status extends 200 | 201>(status: Status) {
  return ({ row, secret }: KeyWithSecret) => ({ status, body: { ...print(row), key: secret } });
}

/** The same in the words of the database. */
export function readKeyRequest(body: z.infer<typeof keyRequest>): KeyChange {
  const { name, scopes, accounts, groups, needs_approval, expires_at } = body;
  const limits = { accountIds: accounts, groupIds: groups };
  return { name, scopes, ...limits, needsApproval: needs_approval, expiresAt: expires_at };
}

/** What making and rotating keys needs. */
export function keyDeps({ db, clock, settings }: Services) {
  return { db, clock, peppers: settings.apiKeyPeppers };
}

function print(row: ApiKeyRow): z.infer<typeof apiKey> {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    accounts: row.accountIds,
    groups: row.groupIds,
    needs_approval: row.needsApproval,
    mode: row.mode,
    last_four: row.lastFour,
    created_at: printTime(row.createdAt),
    expires_at: printTimeOrNull(row.expiresAt),
    last_used_at: printTimeOrNull(row.lastUsedAt),
    revoked_at: printTimeOrNull(row.revokedAt),
  };
}
