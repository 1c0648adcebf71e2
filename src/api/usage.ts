import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Millis } from "../lib/clock.ts";
import { printCsv } from "../lib/csv.ts";
import { monthOf, monthsBetween } from "../lib/months.ts";
import { invalid } from "../lib/refusal.ts";
import { LIVE_PLATFORMS } from "../lib/vocabulary.ts";
import type { Usage } from "../post/usage.ts";
import { findUsage } from "../post/usage.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * What accounts were used for, by month: for bills and reports, as JSON or for a spreadsheet.
 */

const MAX_MONTHS = 12;
const FORMATS = ["json", "csv"] as const;

const month = z
  .string()
  .regex(/^20\d\d-(0[1-9]|1[0-2])$/, "{field} must be a month, as in 2026-11.")
  .openapi({ example: "2026-11" });

const query = z.strictObject({
  month: month
    .optional()
    .openapi({ description: "One month, in UTC, instead of `from` and `to`. Without any of them: the present one." }),
  from: month.optional().openapi({ description: "The first month." }),
  to: month.optional().openapi({ description: "The last month. Twelve at most." }),
  format: z.enum(FORMATS).default("json"),
});

const count = z.number().int();
const usage = z
  .strictObject({
    month,
    account_id: z.string(),
    platform: z.enum(LIVE_PLATFORMS),
    username: z.string().nullable().openapi({ description: "Null: the account was deleted." }),
    published: count,
    failed: count,
    unconfirmed: count,
    canceled: count,
    queued: count.openapi({ description: "All that is not over." }),
  })
  .openapi("Usage");

const usageRoute = createRoute({
  method: "get",
  path: "/v1/usage",
  operationId: "getUsage",
  summary: "Count posts by month and account, and by what became of them",
  ...requireScopeWithinReach("posts:read"),
  request: { query },
  responses: {
    200: {
      description: "One line for each month and account that had a post scheduled in it",
      content: {
        "application/json": { schema: z.strictObject({ from: month, to: month, usage: z.array(usage) }) },
        "text/csv": {
          schema: z.string().openapi({ description: "The same with `format=csv`, names of columns first." }),
        },
      },
    },
    ...errorResponses(401, 403, 500),
  },
});

export const usageRoutes = new OpenAPIHono<AppEnv>();

usageRoutes.openapi(usageRoute, async (c) => {
  const { format, ...asked } = c.req.valid("query");
  const { from, to } = spanOf(asked, c.var.services.clock());
  const found = await findUsage(c.var.services.db, accessOf(c.var.actor), monthsBetween(from, to));
  const lines = found.map(print);
  if (format === "json") return c.json({ from, to, usage: lines }, 200);
  c.header("Content-Type", "text/csv; charset=utf-8; header=present");
  c.header("Content-Disposition", `attachment; filename="usage-${from === to ? from : `${from}-to-${to}`}.csv"`);
  const names = Object.keys(usage.shape) as (keyof z.infer<typeof usage>)[];
  const cells = lines.map((each) => names.map((name) => each[name] ?? ""));
  // The library's types have nothing for CSV.
  return c.body(printCsv([names, ...cells])) as never;
});

/**
 * The months that are asked for: where none is named, the present one.
 *
 * @throws Refusal unless it is one month, or a first and a last one that are not too far apart
 */
function spanOf(asked: Omit<z.infer<typeof query>, "format">, now: Millis): { from: string; to: string } {
  const { month, from = month, to = month } = asked;
  if (month !== undefined && (asked.from !== undefined || asked.to !== undefined)) {
    throw invalid("month", "month goes without from and to.");
  }
  if (from === undefined && to === undefined) return { from: monthOf(now), to: monthOf(now) };
  if (from === undefined) throw invalid("from", "from is required where there is a to.");
  if (to === undefined) throw invalid("to", "to is required where there is a from.");
  if (to < from) throw invalid("to", "to must not be before from.");
  if (monthsBetween(from, to).length > MAX_MONTHS)
    throw invalid("to", `to must be within ${MAX_MONTHS} months of from.`);
  return { from, to };
}

function print({ accountId, month, platform, username, ...counts }: Usage): z.infer<typeof usage> {
  const { published, failed, unconfirmed, canceled, queued } = counts;
  return { month, account_id: accountId, platform, username, published, failed, unconfirmed, canceled, queued };
}
