import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { WebhookRow } from "../db/webhooks.ts";
import { findWebhook, listWebhooks } from "../db/webhooks.ts";
import { HOUR } from "../lib/clock.ts";
import { changeWebhook, removeWebhook } from "../webhooks/change-webhook.ts";
import type { WithSecret } from "../webhooks/create-webhook.ts";
import { createWebhook, webhookNotFound } from "../webhooks/create-webhook.ts";
import { printWebhook } from "../webhooks/print-webhook.ts";
import { rotateSecret } from "../webhooks/rotate-secret.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses } from "./schemas.ts";
import {
  createdWebhook,
  subscribedEvents,
  webhook,
  webhookDescription,
  webhookParams,
  webhookSecret,
  webhookUrl,
  webhookWithSecret,
} from "./webhook-schemas.ts";
import * as z from "./zod.ts";

/*
 * The endpoints that events are sent to.
 */

const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 168;

/** What a new endpoint is to be. */
export const webhookRequest = z.strictObject({
  url: webhookUrl,
  events: subscribedEvents,
  secret: webhookSecret.optional(),
  description: webhookDescription.optional(),
});

/** What is changed of an endpoint. */
export const webhookEdit = z
  .strictObject({
    url: webhookUrl.optional(),
    events: subscribedEvents.optional(),
    active: z.boolean().optional(),
    description: webhookDescription.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, "The request changes nothing: url, events, active or description.")
  .openapi({ minProperties: 1 });

/** How an endpoint gets another secret. */
export const webhookRotation = z.strictObject({
  secret: webhookSecret.optional(),
  overlap_hours: z.number().int().min(0).max(MAX_OVERLAP_HOURS).default(DEFAULT_OVERLAP_HOURS).openapi({
    description: "How long requests are signed with the secret before as well.",
  }),
});

const one = { description: "The endpoint", content: { "application/json": { schema: webhook } } };
const changed = { ...one, headers: REPLAYED };

const createWebhookRoute = createRoute({
  method: "post",
  path: "/v1/webhooks",
  operationId: "createWebhook",
  summary: "Register a webhook endpoint",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: webhookRequest, example: EXAMPLES.webhookRequest } },
    },
  },
  responses: {
    201: {
      description: "The endpoint",
      headers: REPLAYED,
      content: { "application/json": { schema: createdWebhook, example: EXAMPLES.webhookResponse } },
    },
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/webhooks",
  operationId: "listWebhooks",
  summary: "List the workspace's webhook endpoints",
  ...requireScope("webhooks:read"),
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "The endpoints, oldest first",
      content: { "application/json": { schema: z.strictObject({ webhooks: z.array(webhook) }) } },
    },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "getWebhook",
  summary: "Get one webhook endpoint",
  ...requireScope("webhooks:read"),
  request: { params: webhookParams },
  responses: { 200: one, ...errorResponses(401, 403, 404, 500) },
});

const updateRoute = createRoute({
  method: "patch",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "updateWebhook",
  summary: "Change a webhook endpoint; made active again, it begins as a new one",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: webhookParams,
    body: { required: true, content: { "application/json": { schema: webhookEdit } } },
  },
  responses: { 200: changed, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/webhooks/{webhook_id}",
  operationId: "deleteWebhook",
  summary: "Delete a webhook endpoint with its deliveries",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: webhookParams },
  responses: {
    200: { description: "It is deleted", headers: REPLAYED, content: { "application/json": { schema: success } } },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const rotateRoute = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/rotate",
  operationId: "rotateWebhookSecret",
  summary: "Give a webhook endpoint another secret",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: webhookParams,
    body: { content: { "application/json": { schema: webhookRotation } } },
  },
  responses: {
    200: {
      description: "The endpoint, and the secret if there was none in the request",
      headers: REPLAYED,
      content: { "application/json": { schema: webhookWithSecret } },
    },
    ...errorResponses(401, 403, 404, 409, 413, 415, 500),
  },
});

export const webhooks = new OpenAPIHono<AppEnv>();

webhooks.openapi(createWebhookRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const { url, events, secret = null, description = null } = body;
  const respond = (created: WithSecret) => {
    const { id, active } = created.row;
    return { status: 201 as const, body: { id, url: created.row.url, active, ...shown(created.secret) } };
  };
  const asked = { scope, meaning: body, respond, isSecret: true };
  return once(c, asked, (change) => createWebhook(services, scope, { url, events, secret, description }, change));
});

webhooks.openapi(listRoute, async (c) => {
  const rows = await listWebhooks(c.var.services.db, scopeOf(c.var.actor));
  return c.json({ webhooks: rows.map(printWebhook) }, 200);
});

webhooks.openapi(getRoute, async (c) => {
  const row = await findWebhook(c.var.services.db, scopeOf(c.var.actor), c.req.valid("param").webhook_id);
  if (!row) throw webhookNotFound();
  return c.json(printWebhook(row), 200);
});

webhooks.openapi(updateRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const respond = (row: WebhookRow) => ({ status: 200 as const, body: printWebhook(row) });
  return once(c, { scope, meaning: body, respond }, (change) =>
    changeWebhook(services, scope, c.req.valid("param").webhook_id, body, change),
  );
});

webhooks.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    removeWebhook(services.db, scope, c.req.valid("param").webhook_id, change),
  );
});

webhooks.openapi(rotateRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  // The library leaves it empty where there was no body.
  const { secret = null, overlap_hours: hours = DEFAULT_OVERLAP_HOURS } = c.req.valid("json");
  const respond = (rotated: WithSecret) => {
    return { status: 200 as const, body: { ...printWebhook(rotated.row), ...shown(rotated.secret) } };
  };
  const asked = { scope, meaning: { secret, hours }, respond, isSecret: true };
  return once(c, asked, (change) =>
    rotateSecret(services, scope, c.req.valid("param").webhook_id, { secret, overlap: hours * HOUR }, change),
  );
});

function shown(secret: string | null) {
  return secret === null ? {} : { secret };
}
