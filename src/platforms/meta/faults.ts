import type { Millis } from "../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../lib/clock.ts";
import type { Fault } from "../platform.ts";
import type { HandleAfter } from "./error-codes.ts";
import { meaningOf, UNLISTED } from "./error-codes.ts";
import type { GraphAnswer, GraphError } from "./graph.ts";

/*
 * From an answer of Meta's to what the core understands: a fault, and whether it proves anything.
 */

/** Names an error as Meta's documentation does: `code/subcode`. */
export function codeOf(error: GraphError): string {
  return error.subcode === null ? `${error.code}` : `${error.code}/${error.subcode}`;
}

/** What Instagram says under code 100, where its subcodes name nothing. */
const INVALID_LOCATION = "INVALID_LOCATION";
const NO_SUCH_PLACE = "location_id is not a place that Instagram knows: search one by GET /v1/accounts/{id}/locations.";

/** Classifies an error answer. */
export function faultOf(error: GraphError, now: Millis): Fault {
  const meaning = meaningOf(error.code, error.subcode);
  const until = meaning.wait === undefined ? undefined : (error.regainAccessAt ?? now + meaning.wait);
  return {
    kind: meaning.kind,
    scope: meaning.scope ?? "post",
    code: codeOf(error),
    message: error.message.includes(INVALID_LOCATION) ? NO_SUCH_PLACE : meaning.says,
    ...(error.message === "" ? {} : { words: error.message }),
    ...(until === undefined ? {} : { until }),
    ...(meaning.holds === undefined ? {} : { holds: meaning.holds }),
    ...(meaning.hintsPublic ? { hintsPublic: true } : {}),
    ...(error.trace === null ? {} : { trace: error.trace }),
  };
}

/** Classifies an answer that did not do what the call was for. */
export function faultOfAnswer(answer: Exclude<GraphAnswer, { is: "ok" }>, now: Millis): Fault {
  if (answer.is === "error") return faultOf(answer.error, now);
  return { kind: "retry", scope: "post", code: "no_answer", message: `Meta gave no usable answer: ${answer.reason}.` };
}

/** The fault of an answer that succeeded without saying what it must. */
export function missingField(field: string): Fault {
  return {
    kind: "retry",
    scope: "post",
    code: "unexpected_answer",
    message: `Meta's answer had no usable "${field}".`,
  };
}

/** Whether a prepared container or upload can be used again after this error. */
export function handleAfter(error: GraphError): HandleAfter {
  return meaningOf(error.code, error.subcode).handle ?? "same";
}

/** Codes that say nothing of whether a commit was carried out: posts have gone out under each of them. */
const AMBIGUOUS_CODES: readonly number[] = [-2, -1, 1, 2, 368, 506];
/** The last two are what a platform says to content that it has, perhaps by this very commit. */
const AMBIGUOUS_SUBCODES: readonly number[] = [2207001, 2207051, 1363047, 1609010, 1366051, 1404082];

/**
 * Whether this error proves that a commit did not happen, given that no earlier commit of the same content is in
 * doubt. Only errors that are decided before anything is published are proof; an unlisted one is not.
 */
export function provesRefusal(error: GraphError): boolean {
  if (error.subcode !== null && AMBIGUOUS_SUBCODES.includes(error.subcode)) return false;
  if (AMBIGUOUS_CODES.includes(error.code)) return error.code === 1 && error.subcode === 2207057;
  return meaningOf(error.code, error.subcode) !== UNLISTED;
}

/** How long to wait before the same call is made again after "not ready": seconds, for it is a matter of seconds. */
export const NOT_READY_WAIT: Millis = 3 * SECOND;

/** How long an unreadable platform is left alone while a commit is being settled. */
export const UNREADABLE_WAIT: Millis = MINUTE;

/** Our clock and Meta's may differ by this much. */
export const CLOCK_SKEW: Millis = MINUTE;

/**
 * Our clock may have been set wrong by as much when a commit was armed. What became public so long before it proves
 * nothing, neither that it is ours nor that there is nothing of ours.
 */
export const CLOCK_DOUBT: Millis = 2 * HOUR;
