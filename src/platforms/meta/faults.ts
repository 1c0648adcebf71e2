import type { Millis } from "../../lib/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../lib/clock.ts";
import type { Fault } from "../platform.ts";
import type { GraphAnswer, GraphError } from "./graph.ts";

/*
 * What Meta's error codes mean for a task. The subcode is looked at first, then the code, and the HTTP status never:
 * code 4 is both "app throttled" and "looks like spam", code 1 both "unknown" and "bad thumb offset", and every one of
 * them has been seen under several statuses.
 *
 * Sources: Instagram Platform error codes (2 June 2026), Graph API error handling and rate limiting, Page feed
 * reference; what only the field reports is marked so.
 */

/** How Instagram's container goes on after a fault: `same` keeps it, `fresh` builds another. */
export type ContainerAfter = "same" | "fresh";

interface Meaning {
  kind: Fault["kind"];
  scope?: Fault["scope"];
  wait?: Millis;
  container?: ContainerAfter;
}

const BY_SUBCODE: Readonly<Record<number, Meaning>> = {
  // Faults of fetching and of Instagram's servers: pass with a fresh container.
  2207001: { kind: "retry", container: "fresh" },
  2207003: { kind: "retry", container: "fresh" },
  2207006: { kind: "retry", container: "fresh" },
  2207020: { kind: "retry", container: "fresh" },
  2207032: { kind: "retry", container: "fresh" },
  2207052: { kind: "retry", container: "fresh" },
  2207053: { kind: "retry", container: "fresh" },
  2207077: { kind: "retry", container: "fresh" }, // field: could not download the video
  2207082: { kind: "retry", container: "fresh" }, // field: processing failed
  1363008: { kind: "retry", container: "fresh" }, // field: file not found after an upload
  // Not ready yet, or missing for a moment: Meta calls both temporary.
  2207008: { kind: "retry", container: "same" },
  2207027: { kind: "retry", container: "same" },
  33: { kind: "retry", container: "same" }, // "does not exist", also said of what was made a moment ago
  // Limits on how much may be published.
  2207042: { kind: "quota", scope: "account", wait: HOUR },
  2207051: { kind: "quota", scope: "account", wait: 6 * HOUR },
  1390008: { kind: "quota", scope: "account", wait: 24 * HOUR },
  // A person must act on the platform.
  2207050: { kind: "held", scope: "account" },
  4854002: { kind: "held", scope: "account" },
  1404078: { kind: "held", scope: "account" },
  // Stays until the content changes.
  2207004: { kind: "permanent" },
  2207005: { kind: "permanent" },
  2207009: { kind: "permanent" },
  2207010: { kind: "permanent" },
  2207023: { kind: "permanent" },
  2207026: { kind: "permanent" },
  2207028: { kind: "permanent" },
  2207035: { kind: "permanent" },
  2207036: { kind: "permanent" },
  2207037: { kind: "permanent" },
  2207040: { kind: "permanent" },
  2207057: { kind: "permanent" },
  2207081: { kind: "permanent" },
  2207085: { kind: "permanent" },
  1609005: { kind: "permanent" },
  1609008: { kind: "permanent" },
};

const THROTTLED: Meaning = { kind: "quota", scope: "account", wait: HOUR };

const BY_CODE: Readonly<Record<number, Meaning>> = {
  [-2]: { kind: "retry", container: "fresh" },
  [-1]: { kind: "retry", container: "fresh" },
  1: { kind: "retry" },
  2: { kind: "retry" },
  3: { kind: "permanent", scope: "app" },
  4: { kind: "quota", scope: "app", wait: HOUR },
  9: { kind: "quota", scope: "account", wait: HOUR },
  10: { kind: "reauth", scope: "grant" },
  17: { ...THROTTLED, scope: "grant" },
  24: { kind: "retry", container: "fresh" },
  25: { kind: "held", scope: "account" },
  32: THROTTLED,
  100: { kind: "permanent" },
  102: { kind: "reauth", scope: "grant" },
  104: { kind: "permanent", scope: "app" },
  190: { kind: "reauth", scope: "grant" },
  197: { kind: "permanent" },
  324: { kind: "permanent" },
  341: { kind: "quota", scope: "app", wait: HOUR },
  352: { kind: "permanent" },
  368: { kind: "held", scope: "account" },
  506: { kind: "permanent" },
  613: { ...THROTTLED, scope: "grant" },
  803: { kind: "permanent" },
  1500: { kind: "permanent" },
  1609005: { kind: "permanent" },
  2500: { kind: "permanent", scope: "app" },
  9004: { kind: "retry", container: "fresh" },
  9007: { kind: "retry", container: "same" },
  36000: { kind: "permanent" },
  36001: { kind: "permanent" },
  36003: { kind: "permanent" },
  36004: { kind: "permanent" },
};

/** A code nobody has told us of may pass or not: it is tried again, and the tries are bounded. */
const UNLISTED: Meaning = { kind: "retry" };

function meaningOf(error: GraphError): Meaning {
  const bySubcode = error.subcode === null ? undefined : BY_SUBCODE[error.subcode];
  if (bySubcode) return bySubcode;
  const byCode = BY_CODE[error.code];
  if (byCode) return byCode;
  if (error.code >= 200 && error.code <= 299) return { kind: "reauth", scope: "grant" };
  if (error.code >= 80_000 && error.code <= 80_014) return THROTTLED;
  return UNLISTED;
}

/** Names an error as Meta's documentation does: `code/subcode`. */
export function codeOf(error: GraphError): string {
  return error.subcode === null ? `${error.code}` : `${error.code}/${error.subcode}`;
}

/** Classifies an error answer. */
export function faultOf(error: GraphError, now: Millis): Fault {
  const meaning = meaningOf(error);
  const until = meaning.wait === undefined ? undefined : (error.regainAccessAt ?? now + meaning.wait);
  return {
    kind: meaning.kind,
    scope: meaning.scope ?? "post",
    code: codeOf(error),
    message: error.message || `Meta answered error ${codeOf(error)}.`,
    ...(until === undefined ? {} : { until }),
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

/** Whether a container can be used again after this error. */
export function containerAfter(error: GraphError): ContainerAfter {
  return meaningOf(error).container ?? "same";
}

/** Codes that say nothing of whether a commit was carried out: posts have gone out under each of them. */
const AMBIGUOUS_CODES: readonly number[] = [-2, -1, 1, 2, 368, 506];
const AMBIGUOUS_SUBCODES: readonly number[] = [2207001, 2207051];

/**
 * Whether this error proves that a commit did not happen, given that no earlier commit of the same content is in
 * doubt. Only errors that are decided before anything is published are proof; an unlisted one is not.
 */
export function provesRefusal(error: GraphError): boolean {
  if (error.subcode !== null && AMBIGUOUS_SUBCODES.includes(error.subcode)) return false;
  if (AMBIGUOUS_CODES.includes(error.code)) return error.code === 1 && error.subcode === 2207057;
  return meaningOf(error) !== UNLISTED;
}

/** How long to wait before the same call is made again after "not ready": seconds, for it is a matter of seconds. */
export const NOT_READY_WAIT: Millis = 3 * SECOND;

/** The longest a call that is not a commit may take. */
export const CALL_TIMEOUT: Millis = 20 * SECOND;

/** How long an unreadable platform is left alone while a commit is being settled. */
export const UNREADABLE_WAIT: Millis = MINUTE;
