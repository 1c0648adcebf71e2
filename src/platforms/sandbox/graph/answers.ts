import type { Millis } from "../../../lib/clock.ts";
import { SECOND } from "../../../lib/clock.ts";

/*
 * Answers in the Graph API's form.
 */

/** What an error says beside its code and its message. */
export interface FailureDetails {
  /** 400 unless said: what HTTP says of an error is not to be relied on. */
  status?: number;
  /** What the API would show to a person, in the language of the request. */
  title?: string;
  userMessage?: string;
  data?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An error the simulated API answers: the envelope of Meta's error handling guide. */
export class GraphFailure extends Error {
  readonly code: number;
  readonly subcode: number | null;
  readonly details: FailureDetails;

  constructor(code: number, subcode: number | null, message: string, details: FailureDetails = {}) {
    super(message);
    this.code = code;
    this.subcode = subcode;
    this.details = details;
  }

  toResponse(traceId: string): Response {
    const { status = 400, title, userMessage, data, headers = {} } = this.details;
    const error = {
      message: this.message,
      type: this.code === 100 && this.subcode === 33 ? "GraphMethodException" : "OAuthException",
      code: this.code,
      ...(this.subcode === null ? {} : { error_subcode: this.subcode }),
      is_transient: status >= 500,
      ...(title === undefined ? {} : { error_user_title: title }),
      ...(userMessage === undefined ? {} : { error_user_msg: userMessage }),
      ...(data === undefined ? {} : { error_data: data }),
      fbtrace_id: traceId,
    };
    return graphJson({ error }, status, headers);
  }
}

/** The error of a call that lacks a parameter or has a wrong one. */
export function invalidParameter(message: string): GraphFailure {
  return new GraphFailure(100, null, `(#100) ${message}`);
}

/** The error for what does not exist and for what is another account's: nobody can tell the two apart. */
export function missingNode(id: string, method = "GET"): GraphFailure {
  const message =
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, ` +
    "cannot be loaded due to missing permissions, or does not support this operation";
  return new GraphFailure(100, 33, message);
}

/** The error for an edge that a node does not have, or not by this method. */
export function missingEdge(edge: string): GraphFailure {
  return invalidParameter(`Tried accessing nonexisting field (${edge})`);
}

/** The call was carried out and its answer never arrives. */
export class LostAnswer extends Error {
  override name = "LostAnswer";
}

export function graphJson(body: object, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json; charset=UTF-8", ...headers },
  });
}

/** Times as the Graph API prints them: to the second, the offset without a colon. */
export function graphTime(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 19)}+0000`;
}

/** Unix time, in text. */
export function unixTime(at: Millis): string {
  return String(Math.floor(at / SECOND));
}
