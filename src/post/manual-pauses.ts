import type { AuditEntry, Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { ManualPause, OverdueTask, PauseSubject } from "../db/manual-pauses.ts";
import {
  findManualPause,
  findOverdue,
  insertManualPause,
  liftManualPause,
  newManualPause,
} from "../db/manual-pauses.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { OverdueAction } from "../lib/vocabulary.ts";
import { horizon } from "./check-post.ts";
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
export async function pause(deps: PauseDeps, subject: PauseSubject, change: Change<PauseReport>): Promise<PauseReport> {
  for (;;) {
    const known = await findPause(deps, subject);
    if (known.pause?.liftedAt === null) return known;
    const now = deps.clock();
    const made = newManualPause(subject, newId("pause", now), now);
    // It has held nothing yet.
    const report = { pause: made, overdue: [], total: 0 };
    const record = await change.record(entryOf("paused", subject), report);
    const inForce = await insertManualPause(deps.db, made, record);
    if (inForce?.id === made.id) return report;
    // Somebody else paused it in this moment, and may have lifted that again.
  }
}

/** What the audit log says of a pause that was made or lifted. */
function entryOf(did: "paused" | "resumed", subject: PauseSubject, details?: AuditEntry["details"]): AuditEntry {
  const target = subject.is === "account" ? subject.accountId : null;
  return { action: `${subject.is}.${did}`, target, ...(details && { details }) };
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
  change: Change<PauseReport>,
): Promise<PauseReport> {
  const now = deps.clock();
  const isTest = subject.is !== "deployment" && subject.mode === "test";
  const scopeNow = now + (isTest ? await findClockOffset(deps.db, subject.workspaceId) : 0);
  const { rescheduleTo } = decided;
  if (rescheduleTo !== null && rescheduleTo <= scopeNow) throw invalid("schedule", "schedule lies in the past.");
  if (rescheduleTo !== null && rescheduleTo > horizon(scopeNow)) {
    throw invalid("schedule", "schedule lies more than a year ahead.");
  }
  const { pause: known, overdue, total } = await findPause(deps, subject);
  if (known?.liftedAt !== null) throw notPaused(subject);
  const report = { pause: { ...known, liftedAt: now, liftedBy: change.asker, ...decided }, overdue, total };
  const entry = entryOf("resumed", subject, { overdue: decided.overdue, held: total });
  const record = await change.record(entry, report);
  if (!(await liftManualPause(deps.db, report.pause, record))) throw notPaused(subject);
  await tellHeld(deps, report.pause);
  return report;
}

function notPaused(subject: PauseSubject): Refusal {
  return new Refusal("conflict", `The ${subject.is} is not paused.`);
}

/** Tells what a pause held that it may go on. */
async function tellHeld(deps: PauseDeps, lifted: ManualPause): Promise<void> {
  try {
    // Read anew: what came upon the pause in its last moment is told too.
    const { overdue } = await held(deps, lifted, MAX_TOLD);
    await sendMessages(deps.publishQueue, resumeMessages(overdue));
  } catch (error) {
    // It is lifted, and a client that is refused would find nothing to lift. Each task looks again by itself.
    deps.log.error("held tasks were not told that they may go on", error, { pause_id: lifted.id });
  }
}
