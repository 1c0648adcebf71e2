import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ALERTS, stuck } from "../alerts/conditions.ts";
import { countUnderOthers } from "../db/api-keys.ts";
import { countDeadLetters } from "../db/dead-letters.ts";
import { findOldestDue } from "../db/deliveries.ts";
import { selectHeldApps } from "../db/pauses.ts";
import { findOldestOverdue } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import { MINUTE, SECOND } from "../lib/clock.ts";
import { printTime, printTimeOrNull, roundUpToSecond } from "../lib/time.ts";
import type { SweeperStatus } from "../post/sweeper.ts";
import type { Services } from "../services.ts";
import { DUE_GRACE } from "../webhooks/schedule.ts";
import { pepperIdOf } from "../workspace/peppers.ts";
import { requireAnyKey } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * How the machinery is that nobody sees: the sweeper, and what is stuck in spite of it. Tells numbers and times alone,
 * of the deployment as a whole, to anybody who has a key.
 */

/** The sweeper runs every 30 seconds. */
const SWEEPER_LATE: Millis = 2 * MINUTE;
/** So long `/health` believes what it has seen: it is open to anybody, and there is but one sweeper to ask. */
const BELIEVED_FOR: Millis = 10 * SECOND;

const failingSince = printedTime.nullable().openapi({
  description: "Since when it takes no messages, or delivers none. Null: it works, as far as anybody has met it.",
});

const health = z
  .strictObject({
    status: z.enum(["ok", "degraded"]).openapi({ description: "`ok`: `GET /health` answers 200." }),
    alerts: z
      .array(z.strictObject({ alert: z.enum(ALERTS), since: printedTime }))
      .openapi({ description: "What is wrong now, and is told to `ALERT_URL` where it is set. See docs/operate.md." }),
    database: z.strictObject({
      answers: z.boolean().openapi({ description: "False: what is read from it is null here." }),
      duration_ms: z.number().int().openapi({ description: "How long it took to read what is here." }),
    }),
    queues: z.strictObject({
      publish: z.strictObject({ failing_since: failingSince }),
      webhooks: z.strictObject({ failing_since: failingSince }),
    }),
    held_apps: z
      .array(z.strictObject({ host: z.string(), until: printedTime, code: z.string() }))
      .nullable()
      .openapi({ description: "Apps that a platform limits in live mode: nothing of them goes out until then." }),
    sweeper: z.strictObject({
      answers: z.boolean().openapi({ description: "Whether its object can be reached." }),
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
    dead_letters: z
      .strictObject({
        total: z.number().int().openapi({ description: "Messages given up in the last 30 days." }),
        last_at: printedTime.nullable(),
      })
      .nullable(),
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
  summary: "How the machinery is: what is wrong, the sweeper, the database, the queues, what is stuck",
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
  const [sweeper, stored] = await Promise.all([statusOf(c), readStored(c, now)]);
  const { facts, duration } = stored;
  const stuckFor = facts?.oldest == null ? null : now - facts.oldest;
  const isWell = isSweeperWell(sweeper, now) && facts !== null && stuck(facts.oldest, now) === null;
  const lastRunAt = sweeper?.lastRunAt ?? null;
  return c.json(
    {
      status: isWell ? ("ok" as const) : ("degraded" as const),
      alerts: (sweeper?.alerts ?? []).map(({ alert, since }) => ({ alert, since: printTime(since) })),
      database: { answers: facts !== null, duration_ms: duration },
      queues: {
        publish: { failing_since: printTimeOrNull(sweeper?.queues.publish ?? null) },
        webhooks: { failing_since: printTimeOrNull(sweeper?.queues.webhooks ?? null) },
      },
      held_apps:
        facts?.heldApps.map(({ host, until, code }) => ({ host, until: printTime(roundUpToSecond(until)), code })) ??
        null,
      sweeper: {
        answers: sweeper !== null,
        last_run_at: printTimeOrNull(lastRunAt),
        age_seconds: lastRunAt === null ? null : seconds(now - lastRunAt),
        duration_ms: sweeper?.duration ?? null,
        found: sweeper?.found ?? null,
        failing_since: printTimeOrNull(sweeper?.failingSince ?? null),
      },
      oldest_stuck_seconds: stuckFor === null ? null : seconds(stuckFor),
      dead_letters: facts && { total: facts.letters.total, last_at: printTimeOrNull(facts.letters.lastAt) },
      old_pepper: facts?.oldPepper ?? null,
    },
    200,
  );
});

const believed = new WeakMap<Services, { isWell: boolean; at: Millis }>();

/** Whether nothing is wrong that anybody has noticed. Asks the sweeper alone, and not every time. */
export async function isWell(c: Context<AppEnv>): Promise<boolean> {
  const { services } = c.var;
  const now = services.clock();
  const known = believed.get(services);
  if (known && now - known.at < BELIEVED_FOR) return known.isWell;
  const seen = { isWell: isSweeperWell(await statusOf(c), now), at: now };
  believed.set(services, seen);
  return seen.isWell;
}

/** @returns null when its object cannot be reached */
async function statusOf(c: Context<AppEnv>): Promise<SweeperStatus | null> {
  const { services, requestId } = c.var;
  try {
    return await services.sweeperStatus();
  } catch (error) {
    services.log.error("the sweeper could not be asked", error, { request_id: requestId });
    return null;
  }
}

/** What the database knows; `facts` is null when it does not answer. */
async function readStored(c: Context<AppEnv>, now: Millis) {
  const { services, requestId } = c.var;
  const { db, clock } = services;
  const startedAt = clock();
  try {
    const [post, delivery, letters, heldApps, oldPepper] = await Promise.all([
      findOldestOverdue(db, now),
      findOldestDue(db, now - DUE_GRACE),
      countDeadLetters(db),
      selectHeldApps(db, now),
      countUnderOldPepper(services, now),
    ]);
    const overdue = [post, delivery].filter((since) => since !== null);
    const oldest = overdue.length === 0 ? null : Math.min(...overdue);
    return { facts: { oldest, letters, heldApps, oldPepper }, duration: clock() - startedAt };
  } catch (error) {
    services.log.error("the database did not answer", error, { request_id: requestId });
    return { facts: null, duration: clock() - startedAt };
  }
}

async function countUnderOldPepper({ db, settings }: Services, now: Millis) {
  const [current, ...others] = settings.apiKeyPeppers;
  if (others.length === 0) return null;
  const { keys, replacedSecrets } = await countUnderOthers(db, await pepperIdOf(current), now);
  return { api_keys: keys, replaced_secrets: replacedSecrets };
}

/** One that has never run is about to: should it not, it says so by an alert. */
function isSweeperWell(sweeper: SweeperStatus | null, now: Millis): boolean {
  if (sweeper === null || sweeper.alerts.length > 0) return false;
  const { lastRunAt, queues } = sweeper;
  if (queues.publish !== null || queues.webhooks !== null) return false;
  return lastRunAt === null || now - lastRunAt < SWEEPER_LATE;
}

function seconds(span: Millis): number {
  return Math.floor(span / SECOND);
}
