import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { DAY } from "../lib/clock.ts";
import { invalid } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import type { Statistics } from "../post/statistics.ts";
import { findStatistics, LATEST } from "../post/statistics.ts";
import { workspaceOfKey } from "../workspace/change-settings.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses, printedTime, timestamp } from "./schemas.ts";
import { postCounts } from "./workspaces.ts";
import * as z from "./zod.ts";

/*
 * How posts and webhooks do, by day, for who looks after them.
 */

const MAX_DAYS = 62;

const query = z.strictObject({
  from: timestamp.openapi({ description: "Posts whose time is not before it." }),
  to: timestamp.openapi({ description: `Posts whose time is before it. At most ${MAX_DAYS} days after \`from\`.` }),
});

const count = z.number().int();
const quantiles = z
  .strictObject({ count, p50: count, p99: count })
  .openapi("Quantiles", { description: "What half, and what 99 of 100, do not exceed, in milliseconds." });

const statistics = z.strictObject({
  /** Posts that were scheduled then, by what they are now. */
  posts: postCounts,
  success_rate: z.number().nullable().openapi({
    description: "Of the posts that have ended, but for the canceled, how many are published wholly. Null: none has.",
    example: 0.995,
  }),
  lateness_ms: z.union([quantiles, z.null()]).openapi({
    description: `From a post's time until it was public on an account, of the last ${LATEST} posts.`,
  }),
  webhook_latency_ms: z.union([quantiles, z.null()]).openapi({
    description: `From an event until an endpoint had taken it, of the last ${LATEST} deliveries to each. Null also for keys that are restricted to accounts, and where the test clock was moved.`,
  }),
});

const report = statistics
  .extend({
    from: printedTime,
    to: printedTime,
    time_zone: z.string().openapi({ description: "The workspace's, on whose clocks the days are." }),
    /** All posts there are. */
    totals: postCounts,
    days: z.array(statistics.extend({ day: z.string().openapi({ format: "date" }) })),
  })
  .openapi("Statistics");

const statisticsRoute = createRoute({
  method: "get",
  path: "/v1/statistics",
  operationId: "getStatistics",
  summary: "Count posts by day and status, and measure how late posts and webhooks are",
  ...requireScopeWithinReach("posts:read"),
  request: { query },
  responses: {
    200: {
      description:
        "`posts` were scheduled then, and are counted by what they are now; `totals` are of all that there are",
      content: { "application/json": { schema: report } },
    },
    ...errorResponses(400, 401, 403, 500),
  },
});

export const statisticsRoutes = new OpenAPIHono<AppEnv>();

statisticsRoutes.openapi(statisticsRoute, async (c) => {
  const { db, clock } = c.var.services;
  const access = accessOf(c.var.actor);
  const span = c.req.valid("query");
  if (span.to <= span.from) throw invalid("to", "to must be later than from.");
  if (span.to - span.from > MAX_DAYS * DAY) throw invalid("to", `to must be within ${MAX_DAYS} days of from.`);
  const workspace = await workspaceOfKey(db, access.scope.workspaceId);
  const { totals, days, ...whole } = await findStatistics(db, access, workspace, span, clock());
  return c.json(
    {
      from: printTime(span.from),
      to: printTime(span.to),
      time_zone: workspace.timeZone,
      totals,
      ...print(whole),
      days: days.map(({ day, ...each }) => ({ day, ...print(each) })),
    },
    200,
  );
});

function print({ posts, successRate, lateness, webhookLatency }: Statistics): z.infer<typeof statistics> {
  return { posts, success_rate: successRate, lateness_ms: lateness, webhook_latency_ms: webhookLatency };
}
