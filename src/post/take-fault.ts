import type { TaskError } from "../db/posts.ts";
import type { Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { TaskErrorCode } from "../lib/vocabulary.ts";
import type { Fault } from "../platforms/platform.ts";
import { conclude, errorOf } from "./conclude.ts";
import type { PostDocument, TaskDocument } from "./document.ts";
import { noteTask } from "./timeline.ts";
import { QUOTA_FOR, QUOTA_WAIT, RECONNECT_FOR, RETRY_FOR, reconnectCheck, retryWait } from "./timing.ts";
import { goOn, markChanged } from "./transition.ts";

/*
 * What a fault does to a task: it is tried again, it waits, or it ends. Pure, as `machine.ts`.
 */

/** The fault's code of an account that is known to need reconnecting, and was not called for. */
export const KNOWN_REAUTH = "needs_reconnect";

/** What a client is told a fault was. */
const CODE_OF_FAULT: Readonly<Record<Fault["kind"], TaskErrorCode>> = {
  retry: "platform_error",
  quota: "quota_exhausted",
  reauth: "account_needs_reconnect",
  held: "account_restricted",
  permanent: "platform_rejected",
};

/** Decides what a fault does to a task: try again, wait, or end. */
export function takeFault(
  document: PostDocument,
  task: TaskDocument,
  progress: Json | null,
  fault: Fault,
  now: Millis,
): void {
  task.progress = progress;
  const code = CODE_OF_FAULT[fault.kind];
  // What the platform said when it refused the grant tells more than that it still does.
  const isKnown = fault.code === KNOWN_REAUTH && task.error?.code === code;
  const error = isKnown && task.error ? task.error : errorOf(code, fault.message, fault.kind !== "permanent", fault);
  const until = fault.isLast ? null : nextTry(task, fault, now);
  if (until === null) conclude(document, task, { status: "failed", error }, now);
  else waitWith(document, task, error, until, now);
}

/** When a task that met a fault is tried again; null when it is not. Counts the fault. */
function nextTry(task: TaskDocument, fault: Fault, now: Millis): Millis | null {
  switch (fault.kind) {
    case "retry": {
      task.faults += 1;
      task.faultsSince ??= now;
      const wait = retryWait(task.faults);
      return wait === null || now - task.faultsSince >= RETRY_FOR ? null : now + wait;
    }
    case "quota": {
      task.quotaSince ??= now;
      const end = task.quotaSince + QUOTA_FOR;
      const until = Math.max(fault.until ?? now + QUOTA_WAIT, now + MINUTE);
      return now >= end ? null : Math.min(until, end);
    }
    case "reauth": {
      task.reconnectSince ??= now;
      task.reconnectChecks += 1;
      const end = task.reconnectSince + RECONNECT_FOR;
      return now >= end ? null : Math.min(now + reconnectCheck(task.reconnectChecks), end);
    }
    case "held":
    case "permanent":
      return null;
  }
}

/** Has the task tried again later, and shows why. */
function waitWith(document: PostDocument, task: TaskDocument, error: TaskError, until: Millis, now: Millis): void {
  task.error = error;
  goOn(task, until);
  noteTask(document, task, { at: now, type: "waiting", code: error.code, until });
  markChanged(document, now);
}

/** Ends a task by what its platform said. */
export function fail(document: PostDocument, task: TaskDocument, fault: Fault, now: Millis): void {
  const error = errorOf(CODE_OF_FAULT[fault.kind], fault.message, fault.kind !== "permanent", fault);
  conclude(document, task, { status: "failed", error }, now);
}

/** Shows what keeps a commit from being settled. */
export function showFault(document: PostDocument, task: TaskDocument, fault: Fault, now: Millis): void {
  if (fault.code === task.error?.platform?.code) return;
  task.error = errorOf(CODE_OF_FAULT[fault.kind], fault.message, true, fault);
  markChanged(document, now);
}
