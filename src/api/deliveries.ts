import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { DeliveryRow } from "../db/delivery-log.ts";
import { listDeliveries } from "../db/delivery-log.ts";
import { findWebhook } from "../db/webhooks.ts";
import { printTime, printTimeOrNull } from "../lib/time.ts";
import { DELIVERY_STATUSES, EVENT_TYPES } from "../lib/vocabulary.ts";
import { webhookNotFound } from "../webhooks/create-webhook.ts";
import { printDeliveryId, readDeliveryId } from "../webhooks/delivery-id.ts";
import type { Recovery } from "../webhooks/send-again.ts";
import { recoverMissed, retryDelivery } from "../webhooks/send-again.ts";
import { testWebhook } from "../webhooks/test-webhook.ts";
import { requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { errorResponses, noBody, pageLimit, printedTime, timestamp } from "./schemas.ts";
import { webhookParams } from "./webhook-schemas.ts";
import * as z from "./zod.ts";

/*
 * What was sent to an endpoint, and how to have it sent again.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const attempt = z
  .strictObject({
    at: printedTime,
    duration_ms: z.number().int(),
    status: z.number().int().nullable().openapi({ description: "Null where there was no answer." }),
    error: z.string().nullable().openapi({ description: "Null: it was taken." }),
    response: z.string().openapi({ description: "The first 1 kB of the answer." }),
  })
  .openapi("DeliveryAttempt");

const delivery = z
  .strictObject({
    id: z.string(),
    webhook_id: z.string(),
    event_id: z.string(),
    event_type: z.enum(EVENT_TYPES).nullable(),
    event_at: printedTime,
    status: z
      .enum(DELIVERY_STATUSES)
      .openapi({ description: "held: it waits until the endpoint, which is failing, answers again." }),
    attempts: z.array(attempt).openapi({ description: "The last twenty, oldest first." }),
    next_attempt_at: printedTime.nullable(),
  })
  .openapi("Delivery");

const deliveryList = z
  .strictObject({ deliveries: z.array(delivery), next_cursor: z.string().nullable() })
  .openapi("DeliveryList");

const recovery = z
  .strictObject({
    recovered: z.number().int().openapi({ description: "Deliveries that are on their way now." }),
    has_more: z.boolean().openapi({ description: "Call again for the others." }),
  })
  .openapi("Recovery");

/** From when on missed events are sent. */
export const recoverBody = z.strictObject({ since: timestamp });

const one = {
  description: "The delivery",
  headers: REPLAYED,
  content: { "application/json": { schema: delivery } },
};

const listRoute = createRoute({
  method: "get",
  path: "/v1/webhooks/{webhook_id}/deliveries",
  operationId: "listDeliveries",
  summary: "List what was sent to a webhook endpoint, newest first",
  ...requireScope("webhooks:read"),
  request: {
    params: webhookParams,
    query: z.strictObject({ limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT), cursor: z.string().optional() }),
  },
  responses: {
    200: { description: "A page of deliveries", content: { "application/json": { schema: deliveryList } } },
    ...errorResponses(401, 403, 404, 500),
  },
});

const testRoute = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/test",
  operationId: "testWebhook",
  summary: "Send a webhook endpoint an event of type webhook.test, and say what came of it",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: webhookParams, body: noBody },
  responses: { 200: one, ...errorResponses(401, 403, 404, 409, 413, 500) },
});

const recoverRoute = createRoute({
  method: "post",
  path: "/v1/webhooks/{webhook_id}/recover",
  operationId: "recoverDeliveries",
  summary: "Send a webhook endpoint everything that it missed since a time",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: webhookParams,
    body: { required: true, content: { "application/json": { schema: recoverBody } } },
  },
  responses: {
    200: {
      description: "How much is on its way",
      headers: REPLAYED,
      content: { "application/json": { schema: recovery } },
    },
    ...errorResponses(401, 403, 404, 409, 413, 415, 500),
  },
});

const retryRoute = createRoute({
  method: "post",
  path: "/v1/deliveries/{delivery_id}/retry",
  operationId: "retryDelivery",
  summary: "Send an event to its webhook endpoint again, whatever came of it before",
  ...requireScope("webhooks:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: z.strictObject({ delivery_id: z.string() }), body: noBody },
  responses: { 200: one, ...errorResponses(401, 403, 404, 409, 413, 500) },
});

export const deliveries = new OpenAPIHono<AppEnv>();

deliveries.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const { webhook_id } = c.req.valid("param");
  const { limit, cursor } = c.req.valid("query");
  const list = { list: "deliveries", ...scopeOf(actor), webhook_id };
  const after = cursor === undefined ? null : readDeliveryId(await readCursor(cursor, list));
  if (!(await findWebhook(services.db, scopeOf(actor), webhook_id))) throw webhookNotFound();
  const rows = await listDeliveries(services.db, webhook_id, { after, limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(printDeliveryId(last), list) : null;
  return c.json({ deliveries: page.map(print), next_cursor: nextCursor }, 200);
});

deliveries.openapi(testRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  return once(c, { scope, meaning: null, respond: answerDelivery }, (change) =>
    testWebhook(services, scope, c.req.valid("param").webhook_id, change),
  );
});

deliveries.openapi(recoverRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const respond = ({ recovered, hasMore }: Recovery) => {
    return { status: 200 as const, body: { recovered, has_more: hasMore } };
  };
  return once(c, { scope, meaning: body, respond }, (change) =>
    recoverMissed(services, scope, c.req.valid("param").webhook_id, body.since, change),
  );
});

deliveries.openapi(retryRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  return once(c, { scope, meaning: null, respond: answerDelivery }, (change) =>
    retryDelivery(services, scope, c.req.valid("param").delivery_id, change),
  );
});

function answerDelivery(row: DeliveryRow) {
  return { status: 200 as const, body: print(row) };
}

function print(row: DeliveryRow): z.infer<typeof delivery> {
  return {
    id: printDeliveryId(row),
    webhook_id: row.webhookId,
    event_id: row.eventId,
    event_type: row.type,
    event_at: printTime(row.eventAt),
    status: row.status,
    attempts: row.log.map(({ at, ms, status, error, response }) => ({
      at: printTime(at),
      duration_ms: ms,
      status,
      error,
      response,
    })),
    next_attempt_at: printTimeOrNull(row.nextAttemptAt),
  };
}
