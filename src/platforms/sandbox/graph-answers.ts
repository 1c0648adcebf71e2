import type { Millis } from "../../lib/clock.ts";

/*
 * Answers in the Graph API's form.
 */

/** An error the simulated API answers: the envelope of Meta's error handling guide, always under HTTP 400 but for 5xx. */
export class GraphFailure extends Error {
  readonly code: number;
  readonly subcode: number | null;
  readonly status: number;
  readonly isTransient: boolean;

  constructor(code: number, subcode: number | null, message: string, options: { status?: number } = {}) {
    super(message);
    this.code = code;
    this.subcode = subcode;
    this.status = options.status ?? 400;
    this.isTransient = this.status >= 500;
  }

  toResponse(traceId: string): Response {
    const error = {
      message: this.message,
      type: this.code === 100 && this.subcode === 33 ? "GraphMethodException" : "OAuthException",
      code: this.code,
      ...(this.subcode === null ? {} : { error_subcode: this.subcode }),
      is_transient: this.isTransient,
      fbtrace_id: traceId,
    };
    return graphJson({ error }, this.status);
  }
}

/** The call was carried out and its answer never arrives. */
export class LostAnswer extends Error {
  override name = "LostAnswer";
}

export function graphJson(body: object, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json; charset=UTF-8" } });
}

/** Times as the Graph API prints them: to the second, the offset without a colon. */
export function graphTime(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 19)}+0000`;
}

/** Of a node only the fields that were asked for are answered, and its id always. */
export function pickFields(node: Record<string, unknown> & { id: string }, fields: string[]): Record<string, unknown> {
  const picked = fields.filter((field) => node[field] !== undefined).map((field) => [field, node[field]] as const);
  return { ...Object.fromEntries(picked), id: node.id };
}

/** Splits `id,message,attachments{target,media_type}` at its outer commas and drops what is in braces. */
export function parseFields(text: string | undefined): string[] {
  return (text ?? "")
    .replaceAll(/\{[^{}]*\}/g, "")
    .replaceAll(/\{[^{}]*\}/g, "")
    .split(",")
    .map((field) => field.trim())
    .filter((field) => field !== "");
}
