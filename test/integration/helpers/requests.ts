import { env } from "cloudflare:workers";
import fc from "fast-check";
import type { Mode } from "../../../src/lib/vocabulary.ts";
import type { Hints } from "../../helpers/openapi/arbitrary.ts";
import { arbitraryOf } from "../../helpers/openapi/arbitrary.ts";
import type { Operation, Parameter, Schema } from "../../helpers/openapi/document.ts";
import { resolve } from "../../helpers/openapi/document.ts";
import { mutantsOf, strangeTexts } from "../../helpers/openapi/mutants.ts";
import { jpeg, png } from "../../helpers/pictures.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call } from "./api.ts";
import type { Things } from "./things.ts";
import { NAMED_OTHERWISE } from "./things.ts";
import { SECRET } from "./webhooks.ts";

/*
 * Requests as the OpenAPI document describes them, and with something wrong in one place.
 */

/** A request to one operation. */
export interface Made {
  mode: Mode;
  path: Record<string, string>;
  query: [name: string, value: string][];
  headers: Record<string, string>;
  /** Null: it has none. */
  body: { type: string; schema: Schema; value: unknown } | null;
}

/** A request with something wrong in one place, which its answer is to name as one of `fields`. */
export interface Spoilt {
  request: Made;
  fields: string[];
  how: string;
}

/** What is sent as it is, whatever its type says. */
const BINARY = fc.oneof(
  fc.constant(jpeg(1080, 1080)),
  fc.constantFrom(png(40, 40), new Uint8Array([0, 1, 2]), new Uint8Array()),
);

/** Requests that an operation is described to take. */
export function requestsOf(operation: Operation, things: Readonly<Record<Mode, Things>>): fc.Arbitrary<Made> {
  return fc.oneof(...operation.modes.map((mode) => requestsIn(mode, operation, hintsOf(things[mode]))));
}

function requestsIn(mode: Mode, operation: Operation, hints: Hints): fc.Arbitrary<Made> {
  const textsIn = (place: Parameter["in"]): fc.Arbitrary<Record<string, string>> => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place);
    const texts = parameters.map(({ name, schema }) => [name, arbitraryOf(schema, hints, name).map(String)]);
    const requiredKeys = parameters.filter(({ required }) => required).map(({ name }) => name);
    return fc.record(Object.fromEntries(texts), { requiredKeys });
  };
  return fc.record({
    mode: fc.constant(mode),
    path: textsIn("path"),
    query: textsIn("query").map((texts) => Object.entries(texts)),
    headers: textsIn("header"),
    body: bodiesOf(operation, hints),
  });
}

function bodiesOf({ body }: Operation, hints: Hints): fc.Arbitrary<Made["body"]> {
  if (!body) return fc.constant(null);
  const bodies = Object.entries(body.content).map(([type, { schema }]) =>
    valuesOf(type, schema, hints).map((value) => ({ type: type.replace("/*", "/jpeg"), schema, value })),
  );
  return body.required
    ? fc.oneof(...bodies)
    : fc.oneof({ weight: 4, arbitrary: fc.oneof(...bodies) }, fc.constant(null));
}

function valuesOf(type: string, reference: Schema, hints: Hints): fc.Arbitrary<unknown> {
  const schema = resolve(reference);
  if (schema.format === "binary") return BINARY;
  if (type.startsWith("multipart/")) return BINARY.map((bytes) => new File([bytes], "picture.jpg"));
  return arbitraryOf(schema, hints);
}

const CURSORS = fc.constantFrom("nonsense", "W10", "WyJhIiwie30iXQ", "");

function hintsOf(things: Things): Hints {
  const known: Record<string, fc.Arbitrary<string>> = {
    ...Object.fromEntries(Object.entries(things).map(([name, id]) => [name, fc.constant(id)])),
    ...Object.fromEntries(Object.entries(NAMED_OTHERWISE).map(([name, kind]) => [name, fc.constant(things[kind])])),
    cursor: CURSORS,
    secret: fc.constant(SECRET),
    url: fc.webPath().map((path) => `https://client.example.org${path}`),
    redirect_url: fc.constant("https://client.example.org/done"),
    logo_url: fc.constant("https://client.example.org/logo.png"),
    link: fc.constant("https://client.example.org/story"),
    local: fc.nat(300).map((days) => new Date(Date.now() + (days + 1) * 86_400_000).toISOString().slice(0, 16)),
    time_zone: fc.constantFrom("Europe/Paris", "America/New_York", "Asia/Kathmandu"),
  };
  return (name) => (Object.hasOwn(known, name) ? known[name] : undefined);
}

