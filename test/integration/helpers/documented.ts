import { ERRORS, ERRORS_PAGE } from "../../../src/api/errors.ts";
import type { Documented, Operation } from "../../helpers/openapi/document.ts";
import {
  EVENT_HEADERS,
  EVENT_SCHEMAS,
  OPERATIONS,
  resolve,
  schemaNamed,
  violation,
} from "../../helpers/openapi/document.ts";

/*
 * Holds every answer of the API, and every event that an endpoint is sent, against the OpenAPI document: the status, the
 * content type, the headers, and the schema, in which every object is closed.
 */

interface Route {
  operation: Operation;
  path: RegExp;
  /** How much of the path is written out: of two that match, the one that says more is the route. */
  fixed: number;
}

const ROUTES: Route[] = OPERATIONS.map((operation) => {
  const parts = operation.path.split("/");
  const pattern = parts.map((part) => (part.startsWith("{") ? "[^/]+" : part)).join("/");
  return {
    operation,
    path: new RegExp(`^${pattern}$`),
    fixed: parts.filter((part) => !part.startsWith("{")).length,
  };
}).sort((a, b) => b.fixed - a.fixed);

/** What any path of the API may answer where there is no such route. */
const ERROR: Documented = { content: { "application/json": { schema: schemaNamed("Error") } } };
const NOWHERE: Record<string, Documented> = {
  401: ERROR,
  404: ERROR,
  429: ERROR,
  405: { ...ERROR, headers: { Allow: { required: true, schema: { type: "string" } } } },
};

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** @throws Error when the answer is not what is documented */
export function expectDocumented(method: string, url: string, answer: Answer): void {
  const path = url.split("?", 1)[0] ?? "";
  if (!path.startsWith("/v1/")) return;
  const route = ROUTES.find((each) => each.operation.method === method && each.path.test(path))?.operation;
  const problem = problemOf(answer, (route?.responses ?? NOWHERE)[answer.status]);
  if (problem === null) return;
  throw new Error(`${route?.name ?? `${method} ${path}`} answered ${answer.status}, ${problem}: ${answer.text}`);
}

function problemOf({ status, headers, text }: Answer, documented: Documented | undefined): string | null {
  if (documented === undefined) return "which is not documented";
  if (!headers.has("X-Request-Id")) return "without X-Request-Id";
  const problem = problemOfHeaders(headers, documented);
  if (problem !== null) return problem;
  const type = headers.get("Content-Type")?.split(";", 1)[0] ?? "nothing";
  const schema = documented.content?.[type]?.schema;
  // Tables for spreadsheets have no schema that anything could be held against.
  if (type === "text/csv" && documented.content?.[type]) return null;
  if (!schema) return `as ${type}, which is not documented`;
  if (type === "application/x-ndjson" && !text.endsWith("\n")) return "with a last line that does not end";
  // Of JSON lines the schema is that of each.
  const bodies = (type === "application/x-ndjson" ? text.trimEnd().split("\n") : [text]).filter((line) => line !== "");
  for (const body of bodies) {
    const mismatch = violation(schema, type === "text/csv" ? body : JSON.parse(body));
    if (mismatch !== null) return `which is not as documented (${mismatch})`;
  }
  return status < 400 ? null : problemOfError(status, headers, JSON.parse(text).error);
}

interface ErrorBody {
  code: keyof typeof ERRORS;
  request_id: string;
  doc_url: string;
  retry_after?: number;
}

function problemOfError(status: number, headers: Headers, error: ErrorBody): string | null {
  const { code, request_id, doc_url, retry_after } = error;
  if (ERRORS[code].status !== status) return "with the code of another status";
  if (status === 429 && !headers.has("Retry-After")) return "without Retry-After";
  // What is answered again names the request that was answered first.
  const isReplay = headers.has("Idempotent-Replayed");
  if (!isReplay && request_id !== headers.get("X-Request-Id")) return "with the id of another request";
  if (!doc_url.endsWith(`${ERRORS_PAGE}#${code}`)) return "with the documentation of something else";
  const isSaidTwice = (retry_after?.toString() ?? null) === headers.get("Retry-After");
  return isSaidTwice ? null : "with retry_after and Retry-After apart";
}

function problemOfHeaders(headers: Headers, { headers: documented = {} }: Documented): string | null {
  for (const [name, reference] of Object.entries(documented)) {
    const { required, schema } = resolve(reference);
    const text = headers.get(name);
    if (text === null && required) return `without ${name}`;
    if (text === null) continue;
    const mismatch = violation(schema, schema.type === "integer" ? Number(text) : text);
    if (mismatch !== null) return `with a ${name} that is not as documented (${mismatch})`;
  }
  return null;
}

/** @returns what is wrong with a request that an endpoint was sent, null when it is as documented */
export function problemOfEvent({ headers, body }: { headers: Record<string, string>; body: string }): string | null {
  const missing = EVENT_HEADERS.find((name) => headers[name] === undefined);
  if (missing !== undefined) return `an event was sent without ${missing}`;
  const event = JSON.parse(body);
  const schema = EVENT_SCHEMAS.get(event.type);
  if (!schema) return `${event.type} is not a documented event`;
  const mismatch = violation(schema, event);
  return mismatch === null ? null : `${event.type} is not as documented (${mismatch}): ${body}`;
}
