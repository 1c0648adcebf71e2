import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/api/errors.ts";
import { ERROR_SAMPLES, SAMPLES } from "../contract/samples.ts";
import type { Documented, Operation, Schema } from "../helpers/openapi/document.ts";
import { jsonOf, OPERATIONS, resolve, violation } from "../helpers/openapi/document.ts";

/*
 * The published contract's samples against the OpenAPI document: whoever has one must find it true of the other.
 */

function operation(id: string): Operation {
  const found = OPERATIONS.find(({ operationId }) => operationId === id);
  if (!found) throw new Error(`${id} is not an operation`);
  return found;
}

const answerOf = (id: string, status: number): Schema => jsonOf(operation(id).responses[status] as Documented);

const REQUESTS: [sample: string, schema: Schema][] = [
  [SAMPLES.publishRequest, jsonOf(operation("publishPost").body)],
  [SAMPLES.publishRequest.replace("2026-06-01T09:00:00Z", "now"), jsonOf(operation("publishPost").body)],
  [SAMPLES.webhookRequest, jsonOf(operation("createWebhook").body)],
];

const ANSWERS: Record<string, [sample: string, schema: Schema]> = {
  publishResponse: [SAMPLES.publishResponse, answerOf("publishPost", 202)],
  listResponse: [SAMPLES.listResponse, answerOf("listPosts", 200)],
  postResponse: [SAMPLES.postResponse, answerOf("getPost", 200)],
  cancelResponse: [SAMPLES.cancelResponse, answerOf("cancelPost", 200)],
  accountsResponse: [SAMPLES.accountsResponse, answerOf("listAccounts", 200)],
  webhookResponse: [SAMPLES.webhookResponse, answerOf("createWebhook", 201)],
  ...Object.fromEntries(
    Object.entries(ERROR_SAMPLES).map(([name, sample]): [string, [string, Schema]] => {
      const code: keyof typeof ERRORS = JSON.parse(sample).error.code;
      return [name, [sample, answerOf("publishPost", ERRORS[code].status)]];
    }),
  ),
};

/** A schema that asks of objects for the members that the sample has, and still knows no others than its own. */
function asFarAs(reference: Schema, sample: unknown): Schema {
  const { required, ...schema } = resolve(reference);
  if (Array.isArray(sample)) return { ...schema, items: asFarAs(schema.items ?? {}, sample[0]) };
  if (sample === null || typeof sample !== "object") return schema;
  const members = Object.entries(sample).map(([name, value]) => [
    name,
    asFarAs(schema.properties?.[name] ?? {}, value),
  ]);
  return {
    ...schema,
    required: Object.keys(sample),
    properties: { ...schema.properties, ...Object.fromEntries(members) },
  };
}

/** Members of the sample that an answer might lack by its schema. */
function optionalIn(reference: Schema, sample: unknown, path = ""): string[] {
  const schema = resolve(reference);
  if (Array.isArray(sample)) return optionalIn(schema.items ?? {}, sample[0], `${path}.0`);
  if (sample === null || typeof sample !== "object") return [];
  return Object.entries(sample).flatMap(([name, value]) => [
    ...(schema.required?.includes(name) ? [] : [`${path}.${name}`]),
    ...optionalIn(schema.properties?.[name] ?? {}, value, `${path}.${name}`),
  ]);
}

describe("the contract's samples", () => {
  it.each(REQUESTS)("of a request is one that the document allows: %s", (sample, schema) => {
    expect(violation(schema, JSON.parse(sample))).toBeNull();
  });

  it.each(Object.entries(ANSWERS))("of an answer is one that the document describes: %s", (_name, [text, schema]) => {
    const sample = JSON.parse(text);
    expect(violation(asFarAs(schema, sample), sample)).toBeNull();
  });

  it.each(Object.entries(ANSWERS))("has no member that an answer might lack: %s", (name, [text, schema]) => {
    // The field at fault is named where there is one.
    expect(optionalIn(schema, JSON.parse(text))).toEqual(name === "Validation error" ? [".error.field"] : []);
  });

  it("are all of them checked", () => {
    const answers = Object.keys(SAMPLES).filter((name) => name.endsWith("Response"));
    expect(Object.keys(ANSWERS).sort()).toEqual([...answers, ...Object.keys(ERROR_SAMPLES)].sort());
    const requests = Object.keys(SAMPLES).filter((name) => name.endsWith("Request"));
    expect(requests).toEqual(["publishRequest", "webhookRequest"]);
  });
});
