import type { ErrorCode } from "../lib/vocabulary.ts";
import { ERROR_CODES } from "../lib/vocabulary.ts";

/*
 * The one table of error codes: what is answered, the OpenAPI document, the documentation pages and `docs/errors.md` are
 * all made of it.
 */

interface ErrorRow {
  status: number;
  /** What the code says: the contract's words where the contract has the status. */
  description: string;
  /** Whether the same request may succeed when it is sent again as it is. */
  retryable: boolean;
  /** What the developer should do. */
  remediation: string;
  /** What can be shown to an end user; null where only a developer can have caused it. */
  userMessage: string | null;
}

export const ERRORS = {
  validation_error: {
    status: 400,
    description: "Invalid request body or missing required field.",
    retryable: false,
    remediation: "Correct what field and errors name, and send the request again.",
    userMessage: "Some of this cannot be accepted as it is. Change it and try again.",
  },
  unauthorized: {
    status: 401,
    description: "API key missing, invalid, or expired.",
    retryable: false,
    remediation: "Send Authorization: Bearer and a key of the workspace that is neither revoked nor expired.",
    userMessage: null,
  },
  forbidden: {
    status: 403,
    description: "API key lacks required scope for this endpoint.",
    retryable: false,
    remediation: "Use a key that has the scope, the mode and the accounts that the endpoint needs.",
    userMessage: null,
  },
  not_found: {
    status: 404,
    description: "Post, account, or webhook does not exist in this workspace.",
    retryable: false,
    remediation: "Check the path and the id, and that the key belongs to the object's workspace and mode.",
    userMessage: "This does not exist, or not any more.",
  },
  method_not_allowed: {
    status: 405,
    description: "The path answers other methods, which the Allow header names.",
    retryable: false,
    remediation: "Use one of the methods that the Allow header names.",
    userMessage: null,
  },
  conflict: {
    status: 409,
    description: "Conflicting state (e.g. post already published).",
    retryable: false,
    remediation: "Read the object again, and decide by the state that it is in now.",
    userMessage: "This is not possible any more. Look again at how it stands.",
  },
  idempotency_conflict: {
    status: 409,
    description: "Duplicate request: the Idempotency-Key was used with a different request body.",
    retryable: false,
    remediation: "Use a new Idempotency-Key for each new request, and the same one only to send the same again.",
    userMessage: null,
  },
  version_conflict: {
    status: 409,
    description: "The post was changed since the version that If-Match names.",
    retryable: false,
    remediation: "Read the post again, apply the change to what it says now, and send its new ETag as If-Match.",
    userMessage: "Somebody else has changed this post. Look at it again before you change it.",
  },
  duplicate_content: {
    status: 409,
    description: "The same text and media went to the same account within a day. allow_duplicate overrides.",
    retryable: false,
    remediation: "Leave the post out, or send allow_duplicate: true when it is meant.",
    userMessage: "The same post went to this account within the last day.",
  },
  platform_not_configured: {
    status: 409,
    description: "This deployment has no app of the platform to connect by.",
    retryable: false,
    remediation: "Have whoever runs the deployment set up what the message names.",
    userMessage: "This is not available here yet.",
  },
  payload_too_large: {
    status: 413,
    description: "The request body is larger than the endpoint takes.",
    retryable: false,
    remediation: "Send less; a large file goes in parts, by POST /v1/media/uploads.",
    userMessage: "This is too large.",
  },
  unsupported_media_type: {
    status: 415,
    description: "The endpoint does not take the request's Content-Type.",
    retryable: false,
    remediation: "Send one of the content types that the endpoint's description names.",
    userMessage: null,
  },
  rate_limited: {
    status: 429,
    description: "Too many requests. Retry after the seconds specified in Retry-After header.",
    retryable: true,
    remediation: "Wait for as many seconds as retry_after says, and spread requests over time.",
    userMessage: "That was too much at once. Try again in a moment.",
  },
  internal_error: {
    status: 500,
    description: "A failure on our side. Retry with the same Idempotency-Key.",
    retryable: true,
    remediation: "Retry with exponential backoff. Tell whoever runs the deployment the request_id if it lasts.",
    userMessage: "Something went wrong. Try again in a few minutes.",
  },
  platform_error: {
    status: 500,
    description: "Platform API error or transient failure. Retry with exponential backoff.",
    retryable: true,
    remediation: "Retry with exponential backoff. Where the platform answered, platform has what it said.",
    userMessage: "The social network does not answer as it should. Try again in a few minutes.",
  },
} as const satisfies Record<ErrorCode, ErrorRow>;

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

/** Where the documentation of a deployment tells of a code. */
export const ERRORS_PAGE = "/docs/errors";

/** The contract's words. */
export const UNAUTHORIZED_MESSAGE = ERRORS.unauthorized.description;
export const IDEMPOTENCY_CONFLICT_MESSAGE = "This Idempotency-Key was already used with a different request body.";

/** The contract's words for too many requests. */
export function rateLimitedMessage(retryAfterSeconds: number): string {
  return `Too many requests. Retry after ${retryAfterSeconds} seconds.`;
}
