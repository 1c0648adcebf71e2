import type { ManualPause } from "../db/manual-pauses.ts";
import type { Millis } from "../lib/clock.ts";
import type { OverdueAction } from "../lib/vocabulary.ts";
import { endByCanceling } from "./commands.ts";
import { errorOf } from "./conclude.ts";
import type { Overdue, PostDocument, TaskDocument } from "./document.ts";
import { noteTask } from "./timeline.ts";
import { pauseCheck } from "./timing.ts";
import type { Holder } from "./transition.ts";
import { changed, goOn, heldTask, markChanged } from "./transition.ts";

/*
 * What a pause that a person made does to a task. Pure, as `machine.ts`. A pause holds whatever is not armed, however
 * long it lasts: nothing is counted meanwhile but `publish_before`. What is to become of the tasks that it held is
 * written beside its end, so that each of them does the same, whenever it hears of it.
 */

/** Whether the consumer may go on with the task. */
export type HeedAnswer = { is: "go_on" } | { is: "stop" };

/** The gravest of several: what is canceled is not sent, what is moved is not sent now. */
const GRAVITY: readonly OverdueAction[] = ["cancel", "reschedule", "send"];

/** @param pauses those of the task's account, workspace and deployment, in force or lifted not long ago */
export function heedPauses(
  document: PostDocument,
  holder: Holder,
  pauses: readonly ManualPause[],
  now: Millis,
): { document: PostDocument; answer: HeedAnswer } {
  return changed<HeedAnswer>(document, (copy) => {
    const task = heldTask(copy, holder);
    if (!task || task.armed) return { is: "stop" };
    // What was decided at the end of one is remembered as long as another still holds the task.
    for (const pause of pauses) if (concerns(copy, task, pause)) task.overdue = gravest(task.overdue, pause);
    task.resumedFrom = pauses.filter(({ liftedAt }) => liftedAt !== null).map(({ id }) => id);
    const inForce = pauses.filter(({ liftedAt }) => liftedAt === null);
    if (inForce.length > 0) {
      hold(copy, task, inForce, now);
      return { is: "stop" };
    }
    const { overdue } = task;
    task.pausedBy = [];
    task.pauseChecks = 0;
    task.overdue = null;
    return overdue ? goOnAfter(copy, task, overdue, now) : { is: "go_on" };
  });
}

/** Whether the end of a pause is news to a task that it held, or would have, had anybody come to it in time. */
function concerns({ scheduledAt, clockOffset }: PostDocument, task: TaskDocument, pause: ManualPause): boolean {
  const { id, pausedAt, liftedAt } = pause;
  if (liftedAt === null || task.resumedFrom.includes(id)) return false;
  if (task.pausedBy.includes(id)) return true;
  const dueAt = (task.rescheduledTo ?? scheduledAt) - clockOffset;
  return task.part === "post" && task.round === 1 && dueAt >= pausedAt && dueAt <= liftedAt;
}

function gravest(known: Overdue | null, { overdue, rescheduleTo, liftedBy }: ManualPause): Overdue {
  const told: Overdue = { action: overdue ?? "send", rescheduleTo, keyId: liftedBy };
  if (!known || GRAVITY.indexOf(told.action) < GRAVITY.indexOf(known.action)) return told;
  const isLater = known.action === told.action && (told.rescheduleTo ?? 0) > (known.rescheduleTo ?? 0);
  return isLater ? told : known;
}

function hold(document: PostDocument, task: TaskDocument, inForce: readonly ManualPause[], now: Millis): void {
  const isNews = task.pausedBy.length === 0;
  task.pausedBy = [...new Set([...task.pausedBy, ...inForce.map(({ id }) => id)])];
  task.pauseChecks += 1;
  task.givesLockBack = true;
  const [scope] = (inForce[0]?.scope ?? "").split(":");
  task.error = errorOf("paused", `The ${scope} is paused. Nothing goes out before it is resumed.`, true);
  goOn(task, now + pauseCheck(task.pauseChecks));
  if (isNews) noteTask(document, task, { at: now, type: "paused" });
  markChanged(document, now);
}

function goOnAfter(document: PostDocument, task: TaskDocument, overdue: Overdue, now: Millis): HeedAnswer {
  const { action, keyId } = overdue;
  noteTask(document, task, { at: now, type: "resumed", outcome: action, ...(keyId !== null && { keyId }) });
  // What was counted before the pause began is not held against the task.
  task.error = null;
  task.faults = 0;
  task.faultsSince = null;
  task.quotaSince = null;
  task.reconnectSince = null;
  markChanged(document, now);
  if (action === "cancel") {
    endByCanceling(document, task, keyId, now);
    return { is: "stop" };
  }
  const until = action === "reschedule" ? (overdue.rescheduleTo ?? now) : now;
  if (until <= now) return { is: "go_on" };
  if (task.publishBefore !== null) task.publishBefore += until - (task.rescheduledTo ?? document.scheduledAt);
  task.status = "queued";
  task.rescheduledTo = until;
  goOn(task, until);
  return { is: "stop" };
}
