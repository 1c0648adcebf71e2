import type { Schema as JsonSchema } from "@cfworker/json-schema";
import { validate } from "@cfworker/json-schema";
import { createApp } from "../../../src/api/app.ts";
import { openApiDocument } from "../../../src/api/openapi.ts";

/*
 * The OpenAPI document as a stranger reads it: nothing here knows the schemas that it was made of.
 */

/** A JSON Schema of the document, as far as the document uses the language. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  minProperties?: number;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  example?: unknown;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: Schema;
}

interface Header {
  $ref?: string;
  required?: boolean;
  schema: Schema;
}

/** What is said of an answer with one status. */
export interface Documented {
  $ref?: string;
  headers?: Record<string, Header>;
  content?: Record<string, { schema: Schema }>;
}

interface Body {
  required?: boolean;
  content: Record<string, { schema: Schema }>;
}

/** One method at one path. */
export interface Operation {
  /** As in `GET /v1/posts/{post_id}`. */
  name: string;
  operationId: string;
  method: string;
  path: string;
  parameters: Parameter[];
  body: Body | null;
  responses: Record<string, Documented>;
  openTo: "admin" | "anybody" | "keys" | "unrestricted_keys";
  modes: ("live" | "test")[];
}

interface RawOperation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Documented>;
  "x-open-to": Operation["openTo"];
  "x-modes": Operation["modes"];
}

/** Through text, as everybody else gets it. */
const DOCUMENT = JSON.parse(JSON.stringify(openApiDocument(createApp()))) as {
  paths: Record<string, Record<string, RawOperation>>;
  webhooks: Record<string, { post: RawOperation }>;
  components: Record<string, Record<string, unknown>> & { schemas: Record<string, Schema> };
};

export const OPERATIONS: Operation[] = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, raw]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operationId: raw.operationId,
    method: method.toUpperCase(),
    path,
    parameters: (raw.parameters ?? []).map(resolve),
    body: raw.requestBody ?? null,
    responses: Object.fromEntries(Object.entries(raw.responses).map(([status, each]) => [status, resolve(each)])),
    openTo: raw["x-open-to"],
    modes: raw["x-modes"],
  })),
);

/** Every path of the document, with the methods that it answers. */
export const PATHS: [path: string, methods: string[]][] = Object.entries(DOCUMENT.paths).map(([path, methods]) => [
  path,
  Object.keys(methods).map((method) => method.toUpperCase()),
]);

/** The schema of each event's body, by its type. */
export const EVENT_SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  Object.entries(DOCUMENT.webhooks).map(([type, { post }]) => [type, jsonOf(post.requestBody)]),
);

/** The required headers of the requests by which events are sent. */
export const EVENT_HEADERS: readonly string[] = [
  ...new Set(Object.values(DOCUMENT.webhooks).flatMap(({ post }) => (post.parameters ?? []).map(({ name }) => name))),
];

/** One of the document's named schemas. */
export function schemaNamed(name: string): Schema {
  const schema = DOCUMENT.components.schemas[name];
  if (!schema) throw new Error(`the document has no schema ${name}`);
  return schema;
}

/** The schema of a JSON body. */
export function jsonOf(described: { content?: Record<string, { schema: Schema }> } | null | undefined): Schema {
  const schema = described?.content?.["application/json"]?.schema;
  if (!schema) throw new Error("a body is documented without a schema");
  return schema;
}

/** Follows a reference within the document. */
export function resolve<T extends { $ref?: string }>(value: T): T {
  if (value.$ref === undefined) return value;
  const [, kind = "", name = ""] = /^#\/components\/(\w+)\/(.+)$/.exec(value.$ref) ?? [];
  const found = DOCUMENT.components[kind]?.[name];
  if (found === undefined) throw new Error(`${value.$ref} is not in the document`);
  return found as T;
}

/** What references to schemas lead to. */
const REFERENCES = Object.fromEntries(
  Object.entries(DOCUMENT.components.schemas).map(([name, schema]) => [
    `#/components/schemas/${name}`,
    schema as JsonSchema,
  ]),
);

/** @returns why a value is not as a schema of the document says, null when it is */
export function violation(schema: Schema, value: unknown): string | null {
  const { valid, errors } = validate(value, schema as JsonSchema, "2020-12", REFERENCES);
  const last = errors.at(-1);
  return valid ? null : `${last?.instanceLocation}: ${last?.error}`;
}
