import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createApp } from "../../src/api/app.ts";
import type { AppEnv } from "../../src/api/context.ts";
import { ERRORS } from "../../src/api/errors.ts";
import { EXAMPLES } from "../../src/api/examples.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import { errorResponseParts } from "../../src/api/openapi-parts.ts";
import { printOpenApi } from "../../src/api/openapi-route.ts";
import { SUBSCRIBED_EVENTS } from "../../src/lib/vocabulary.ts";
import { contractPart, ERROR_SAMPLES, SAMPLES, shapedLike } from "../contract/samples.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FILE = join(ROOT, "docs/openapi.json");
const OFFLINE = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };

const app = createApp();
const document = openApiDocument(app);

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses: Record<string, unknown>;
}

/** Every operation, by method and path. */
const OPERATIONS = new Map<string, Operation>(
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation as Operation,
    ]),
  ),
);

function resolveAnswer(answer: { $ref?: string; headers?: object }): { headers?: object } {
  const name = answer.$ref?.split("/").at(-1);
  return name === undefined ? answer : (document.components?.responses?.[name] as { headers?: object });
}

describe("docs/openapi.json", () => {
  it("is what the schemas say", async () => {
    await expect(printOpenApi(app), "docs/openapi.json has drifted: npm run openapi").toMatchFileSnapshot(FILE);
  });

  it("passes Redocly's recommended rules without a warning, but for two paths that no id makes ambiguous", async () => {
    // What is made now, and not the file: it may be this run that renews it.
    const made = join(mkdtempSync(join(tmpdir(), "openapi-")), "openapi.json");
    writeFileSync(made, printOpenApi(app));
    const args = ["node_modules/@redocly/cli/bin/cli.js", "lint", made, "--extends", "recommended", "--format", "json"];
    const env = { ...process.env, ...OFFLINE };
    // Also on failure what it found is on its standard output.
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env }).catch((error) => error);
    const { totals, problems } = JSON.parse(stdout);
    // An id of media begins with `media_`, which a template cannot say.
    const [media, uploads] = ["`/v1/media/{media_id}/renditions`", "`/v1/media/uploads/{upload_id}`"];
    const message = `Paths should resolve unambiguously. Found two ambiguous paths: ${media} and ${uploads}.`;
    expect(problems).toMatchObject([{ ruleId: "no-ambiguous-paths", message }]);
    expect(totals).toEqual({ errors: 0, warnings: 1, ignored: 0 });
  }, 60_000);
});

describe("the document", () => {
  it("describes every route of /v1, and no other", () => {
    const routes = app.routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect([...OPERATIONS.keys()].sort()).toEqual([...new Set(routes)].sort());
  });

  it("gives every operation a name of its own, a summary and a group", () => {
    const operations = [...OPERATIONS.values()];
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { operationId, summary, tags } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(summary).not.toBe("");
      expect(tags).toHaveLength(1);
    }
  });

  it("closes every object of an answer", () => {
    const open: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (value === null || typeof value !== "object") return;
      const schema = value as { type?: unknown; properties?: unknown; additionalProperties?: unknown };
      if (schema.type === "object" && schema.properties && schema.additionalProperties !== false) open.push(path);
      for (const [name, member] of Object.entries(value)) look(member, `${path}/${name}`);
    };
    look(document.components?.schemas, "schemas");
    look(document.webhooks, "webhooks");
    expect(open).toEqual([]);
  });

  it("asks for nothing that a closed object cannot be: to be two of them at once", () => {
    expect(JSON.stringify(document.components?.schemas)).not.toContain('"allOf"');
  });

  it("writes patterns as JSON Schema does, without a delimiter or a flag", () => {
    const patterns: string[] = [];
    JSON.stringify(document, (name, value) => {
      if (name === "pattern") patterns.push(value);
      return value;
    });
    expect(patterns.filter((pattern) => !pattern.startsWith("^") || !pattern.endsWith("$"))).toEqual([]);
    for (const pattern of patterns) new RegExp(pattern, "u");
  });

  it("has the contract's own examples", () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(SAMPLES).sort());
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const example = EXAMPLES[name as keyof typeof SAMPLES];
      expect(JSON.stringify(shapedLike(example, JSON.parse(sample)))).toBe(JSON.stringify(JSON.parse(sample)));
    }
  });

  it("has the contract's error examples, under the contract's headings", () => {
    const examples = Object.values(errorResponseParts([400, 401, 409, 429, 500]))
      .flatMap(({ content }) => Object.values(content["application/json"].examples))
      .map(({ summary, value }) => [summary, contractPart(JSON.stringify(value))]);
    expect(examples).toEqual(expect.arrayContaining(Object.entries(ERROR_SAMPLES)));
  });

  it("says of every answer to a key that it tells the rate limits, and of no other", () => {
    const fields = ["RateLimit", "RateLimit-Policy"];
    const told = (answer: unknown) => {
      const { headers } = resolveAnswer(answer as { $ref?: string; headers?: object });
      return fields.every((field) => Object.keys(headers ?? {}).includes(field));
    };
    for (const [name, { responses, ...operation }] of OPERATIONS) {
      const isForKeys = (operation as Record<string, unknown>)["x-open-to"] !== "admin";
      for (const [status, answer] of Object.entries(responses)) {
        // Error answers are described once for all routes; a key that calls a route of the owner's is limited as well.
        const isExpected = Number(status) < 400 ? isForKeys : status !== "401";
        expect([name, status, told(answer)]).toEqual([name, status, isExpected]);
      }
    }
  });

  it("prints every error code", () => {
    for (const [code, { status, description, retryable, remediation }] of Object.entries(ERRORS)) {
      const row = [status, `\`${code}\``, description, retryable ? "yes" : "no", remediation].join(" | ");
      expect(document.info.description).toContain(`| ${row} |`);
    }
  });

  it("describes every event that can be asked for", () => {
    expect(Object.keys(document.webhooks ?? {})).toEqual(expect.arrayContaining([...SUBSCRIBED_EVENTS]));
  });

  it("shows the scopes that a route says it needs", () => {
    const scoped = createRoute({
      method: "get",
      path: "/v1/posts",
      "x-required-scopes": ["posts:read"],
      responses: { 200: { description: "Posts", content: { "application/json": { schema: z.strictObject({}) } } } },
    });
    const small = new OpenAPIHono<AppEnv>();
    small.openapi(scoped, (c) => c.json({}));
    expect(openApiDocument(small).paths?.["/v1/posts"]?.get).toMatchObject({ "x-required-scopes": ["posts:read"] });
  });
});