/** Makes a request, with the key of its mode unless another is given; an empty one is none. */
export function send(operation: Operation, made: Made, { key }: { key: string | undefined }): Promise<Answer> {
  const { body, headers } = made;
  return call(operation.method, addressOf(operation, made), {
    ...(key === undefined ? {} : { key }),
    headers: { ...headers, ...(body && !body.type.startsWith("multipart/") ? { "Content-Type": body.type } : {}) },
    ...(body === null ? {} : { body: bytesOf(body) }),
  });
}

export function addressOf({ path: template }: Operation, { path, query }: Pick<Made, "path" | "query">): string {
  const address = template.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(path[name] ?? ""));
  const text = new URLSearchParams(query).toString();
  return text === "" ? address : `${address}?${text}`;
}

function bytesOf({ type, value }: NonNullable<Made["body"]>): unknown {
  if (value instanceof Uint8Array) return value;
  if (type.startsWith("multipart/")) {
    const form = new FormData();
    form.set("file", value as File);
    return form;
  }
  return type === "application/json" ? JSON.stringify(value) : String(value);
}

/** The key by which an operation is reached. */
export function keyFor({ openTo }: Operation, workspace: TestWorkspace, mode: Mode): string {
  return openTo === "admin" ? (env.ADMIN_TOKEN ?? "") : workspace[mode];
}

/** The same request in every way in which one place of it can be wrong. */
export function spoil(operation: Operation, request: Made): Spoilt[] {
  return [...spoilBody(operation, request), ...spoilQuery(operation, request), ...spoilTexts(operation, request)];
}

function spoilBody(operation: Operation, request: Made): Spoilt[] {
  const { body } = request;
  if (body?.type !== "application/json") return [];
  const asJson = (value: unknown): Made => ({ ...request, body: { ...body, value } });
  const broken: [text: string, type: string, field: string][] = [
    ['{"content":', body.type, "body"],
    ["[".repeat(5_000), body.type, "body"],
    ["\u0000", body.type, "body"],
  ];
  if (operation.responses[415]) broken.push(["content=x", "text/plain", "Content-Type"]);
  return [
    ...mutantsOf(body.schema, body.value, "body").map(({ value, fields, how }) => ({
      request: asJson(value),
      fields,
      how,
    })),
    ...broken.map(([text, type, field]) => ({
      request: { ...request, body: { ...body, type, value: new TextEncoder().encode(text) } },
      fields: [field],
      how: `${type} that says ${text.slice(0, 20)}`,
    })),
  ];
}

function spoilQuery(operation: Operation, request: Made): Spoilt[] {
  const parameters = operation.parameters.filter((parameter) => parameter.in === "query");
  if (parameters.length === 0) return [];
  const withQuery = (query: Made["query"], field: string, how: string): Spoilt => ({
    request: { ...request, query },
    fields: [field],
    how,
  });
  const without = (name: string) => request.query.filter(([each]) => each !== name);
  return [
    withQuery([...request.query, ["unknown", "1"]], "unknown", "an unknown parameter"),
    ...parameters.flatMap(({ name, required, schema }) => [
      ...(required ? [withQuery(without(name), name, `${name} is missing`)] : []),
      ...strangeValues(schema).map((text) => withQuery([...without(name), [name, text]], name, `${name}=${text}`)),
      withQuery([...without(name), [name, "1"], [name, "2"]], name, `${name} twice`),
    ]),
  ];
}

/** Headers, and what stands in the path and is no id. */
function spoilTexts(operation: Operation, request: Made): Spoilt[] {
  return operation.parameters.flatMap(({ name, in: place, schema }) => {
    if (place === "query") return [];
    return (
      strangeValues(schema)
        // A header is trimmed on its way, and an empty one is none.
        .filter((text) => text !== "" && (place === "path" || (text === text.trim() && !text.includes("\u0000"))))
        .map((text) => ({
          request: {
            ...request,
            [place === "header" ? "headers" : "path"]: { ...readPlace(request, place), [name]: text },
          },
          fields: [name],
          how: `${name}: ${text}`,
        }))
    );
  });
}

function readPlace(request: Made, place: "path" | "header"): Record<string, string> {
  return place === "path" ? request.path : request.headers;
}

/** Texts that do not stand for a value that the schema allows. */
function strangeValues(reference: Schema): string[] {
  const schema = resolve(reference);
  if (schema.enum) return [`${schema.enum[0]}x`, ""];
  if (schema.type !== "integer") return strangeTexts(schema, "x");
  const { minimum, maximum } = schema;
  return [
    "ten",
    "1.5",
    "",
    "1e1",
    "-1",
    ...[minimum && minimum - 1, maximum && maximum + 1].flatMap((n) => n?.toString() ?? []),
  ];
}
