import type { GraphFailure } from "../graph/answers.ts";
import { graphJson } from "../graph/answers.ts";

/** What rupload's errors are, by their status and whether the same call may be made again. */
const TYPES = {
  FileUrlProcessingError: [422, false],
  NotAuthorizedError: [400, false],
  OffsetInvalidError: [412, true],
  ParameterValidationError: [400, false],
  PartialRequestError: [400, true],
  ProcessingFailedError: [400, false],
} as const satisfies Record<string, readonly [status: number, retriable: boolean]>;

/** An error of rupload.facebook.com, which has an envelope of its own. */
export class RuploadFailure extends Error {
  readonly type: keyof typeof TYPES;
  readonly status: number;
  readonly isRetriable: boolean;
  readonly headers: Record<string, string>;

  constructor(type: keyof typeof TYPES, message: string, status?: number, headers: Record<string, string> = {}) {
    super(message);
    this.type = type;
    this.status = status ?? TYPES[type][0];
    this.isRetriable = status === undefined ? TYPES[type][1] : status >= 500;
    this.headers = headers;
  }

  /** What the Graph API would say, as rupload says it. */
  static from(failure: GraphFailure): RuploadFailure {
    const isAboutAccess = [10, 100, 190, 200, 2500].includes(failure.code);
    const { status, headers } = failure.details;
    if (isAboutAccess) return new RuploadFailure("NotAuthorizedError", failure.message);
    return new RuploadFailure("ProcessingFailedError", failure.message, status, headers);
  }

  toResponse(): Response {
    const { type, isRetriable, message, status, headers } = this;
    return graphJson({ debug_info: { retriable: isRetriable, type, message } }, status, headers);
  }
}
