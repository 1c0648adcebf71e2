import { DEFAULT_RATE_LIMITS } from "../lib/rate-limits.ts";
import { platformError } from "../lib/refusal.ts";
import type { ErrorCode } from "../lib/vocabulary.ts";
import { postNotFound } from "../post/existing-post.ts";
import type { ErrorBody } from "./error-envelope.ts";
import { errorBody } from "./error-envelope.ts";
import type { ErrorStatus } from "./errors.ts";
import {
  codesOf,
  ERRORS,
  IDEMPOTENCY_CONFLICT_MESSAGE,
  rateLimitedMessage,
  STATUS_NAMES,
  UNAUTHORIZED_MESSAGE,
} from "./errors.ts";
import { ACCOUNTS_NEEDED } from "./publish-request.ts";
import { printPolicies, printStandings } from "./rate-limit.ts";
import { nameOfErrorResponse } from "./schemas.ts";

/*
 * What the OpenAPI document says once for all routes: who may ask, parameters, headers, error answers.
 */

export const SECURITY_SCHEMES = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    description:
      "A key of a workspace: `^apionics_(live|test)_[0-9A-Za-z]{36}$`. Keys that begin with `apionics_test_` work on the sandbox.",
  },
  adminToken: { type: "http", scheme: "bearer", description: "The deployment's `ADMIN_TOKEN`." },
} as const;

export const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Makes it safe to send the request again: it is answered again, byte for byte, and done once. Remembered for 30 days.",
    schema: { type: "string", pattern: "^[\\x20-\\x7e]{1,255}$" },
    example: "opening-day",
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    description: "The ETag of the post as you have seen it. When it was changed since, the answer is a 409.",
    schema: { type: "string", pattern: '^(\\*|(W/)?"\\d{1,9}")$' },
    example: '"3"',
  },
} as const;

export const TAKES_IDEMPOTENCY_KEY = { $ref: "#/components/parameters/IdempotencyKey" };
export const TAKES_IF_MATCH = { $ref: "#/components/parameters/IfMatch" };

export const HEADERS = {
  RequestId: {
    description: "Names the request in our logs.",
    required: true,
    schema: { type: "string" },
    example: "req_01HX",
  },
  ETag: {
    description: "The version of the post.",
    required: true,
    schema: { type: "string", pattern: '^"\\d+"$' },
    example: '"3"',
  },
  IdempotentReplayed: {
    description: "There when the answer is the one that was given before.",
    schema: { type: "string", const: "true" },
  },
  RetryAfter: {
    description: "Seconds, where that is known. After exactly so long a limit has room for one request.",
    schema: { type: "integer" },
    example: 30,
  },
  RateLimit: {
    description:
      "How the limits of the key and of its workspace stand: `r` more requests may come at once, and one more of them " +
      "after `t` seconds. Without `t` nothing is used. Not there for the admin token, nor when the limits could not be " +
      "decided in time.",
    schema: { type: "string" },
    example: printStandings({
      key: { remaining: 12, untilMore: 200 },
      workspace: { remaining: 91, untilMore: 20 },
    }),
  },
  RateLimitPolicy: {
    description: "What the limits are: `q` requests in `w` seconds in the long run. Not there for the admin token.",
    schema: { type: "string" },
    example: printPolicies(DEFAULT_RATE_LIMITS),
  },
  Authenticate: {
    description: "Says how to authenticate.",
    required: true,
    schema: { type: "string" },
    example: "Bearer",
  },
} as const;

function header(name: keyof typeof HEADERS): { $ref: string } {
  return { $ref: `#/components/headers/${name}` };
}

/** What every answer carries. */
export const REQUEST_ID = { "X-Request-Id": header("RequestId") };
/** What every answer to a key of a workspace carries. */
export const RATE_LIMITS = { RateLimit: header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy") };
export const POST_VERSION = { ETag: header("ETag") };
export const REPLAYED = { "Idempotent-Replayed": header("IdempotentReplayed") };

/** What is of one request, in examples. */
const ASKED = { requestId: HEADERS.RequestId.example, origin: "https://api.example.com" };

const example = (code: ErrorCode, message: string, field?: string) => errorBody({ code, message, field }, ASKED);

/** Examples of error answers: the contract's, under its own headings, and ours where it has none for a status. */
const ERROR_EXAMPLES: Readonly<Partial<Record<ErrorStatus, Record<string, ErrorBody>>>> = {
  400: { "Validation error": example("validation_error", ACCOUNTS_NEEDED, "accounts") },
  401: { "Missing or invalid API key": example("unauthorized", UNAUTHORIZED_MESSAGE) },
  403: { "Wrong kind of key": example("forbidden", ERRORS.forbidden.description, "Authorization") },
  404: { "Unknown post": example("not_found", postNotFound().message) },
  409: { "Duplicate idempotency key": example("idempotency_conflict", IDEMPOTENCY_CONFLICT_MESSAGE) },
  413: { "Too large": example("payload_too_large", "The request body has more than 262144 bytes.", "body") },
  415: {
    "Not JSON": example("unsupported_media_type", "The request's Content-Type is not supported here.", "Content-Type"),
  },
  429: {
    "Rate limited": errorBody(
      { code: "rate_limited", message: rateLimitedMessage(30), details: { retryAfter: 30 } },
      ASKED,
    ),
  },
  500: { "Transient platform failure": errorBody(platformError(), ASKED) },
};

const ERROR_HEADERS: Readonly<Partial<Record<ErrorStatus, Record<string, { $ref: string }>>>> = {
  401: { "WWW-Authenticate": header("Authenticate") },
  429: { "Retry-After": header("RetryAfter") },
  500: { "Retry-After": header("RetryAfter") },
};

/** The description of every error answer that routes refer to. */
export function errorResponseParts(statuses: readonly ErrorStatus[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      nameOfErrorResponse(status),
      {
        description: describe(status),
        headers: { ...REQUEST_ID, ...(status === 401 ? {} : RATE_LIMITS), ...ERROR_HEADERS[status] },
        content: {
          "application/json": { schema: { $ref: "#/components/schemas/Error" }, examples: examplesOf(status) },
        },
      },
    ]),
  );
}

function describe(status: ErrorStatus): string {
  const codes = codesOf(status).map((code) => `- \`${code}\`: ${ERRORS[code].description}`);
  return `${STATUS_NAMES[status]}\n\n${codes.join("\n")}`;
}

function examplesOf(status: ErrorStatus) {
  const examples = Object.entries(ERROR_EXAMPLES[status] ?? {});
  return Object.fromEntries(
    examples.map(([summary, value]) => [summary.toLowerCase().replaceAll(" ", "_"), { summary, value }]),
  );
}
