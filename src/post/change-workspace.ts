import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { findOverdue } from "../db/manual-pauses.ts";
import { findHold } from "../db/suspensions.ts";
import type { OwnersChange, WorkspaceReport } from "../db/workspaces.ts";
import { updateWorkspace } from "../db/workspaces.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { existingWorkspace, workspaceNotFound } from "../workspace/existing-workspace.ts";
import type { PublishMessage } from "./messages.ts";
import { resumeMessages, sendMessages } from "./send-messages.ts";

/*
 * What the deployment's owner changes of a workspace. One that is suspended is kept out, and what it had accepted is
 * held back as by a pause: it goes out when the workspace is let in again, however late, unless it says otherwise itself
 * (`publish_before`).
 */

interface ChangeDeps {
  db: Database;
  clock: Clock;
  log: Log;
  publishQueue: Queue<PublishMessage>;
}

/** What is absent stays as it is. */
export interface WorkspaceEdit {
  name?: OwnersChange["name"] | undefined;
  rateLimits?: OwnersChange["rateLimits"] | undefined;
  isSuspended?: boolean | undefined;
}

/** Tasks that are told at once that they may go on. What is beyond finds out by itself, within an hour. */
const MAX_TOLD = 1_000;

/** @throws Refusal when there is no such workspace */
export async function changeWorkspace(
  deps: ChangeDeps,
  id: string,
  edit: WorkspaceEdit,
  change: Change<WorkspaceReport>,
): Promise<WorkspaceReport> {
  const { db, clock } = deps;
  const now = clock();
  const report = await existingWorkspace(db, id);
  const { name, rateLimits, suspendedAt } = report.workspace;
  const isSuspended = edit.isSuspended ?? suspendedAt !== null;
  const after: OwnersChange = {
    name: edit.name ?? name,
    rateLimits: edit.rateLimits === undefined ? rateLimits : edit.rateLimits,
    suspendedAt: isSuspended ? (suspendedAt ?? now) : null,
  };
  const changed = { ...report, workspace: { ...report.workspace, ...after } };
  const action = actionOf(suspendedAt !== null, isSuspended);
  const details = { fields: fieldsOf(edit) };
  const hold = isSuspended ? null : await findHold(db, id);
  const record = await change.record({ action, target: id, details }, changed);
  const times = { pauseId: newId("pause", now), now };
  if (!(await updateWorkspace(db, record, id, after, times))) throw workspaceNotFound();
  if (hold !== null) await tellHeld(deps, hold);
  return changed;
}

function actionOf(wasSuspended: boolean, isSuspended: boolean) {
  if (wasSuspended === isSuspended) return "workspace.updated";
  return isSuspended ? "workspace.suspended" : "workspace.unsuspended";
}

/** What is changed, as requests call it. */
function fieldsOf({ name, rateLimits, isSuspended }: WorkspaceEdit): string[] {
  const given = { name, rate_limits: rateLimits, suspended: isSuspended };
  return Object.entries(given).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}

/** Lets the tasks go on that a pause held. */
async function tellHeld({ db, clock, log, publishQueue }: ChangeDeps, pauseId: string): Promise<void> {
  try {
    const { tasks } = await findOverdue(db, pauseId, clock(), MAX_TOLD);
    await sendMessages(publishQueue, resumeMessages(tasks));
  } catch (error) {
    // The pause is lifted, and each task looks again by itself.
    log.error("held tasks were not told that they may go on", error, { pause_id: pauseId });
  }
}
