import type { Context } from "hono";
import type { ErrorCode } from "../lib/vocabulary.ts";
import { ERROR_CODES } from "../lib/vocabulary.ts";

/*
 * The error envelope: the one form in which anything is refused, and the one table of codes, which the OpenAPI document
 * and the documentation page print.
 */

/** Each code's HTTP status, and what it says: the contract's words where the contract has the status. */
export const ERRORS = {
  validation_error: { status: 400, description: "Invalid request body or missing required field." },
  unauthorized: { status: 401, description: "API key missing, invalid, or expired." },
  forbidden: { status: 403, description: "API key lacks required scope for this endpoint." },
  not_found: { status: 404, description: "Post, account, or webhook does not exist in this workspace." },
  method_not_allowed: { status: 405, description: "The path answers other methods, which the Allow header names." },
  conflict: { status: 409, description: "Conflicting state (e.g. post already published)." },
  idempotency_conflict: {
    status: 409,
    description: "Duplicate request: the Idempotency-Key was used with a different request body.",
  },
  version_conflict: { status: 409, description: "The post was changed since the version that If-Match names." },
  duplicate_content: {
    status: 409,
    description: "The same text and media went to the same account within a day. allow_duplicate overrides.",
  },
  platform_not_configured: { status: 409, description: "This deployment has no app of the platform to connect by." },
  payload_too_large: { status: 413, description: "The request body is larger than the endpoint takes." },
  unsupported_media_type: { status: 415, description: "The endpoint does not take the request's Content-Type." },
  rate_limited: {
    status: 429,
    description: "Too many requests. Retry after the seconds specified in Retry-After header.",
  },
  internal_error: { status: 500, description: "A failure on our side. Retry with the same Idempotency-Key." },
  platform_error: {
    status: 500,
    description: "Platform API error or transient failure. Retry with exponential backoff.",
  },
} as const satisfies Record<ErrorCode, { status: number; description: string }>;

export type ErrorStatus = (typeof ERRORS)[ErrorCode]["status"];

/** The names of the statuses that errors have. */
export const STATUS_NAMES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  429: "Rate Limited",
  500: "Internal Error",
} as const satisfies Record<ErrorStatus, string>;

/** The codes that a status stands for. */
export function codesOf(status: ErrorStatus): ErrorCode[] {
  return ERROR_CODES.filter((code) => ERRORS[code].status === status);
}

/** The contract's envelope. `field` only where a field is at fault. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; field?: string };
}

export function errorBody(code: ErrorCode, message: string, field?: string): ErrorBody {
  return { error: field === undefined ? { code, message } : { code, message, field } };
}

export function answerError(c: Context, code: ErrorCode, message: string, field?: string): Response {
  return c.json(errorBody(code, message, field), ERRORS[code].status);
}

/** The contract's words. */
export const UNAUTHORIZED_MESSAGE = ERRORS.unauthorized.description;
export const IDEMPOTENCY_CONFLICT_MESSAGE = "This Idempotency-Key was already used with a different request body.";

/** The contract's words for too many requests. */
export function rateLimitedMessage(retryAfterSeconds: number): string {
  return `Too many requests. Retry after ${retryAfterSeconds} seconds.`;
}
