import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { findTimeline } from "../db/posts.ts";
import type { TimelineEntry } from "../db/timeline.ts";
import { printPreciseTime } from "../lib/time.ts";
import { TIMELINE_TYPES } from "../lib/vocabulary.ts";
import { ACTOR_TYPES, findNames, printActor } from "../post/actor.ts";
import { postNotFound } from "../post/existing-post.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * What happened to a post: every transition, every call to the platform and what it was answered.
 */

const preciseTime = z.string().openapi({ format: "date-time", example: "2026-06-01T09:00:00.250Z" });

const entry = z
  .strictObject({
    at: preciseTime,
    type: z.enum(TIMELINE_TYPES),
    actor: z
      .strictObject({ type: z.enum(ACTOR_TYPES), id: z.string().optional(), name: z.string().optional() })
      .openapi({ description: "Who did it; without a name where they are gone." }),
    account_id: z.string().optional(),
    part: z.literal("comment").optional().openapi({ description: "Of the first comment, and not of the post." }),
    round: z.number().int().optional().openapi({ description: "From the second on: each retry opens one." }),
    attempt: z.number().int().optional(),
    name: z.string().optional().openapi({ description: "The step that was taken.", example: "container" }),
    outcome: z.string().optional().openapi({ example: "live" }),
    duration_ms: z.number().int().optional(),
    code: z.string().optional(),
    platform: z
      .strictObject({ code: z.string(), message: z.string().optional(), trace_id: z.string().optional() })
      .optional(),
    until: preciseTime.optional().openapi({ description: "When it goes on." }),
    count: z.number().int().optional().openapi({ description: "The same happened so often." }),
    last_at: preciseTime.optional(),
  })
  .openapi("TimelineEntry");

const timelineRoute = createRoute({
  method: "get",
  path: "/v1/posts/{post_id}/timeline",
  operationId: "getTimeline",
  summary: "What happened to a post, in order",
  ...requireScopeWithinReach("posts:read"),
  request: { params: z.strictObject({ post_id: z.string() }) },
  responses: {
    200: {
      description: "The timeline",
      content: {
        "application/json": { schema: z.strictObject({ post_id: z.string(), entries: z.array(entry) }) },
      },
    },
    ...errorResponses(401, 403, 404, 500),
  },
});

export const timeline = new OpenAPIHono<AppEnv>();

timeline.openapi(timelineRoute, async (c) => {
  const { post_id } = c.req.valid("param");
  const { db } = c.var.services;
  const access = accessOf(c.var.actor);
  const found = await findTimeline(db, access, post_id);
  if (!found) throw postNotFound();
  const askers = found.map(({ keyId }) => keyId);
  const names = await findNames(db, access.scope, askers);
  return c.json({ post_id, entries: found.map((each) => printEntry(each, names)) }, 200);
});

/** An entry as answers show it. */
export function printEntry(
  { at, type, keyId, accountId, ms, until, lastAt, ...others }: TimelineEntry,
  names: ReadonlyMap<string, string>,
): z.infer<typeof entry> {
  return {
    at: printPreciseTime(at),
    type,
    actor: printActor(keyId, names),
    ...(accountId !== undefined && { account_id: accountId }),
    ...others,
    ...(ms !== undefined && { duration_ms: ms }),
    ...(until !== undefined && { until: printPreciseTime(until) }),
    ...(lastAt !== undefined && { last_at: printPreciseTime(lastAt) }),
  };
}
