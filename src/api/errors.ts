import type { Context } from "hono";
import type { ErrorCode } from "../lib/vocabulary.ts";

/*
 * The error envelope: the one form in which anything is refused, and the one table of statuses.
 */

export const STATUS_OF_CODE = {
  validation_error: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_conflict: 409,
  version_conflict: 409,
  platform_not_configured: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
  platform_error: 500,
} as const satisfies Record<ErrorCode, number>;

/** The contract's envelope. `field` only where a field is at fault. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; field?: string };
}

export function errorBody(code: ErrorCode, message: string, field?: string): ErrorBody {
  return { error: field === undefined ? { code, message } : { code, message, field } };
}

export function answerError(c: Context, code: ErrorCode, message: string, field?: string): Response {
  return c.json(errorBody(code, message, field), STATUS_OF_CODE[code]);
}

/** The contract's words. */
export const UNAUTHORIZED_MESSAGE = "API key missing, invalid, or expired.";
export const IDEMPOTENCY_CONFLICT_MESSAGE = "This Idempotency-Key was already used with a different request body.";

/** The contract's words for too many requests. */
export function rateLimitedMessage(retryAfterSeconds: number): string {
  return `Too many requests. Retry after ${retryAfterSeconds} seconds.`;
}
