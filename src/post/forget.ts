import type { Millis } from "../lib/clock.ts";
import { isDone } from "./alarm.ts";
import type { PostDocument } from "./document.ts";
import { publicationsOf } from "./document.ts";
import { KEPT_FOR, KEPT_FOR_ASKING } from "./timing.ts";

/*
 * How long the object of a post that is over remembers it. Pure, as `machine.ts`. All times here are real: a test clock
 * that is moved makes nothing be forgotten.
 *
 * An object that has forgotten answers from the database, which knows how everything ended and not what was sent for it.
 */

/** Has the object forget a post that is done, a while later. */
export function planForgetting(document: PostDocument, realNow: Millis): void {
  document.forgetAt = isDone(document) ? realNow + (mayBeAsked(document) ? KEPT_FOR_ASKING : KEPT_FOR) : null;
}

/** Whether the time has come. Looked at once more by whoever forgets: what has happened since counts. */
export function isToBeForgotten(document: PostDocument, realNow: Millis): boolean {
  return document.forgetAt !== null && document.forgetAt <= realNow && isDone(document);
}

/** Takes note that an answer to a command is kept: it is there as long as the command's key. */
export function keepAnswer(document: PostDocument, realNow: Millis): PostDocument {
  const asked = { ...document, isAsked: true };
  planForgetting(asked, realNow);
  return asked;
}

/** Whether somebody may want what only the document knows: what was sent, and what was answered. */
function mayBeAsked(document: PostDocument): boolean {
  return (
    document.isAsked || publicationsOf(document).some(({ status }) => status !== "published" && status !== "canceled")
  );
}
