import type { Context } from "hono";
import type { Refusal } from "../lib/refusal.ts";
import { ERROR_CODES } from "../lib/vocabulary.ts";
import type { AppEnv } from "./context.ts";
import { ERRORS, ERRORS_PAGE } from "./errors.ts";
import * as z from "./zod.ts";

/*
 * The error envelope: the one form in which anything is refused. The contract's three members come first and say what
 * the contract says; the others are additions, and those that say nothing of an error are left out.
 */

const mistake = z
  .strictObject({ code: z.string().optional(), field: z.string(), message: z.string() })
  .openapi("Mistake");

const platformAnswer = z.strictObject({
  code: z.string(),
  subcode: z.string().optional(),
  trace_id: z.string().optional(),
  message: z.string().optional(),
});

export const errorEnvelope = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(ERROR_CODES).openapi({ description: "What went wrong, for programs." }),
      message: z.string().openapi({ description: "What went wrong, for developers." }),
      field: z
        .string()
        .optional()
        .openapi({ description: "The field at fault, as a dotted path, or a header's name." }),
      errors: z.array(mistake).optional().openapi({
        description: "Where several things are wrong, all of them, up to 50; the first is the error's own.",
      }),
      retryable: z
        .boolean()
        .openapi({ description: "Whether the same request may succeed when it is sent again as it is." }),
      retry_after: z
        .number()
        .int()
        .optional()
        .openapi({ description: "In how many seconds, where that is known. The header Retry-After says the same." }),
      remediation: z.string().optional().openapi({ description: "What the developer should do." }),
      user_message: z
        .string()
        .optional()
        .openapi({ description: "What can be shown to an end user, of errors that one may meet." }),
      platform: platformAnswer
        .optional()
        .openapi({ description: "Where a social network's answer is the reason: its own code and words." }),
      request_id: z.string().openapi({
        description: "The request's id in our logs: the header X-Request-Id, of the request that was answered first.",
      }),
      doc_url: z.string().openapi({ description: "Where the deployment's documentation tells of the code." }),
    }),
  })
  .openapi("Error");

export type ErrorBody = z.infer<typeof errorEnvelope>;

/** What of an error is of the one request. */
export interface Asked {
  requestId: string;
  /** Where the deployment is reached, without a trailing slash. */
  origin: string;
}

type Refused = Pick<Refusal, "code" | "message"> & Partial<Pick<Refusal, "field" | "details">>;

/** The envelope of a refusal. */
export function errorBody({ code, message, field, details = {} }: Refused, { requestId, origin }: Asked): ErrorBody {
  const { retryable, remediation, userMessage } = ERRORS[code];
  const { mistakes = [], platform, retryAfter, isPassing = false } = details;
  return {
    error: {
      code,
      message,
      ...(field !== undefined && { field }),
      ...(mistakes.length > 1 && { errors: [...mistakes] }),
      retryable: retryable || isPassing,
      ...(retryAfter !== undefined && { retry_after: retryAfter }),
      remediation,
      ...(userMessage !== null && { user_message: userMessage }),
      ...(platform && { platform: printPlatform(platform) }),
      request_id: requestId,
      doc_url: `${origin}${ERRORS_PAGE}#${code}`,
    },
  };
}

function printPlatform({ traceId, ...raw }: NonNullable<Refusal["details"]["platform"]>) {
  return { ...raw, ...(traceId !== undefined && { trace_id: traceId }) };
}

/** Answers a refusal, as every refusal of the API is answered. */
export function answerError(c: Context<AppEnv>, refused: Refused): Response {
  const { retryAfter } = refused.details ?? {};
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  const body = errorBody(refused, { requestId: c.var.requestId, origin: originOf(c) });
  return c.json(body, ERRORS[refused.code].status);
}

/** Where the deployment is reached; where the request was sent, as long as the deployment is not set up. */
export function originOf(c: Context<AppEnv>): string {
  const services = c.get("services") as AppEnv["Variables"]["services"] | undefined;
  return services?.publicOrigin ?? new URL(c.req.url).origin;
}
