import type { RouteConfig } from "@hono/zod-openapi";
import type { z } from "zod";
import { createApp } from "../../../src/api/app.ts";
import { errorEnvelope } from "../../../src/api/error-envelope.ts";
import { ERRORS, ERRORS_PAGE } from "../../../src/api/errors.ts";

/*
 * Holds every answer of the API against what is documented of its route: the status, the content type, and the schema,
 * in which every object is closed.
 */

interface Documented {
  method: string;
  path: RegExp;
  /** How much of the path is written out: of two that match, the one that says more is the route. */
  fixed: number;
  name: string;
  /** The schema of an answer by its status; null for the error envelope. */
  answers: Map<number, z.ZodType | null>;
}

const ROUTES: Documented[] = createApp()
  .openAPIRegistry.definitions.flatMap((definition) => (definition.type === "route" ? [definition.route] : []))
  .map(read)
  .sort((a, b) => b.fixed - a.fixed);

function read({ method, path, responses }: RouteConfig): Documented {
  const parts = path.split("/");
  return {
    method: method.toUpperCase(),
    path: new RegExp(`^${parts.map((part) => (part.startsWith("{") ? "[^/]+" : part)).join("/")}$`),
    fixed: parts.filter((part) => !part.startsWith("{")).length,
    name: `${method.toUpperCase()} ${path}`,
    answers: new Map(
      Object.entries(responses).map(([status, response]) => [
        Number(status),
        "$ref" in response ? null : schemaOf(response),
      ]),
    ),
  };
}

function schemaOf({ content }: ResponseConfig): z.ZodType {
  const json = content?.["application/json"];
  if (!json || !("schema" in json)) throw new Error("an answer is documented without a schema");
  return json.schema as z.ZodType;
}

/** What any path of the API may answer where there is no such route. */
const NOWHERE = new Map([401, 404, 405, 429].map((status) => [status, null]));

type ResponseConfig = Exclude<RouteConfig["responses"][string], { $ref: string }>;

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** @throws Error when the answer is not what is documented */
export function expectDocumented(method: string, url: string, answer: Answer): void {
  const path = url.split("?", 1)[0] ?? "";
  if (!path.startsWith("/v1/")) return;
  const route = ROUTES.find((each) => each.method === method && each.path.test(path));
  const problem = problemOf(answer, (route?.answers ?? NOWHERE).get(answer.status));
  if (problem === null) return;
  throw new Error(`${route?.name ?? `${method} ${path}`} answered ${answer.status}, ${problem}: ${answer.text}`);
}

/** @param schema what is documented of the status: null is the error envelope */
function problemOf({ status, headers, text }: Answer, schema: z.ZodType | null | undefined): string | null {
  if (schema === undefined) return "which is not documented";
  if (!headers.has("X-Request-Id")) return "without X-Request-Id";
  if (headers.get("Content-Type")?.split(";", 1)[0] !== "application/json") return "and not as application/json";
  const body: unknown = JSON.parse(text);
  if (schema !== null) return mismatch(schema, body);
  const envelope = errorEnvelope.safeParse(body);
  if (!envelope.success) return mismatch(errorEnvelope, body);
  const { code, request_id, doc_url, retry_after } = envelope.data.error;
  if (ERRORS[code].status !== status) return "with the code of another status";
  // What is answered again names the request that was answered first.
  const isReplay = headers.has("Idempotent-Replayed");
  if (!isReplay && request_id !== headers.get("X-Request-Id")) return "with the id of another request";
  if (!doc_url.endsWith(`${ERRORS_PAGE}#${code}`)) return "with the documentation of something else";
  const isSaidTwice = (retry_after?.toString() ?? null) === headers.get("Retry-After");
  return isSaidTwice ? null : "with retry_after and Retry-After apart";
}

function mismatch(schema: z.ZodType, body: unknown): string | null {
  const parsed = schema.safeParse(body);
  return parsed.success ? null : `which is not as documented (${parsed.error.message})`;
}
