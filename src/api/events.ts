import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { EventPosition, EventRow } from "../db/events.ts";
import { findEvent, listEvents } from "../db/events.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import { showEvent } from "../webhooks/review-link.ts";
import { keyOf, requireScope, scopeOf } from "./authorize.ts";
import type { Actor, AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { event } from "./event-schemas.ts";
import { errorResponses, pageLimit } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * Everything that was told in the last 30 days, whether an endpoint was to hear of it or not.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const listRoute = createRoute({
  method: "get",
  path: "/v1/events",
  operationId: "listEvents",
  summary: "List the events of the last 30 days, newest first",
  ...requireScope("webhooks:read"),
  request: {
    query: z.strictObject({ limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT), cursor: z.string().optional() }),
  },
  responses: {
    200: {
      description: "A page of events",
      content: {
        "application/json": {
          schema: z.strictObject({ events: z.array(event), next_cursor: z.string().nullable() }).openapi("EventList"),
        },
      },
    },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/events/{event_id}",
  operationId: "getEvent",
  summary: "Get one event",
  ...requireScope("webhooks:read"),
  request: { params: z.strictObject({ event_id: z.string() }) },
  responses: {
    200: { description: "The event", content: { "application/json": { schema: event } } },
    ...errorResponses(401, 403, 404, 500),
  },
});

export const events = new OpenAPIHono<AppEnv>();

events.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const { limit, cursor } = c.req.valid("query");
  const list = { list: "events", ...scopeOf(actor) };
  const after = cursor === undefined ? null : readPosition(await readCursor(cursor, list));
  const rows = await listEvents(services.db, scopeOf(actor), { after, limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(`${last.createdAt} ${last.id}`, list) : null;
  return c.json({ events: page.map((row) => print(row, actor)), next_cursor: nextCursor }, 200);
});

events.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  const row = await findEvent(services.db, scopeOf(actor), c.req.valid("param").event_id);
  if (!row) throw new Refusal("not_found", "Event does not exist in this workspace.");
  return c.json(print(row, actor), 200);
});

function readPosition(text: string): EventPosition {
  const [, createdAt, id] = /^(\d{1,16}) (\w+)$/.exec(text) ?? [];
  if (createdAt === undefined || id === undefined) throw invalid("cursor", "cursor is not one that this API gave.");
  return { createdAt: Number(createdAt), id };
}

function print(row: EventRow, actor: Actor): z.infer<typeof event> {
  return showEvent(row, keyOf(actor).scopes.includes("approvals:write")) as never;
}
