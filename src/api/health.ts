import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { countUnderOthers } from "../db/api-keys.ts";
import { countDeadLetters } from "../db/dead-letters.ts";
import { findOldestDue } from "../db/deliveries.ts";
import { findOldestOverdue } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import { MINUTE, SECOND } from "../lib/clock.ts";
import { printTimeOrNull } from "../lib/time.ts";
import type { SweeperStatus } from "../post/sweeper.ts";
import type { Services } from "../services.ts";
import { DUE_GRACE } from "../webhooks/schedule.ts";
import { pepperIdOf } from "../workspace/peppers.ts";
import { requireAnyKey } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses, printedTime } from "./schemas.ts";

/*
 * How the machinery is that nobody sees: the sweeper, and what is stuck in spite of it. Tells numbers and times alone,
 * of the deployment as a whole, to anybody who has a key.
 */

/** The sweeper runs every 30 seconds. */
const SWEEPER_LATE: Millis = 2 * MINUTE;
/** What is overdue is woken within 30 seconds; what still is after so long does not wake. */
const STUCK: Millis = 5 * MINUTE;

const health = z
  .strictObject({
    status: z.enum(["ok", "degraded"]),
    sweeper: z.strictObject({
      last_run_at: printedTime.nullable().openapi({ description: "When it last came through." }),
      age_seconds: z.number().int().nullable(),
      duration_ms: z.number().int().nullable(),
      found: z.number().int().nullable().openapi({ description: "Overdue posts that it handed over." }),
      failing_since: printedTime.nullable(),
    }),
    oldest_stuck_seconds: z
      .number()
      .int()
      .nullable()
      .openapi({ description: "How long the post or webhook that is overdue longest has been. Null: none is." }),
    dead_letters: z.strictObject({
      total: z.number().int().openapi({ description: "Messages given up in the last 30 days." }),
      last_at: printedTime.nullable(),
    }),
    old_pepper: z
      .strictObject({ api_keys: z.number().int(), replaced_secrets: z.number().int() })
      .nullable()
      .openapi({
        description:
          "Good secrets that are not known to be stored under `API_KEY_PEPPER`: when there is none, " +
          "`API_KEY_PEPPER_OLD` may go. Null: it is gone.",
      }),
  })
  .openapi("Health");

const healthRoute = createRoute({
  method: "get",
  path: "/v1/health",
  operationId: "getHealth",
  summary: "The sweeper's last run, and the oldest item that is stuck",
  ...requireAnyKey,
  responses: {
    200: { description: "The health", content: { "application/json": { schema: health } } },
    ...errorResponses(401, 403, 500),
  },
});

export const healthRoutes = new OpenAPIHono<AppEnv>();

healthRoutes.openapi(healthRoute, async (c) => {
  const { services } = c.var;
  const now = services.clock();
  const [sweeper, post, delivery, letters, oldPepper] = await Promise.all([
    services.sweeperStatus(),
    findOldestOverdue(services.db, now),
    findOldestDue(services.db, now - DUE_GRACE),
    countDeadLetters(services.db),
    countUnderOldPepper(services, now),
  ]);
  const stuck = [post, delivery].filter((since) => since !== null);
  const stuckFor = stuck.length === 0 ? null : now - Math.min(...stuck);
  const isWell = isSweeping(sweeper, now) && (stuckFor ?? 0) < STUCK;
  return c.json(
    {
      status: isWell ? ("ok" as const) : ("degraded" as const),
      sweeper: {
        last_run_at: printTimeOrNull(sweeper.lastRunAt),
        age_seconds: sweeper.lastRunAt === null ? null : seconds(now - sweeper.lastRunAt),
        duration_ms: sweeper.duration,
        found: sweeper.found,
        failing_since: printTimeOrNull(sweeper.failingSince),
      },
      oldest_stuck_seconds: stuckFor === null ? null : seconds(stuckFor),
      dead_letters: { total: letters.total, last_at: printTimeOrNull(letters.lastAt) },
      old_pepper: oldPepper,
    },
    200,
  );
});

async function countUnderOldPepper({ db, settings }: Services, now: Millis) {
  const [current, ...others] = settings.apiKeyPeppers;
  if (others.length === 0) return null;
  const { keys, replacedSecrets } = await countUnderOthers(db, await pepperIdOf(current), now);
  return { api_keys: keys, replaced_secrets: replacedSecrets };
}

function isSweeping({ lastRunAt }: SweeperStatus, now: Millis): boolean {
  return lastRunAt !== null && now - lastRunAt < SWEEPER_LATE;
}

function seconds(span: Millis): number {
  return Math.floor(span / SECOND);
}
