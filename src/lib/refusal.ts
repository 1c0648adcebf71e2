import type { ErrorCode, Mode } from "./vocabulary.ts";

/** One mistake of a request. `code` is a word for programs, where whoever found it has one: `too_long`. */
export interface Mistake {
  code?: string;
  /** A dotted path into the request, `accounts.1`. */
  field: string;
  /** A whole sentence. */
  message: string;
}

/** What a platform itself answered: raw, and without a secret. */
export interface PlatformAnswer {
  code: string;
  subcode?: string;
  /** What the platform's support asks for. */
  traceId?: string;
  message?: string;
}

/** What else is known of a refusal. */
export interface RefusalDetails {
  /** All mistakes of the request, the first of which is the refusal's own. */
  mistakes?: readonly Mistake[];
  /** Where a platform's answer is the reason. */
  platform?: PlatformAnswer | undefined;
  /** It was about this moment: the same request, under the same key too, may succeed. */
  isPassing?: boolean;
  /** In how many seconds the same request may succeed. */
  retryAfter?: number | undefined;
}

/** A request that is refused, and why: thrown by whoever finds out, answered in one place. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly code: ErrorCode;
  /** A dotted path into the request, `accounts.1`, or a header's name. */
  readonly field: string | undefined;
  readonly details: RefusalDetails;

  /** @param message for the client: precise, and without a secret */
  constructor(code: ErrorCode, message: string, field?: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.field = field;
    this.details = details;
  }
}

/** The refusal of one field of a request. */
export function invalid(field: string, message: string, details?: RefusalDetails): Refusal {
  return new Refusal("validation_error", message, field, details);
}

/** An answer lists no more mistakes than that. */
const MAX_MISTAKES = 50;

/**
 * Refuses a request for all that is wrong with it at once.
 *
 * @throws Refusal unless nothing is wrong
 */
export function refuseMistakes(found: readonly Mistake[]): void {
  const refusal = refusalOfMistakes(found);
  if (refusal) throw refusal;
}

/**
 * The refusal of a request for all that is wrong with it at once, in the order in which it was found. What several accounts
 * have in common is said once.
 *
 * @returns null when nothing is wrong
 */
export function refusalOfMistakes(found: readonly Mistake[]): Refusal | null {
  const [first] = found;
  if (!first) return null;
  const distinct = new Map<string, Mistake>();
  for (const { code, field, message } of found) {
    const said = JSON.stringify([field, message]);
    if (!distinct.has(said)) distinct.set(said, { ...(code !== undefined && { code }), field, message });
    if (distinct.size === MAX_MISTAKES) break;
  }
  return invalid(first.field, first.message, { mistakes: [...distinct.values()] });
}

/** The same words for an account that is not there and for one that the key does not reach: nobody learns which. */
export function unknownAccountMessage(field: string, mode: Mode): string {
  return `${field} is not a ${mode} account of this workspace.`;
}

/** The same for a group of accounts. */
export function unknownGroupMessage(field: string): string {
  return `${field} is not a group of this workspace.`;
}

/** The contract's words for a platform that is out of order. Never frozen by an Idempotency-Key. */
export function platformError(details?: RefusalDetails): Refusal {
  return new Refusal(
    "platform_error",
    "The platform API returned a transient error. Retry with the same Idempotency-Key.",
    undefined,
    details,
  );
}
