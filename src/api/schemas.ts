import { parseTimestamp } from "../lib/time.ts";
import {
  APPROVAL_STATES,
  COMING_PLATFORMS,
  LIVE_PLATFORMS,
  POST_STATUSES,
  TASK_ERROR_CODES,
  TASK_STATUSES,
} from "../lib/vocabulary.ts";
import type { ErrorStatus } from "./errors.ts";
import { STATUS_NAMES } from "./errors.ts";
import * as z from "./zod.ts";

/*
 * Shapes that several resources share. Messages name the field at fault by `{field}`, see `validation.ts`.
 */

const COMING: readonly unknown[] = COMING_PLATFORMS;

/** A platform of a request. One that is announced is refused in so many words. */
export const platform = z.enum(LIVE_PLATFORMS, {
  error: ({ input }) =>
    COMING.includes(input)
      ? `{field} is ${input}, which is coming soon: nothing can be published there yet.`
      : `{field} must be one of: ${LIVE_PLATFORMS.join(", ")}.`,
});

/** A timestamp of a request, RFC 3339 with any offset; parsed to milliseconds. */
export const timestamp = z
  .string()
  .transform((text, context) => {
    const at = parseTimestamp(text);
    if (at !== null) return at;
    context.addIssue("{field} must be an RFC 3339 timestamp with an offset, as in 2026-06-01T09:00:00Z.");
    return z.NEVER;
  })
  .openapi({ format: "date-time" });

/** How many rows a page of a list has. */
export function pageLimit(max: number, byDefault: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, "{field} must be a whole number.")
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .default(byDefault)
    .openapi({ type: "integer", minimum: 1, maximum: max, default: byDefault });
}

const MAX_GROUPS = 50;

/** The only groups of accounts that somebody sees. */
export function onlyGroups(description: string) {
  return z
    .array(z.string())
    .min(1, "{field} must name at least one group, or be null for all accounts.")
    .max(MAX_GROUPS)
    .check(distinct)
    .nullable()
    .openapi({ description, uniqueItems: true, example: ["group_123"] });
}

/** A time of an answer: UTC, to the second. */
export const printedTime = z.string().openapi({ format: "date-time", example: "2026-06-01T09:00:00Z" });

export const postStatus = z.enum(POST_STATUSES);
export const taskStatus = z.enum(TASK_STATUSES);

/** A task as list rows and accepted posts carry it. */
export const taskSummary = z
  .strictObject({ account_id: z.string(), platform: z.enum(LIVE_PLATFORMS), status: taskStatus })
  .openapi("TaskSummary");

const taskError = z.strictObject({
  code: z.enum(TASK_ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  platform: z
    .strictObject({ code: z.string(), message: z.string().optional(), trace_id: z.string().optional() })
    .optional()
    .openapi({ description: "What the platform itself said." }),
  candidates: z
    .array(z.strictObject({ platform_post_id: z.string(), permalink: z.string().nullable() }))
    .optional()
    .openapi({ description: "Of an unknown outcome: public posts that could be this one." }),
});

/** A task with all that is known of it. */
export const task = z
  .strictObject({
    account_id: z.string(),
    platform: z.enum(LIVE_PLATFORMS),
    status: taskStatus,
    published_at: printedTime.nullable(),
    platform_post_id: z.string().nullable(),
    permalink: z.string().nullable(),
    error: taskError.nullable(),
    next_attempt_at: printedTime.nullable(),
    first_comment: z
      .strictObject({
        status: taskStatus,
        platform_comment_id: z.string().nullable(),
        published_at: printedTime.nullable(),
        error: taskError.nullable(),
      })
      .optional(),
  })
  .openapi("Task");

/** How the approval of a post stands. */
export const approval = z
  .strictObject({
    state: z.enum(APPROVAL_STATES),
    requested_by: z.string().nullable().openapi({ description: "The API key or the person that asked." }),
    requested_at: printedTime,
    expires_at: printedTime.nullable().openapi({ description: "What is not decided by then is canceled." }),
    comment: z.string().nullable().openapi({ description: "What whoever asked has to say." }),
    decided_by: z
      .string()
      .nullable()
      .openapi({ description: "The API key or the person that decided, or review_link." }),
    decided_at: printedTime.nullable(),
    reason: z.string().nullable().openapi({ description: "What whoever decided has to say." }),
  })
  .openapi("Approval");

/** Entries of a list must differ: naming one twice is a mistake, of which nobody knows which way. */
export function distinct({ value, issues }: z.core.ParsePayload<readonly string[]>): void {
  value.forEach((entry, index) => {
    const first = value.indexOf(entry);
    if (first === index) return;
    issues.push({ code: "custom", input: entry, path: [index], message: `{field} repeats entry ${first}.` });
  });
}

/** The body of a request that needs none: nothing, or an empty object. */
export const noBody = { content: { "application/json": { schema: z.strictObject({}) } } };

/**
 * The error answers that a route may give, for its description. Any request may say something that its route does not know,
 * and meet the limit of its key.
 */
export function errorResponses(...statuses: ErrorStatus[]) {
  return Object.fromEntries(
    [400 as const, ...statuses, 429 as const].map((status) => [status, errorResponseRef(status)]),
  );
}

/** Where the description of an error answer stands: once for all routes. */
export function errorResponseRef(status: ErrorStatus): { $ref: string } {
  return { $ref: `#/components/responses/${nameOfErrorResponse(status)}` };
}

export function nameOfErrorResponse(status: ErrorStatus): string {
  return STATUS_NAMES[status].replaceAll(" ", "");
}
