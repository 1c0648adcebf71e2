import type { ErrorCode, Mode } from "./vocabulary.ts";

/** A request that is refused, and why: thrown by whoever finds out, answered in one place. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly code: ErrorCode;
  /** A dotted path into the request, `accounts.1`, or a header's name. */
  readonly field: string | undefined;

  /** @param message for the client: precise, and without a secret */
  constructor(code: ErrorCode, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

/** The refusal of one field of a request. */
export function invalid(field: string, message: string): Refusal {
  return new Refusal("validation_error", message, field);
}

/** The same words for an account that is not there and for one that the key does not reach: nobody learns which. */
export function unknownAccountMessage(field: string, mode: Mode): string {
  return `${field} is not a ${mode} account of this workspace.`;
}

/** The contract's words for a platform that is out of order. Never frozen by an Idempotency-Key. */
export function platformError(): Refusal {
  return new Refusal(
    "platform_error",
    "The platform API returned a transient error. Retry with the same Idempotency-Key.",
  );
}
