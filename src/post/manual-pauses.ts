import type { Database } from "../db/database.ts";
import type { ManualPause, OverdueTask, PauseSubject } from "../db/manual-pauses.ts";
import { findManualPause, findOverdue, insertManualPause, liftManualPause } from "../db/manual-pauses.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { OverdueAction } from "../lib/vocabulary.ts";
import { horizon } from "./check-post.ts";
import type { Asker } from "./commands.ts";
import type { PublishMessage } from "./messages.ts";
import { resumeMessages, sendMessages } from "./send-messages.ts";

/*
 * Pauses that people make: of an account, a workspace, the deployment. Nothing is sent to the posts that they hold; each
 * of them reads the pause when its time has come, and, when it is lifted, what is to become of it.
 */

interface PauseDeps {
  db: Database;
  clock: Clock;
  log: Log;
  publishQueue: Queue<PublishMessage>;
}

/** A pause with the tasks that it holds, the soonest first: some of them, and how many there are. */
export interface PauseReport {
  pause: ManualPause | null;
  overdue: OverdueTask[];
  total: number;
}

/** Tasks that are named in an answer. */
const SHOWN = 100;
/** Tasks that are told at once of a pause's end. What is beyond finds out by itself, within an hour. */
const MAX_TOLD = 1_000;

/** Holds back all that is not armed. What is paused already stays so. */
export async function pause(deps: PauseDeps, subject: PauseSubject): Promise<PauseReport> {
  const now = deps.clock();
  const made = await insertManualPause(deps.db, subject, newId("pause", now), now);
  return { pause: made, ...(await held(deps, made, SHOWN)) };
}

export async function findPause(deps: Pick<PauseDeps, "db" | "clock">, subject: PauseSubject): Promise<PauseReport> {
  const found = await findManualPause(deps.db, subject);
  return { pause: found, ...(await held(deps, found, SHOWN)) };
}

async function held(
  { db, clock }: Pick<PauseDeps, "db" | "clock">,
  found: ManualPause | null,
  limit: number,
): Promise<Pick<PauseReport, "overdue" | "total">> {
  if (!found) return { overdue: [], total: 0 };
  const { tasks, total } = await findOverdue(db, found.id, clock(), limit);
  return { overdue: tasks, total };
}

/**
 * Lifts a pause. What came due meanwhile is sent, moved to another time, or canceled; what comes due from now on goes
 * out as ever.
 *
 * @returns the pause with what it held
 * @throws Refusal when nothing is paused, or the new time is none
 */
export async function liftPause(
  deps: PauseDeps,
  subject: PauseSubject,
  decided: { overdue: OverdueAction; rescheduleTo: Millis | null },
  asker: Asker,
): Promise<PauseReport> {
  const now = deps.clock();
  const isTest = subject.is !== "deployment" && subject.mode === "test";
  const scopeNow = now + (isTest ? await findClockOffset(deps.db, subject.workspaceId) : 0);
  const { rescheduleTo } = decided;
  if (rescheduleTo !== null && rescheduleTo <= scopeNow) throw invalid("schedule", "schedule lies in the past.");
  if (rescheduleTo !== null && rescheduleTo > horizon(scopeNow)) {
    throw invalid("schedule", "schedule lies more than a year ahead.");
  }
  const lifted = await liftManualPause(deps.db, subject, { at: now, by: asker, ...decided });
  if (!lifted) throw new Refusal("conflict", `The ${subject.is} is not paused.`);
  const { overdue, total } = await held(deps, lifted, MAX_TOLD);
  try {
    await sendMessages(deps.publishQueue, resumeMessages(overdue));
  } catch (error) {
    // It is lifted, and a client that is refused would find nothing to lift. Each task looks again by itself.
    deps.log.error("held tasks were not told that they may go on", error, { tasks: total });
  }
  return { pause: lifted, overdue: overdue.slice(0, SHOWN), total };
}
