import { OpenAPIHono } from "@hono/zod-openapi";
import type { EventType } from "../lib/vocabulary.ts";
import { EVENT_TYPES } from "../lib/vocabulary.ts";
import type { OpenTo } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { errorEnvelope } from "./error-envelope.ts";
import type { ErrorStatus } from "./errors.ts";
import { ERRORS, STATUS_NAMES } from "./errors.ts";
import { EVENTS, eventBody } from "./event-schemas.ts";
import { errorResponseParts, HEADERS, PARAMETERS, RATE_LIMITS, REQUEST_ID, SECURITY_SCHEMES } from "./openapi-parts.ts";
import { TAGS, tagOf } from "./openapi-tags.ts";

/*
 * The OpenAPI document: made of the schemas that requests are validated with and answers are typed by.
 */

type Document = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** Describes every route of an app, and every event. A route's own members pass as they are: `x-required-scopes` does. */
export function openApiDocument(app: OpenAPIHono<AppEnv>): Document {
  // The app's registry stays as it is, for what is added here must not be added twice.
  const described = new OpenAPIHono();
  described.route("/", app);
  const registry = described.openAPIRegistry;
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    registry.registerComponent("securitySchemes", name, scheme);
  }
  for (const [name, parameter] of Object.entries(PARAMETERS)) registry.registerComponent("parameters", name, parameter);
  for (const [name, header] of Object.entries(HEADERS)) registry.registerComponent("headers", name, header);
  for (const [name, response] of Object.entries(errorResponseParts(STATUSES))) {
    registry.registerComponent("responses", name, response);
  }
  registry.register("Error", errorEnvelope);
  for (const type of EVENT_TYPES) registry.registerWebhook(webhookOf(type));

  const document = described.getOpenAPI31Document(ABOUT);
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const operation of Object.values(operations)) complete(path, operation);
  }
  return document;
}

/** Those that a route can answer; 405 is what is answered where there is no route. */
const STATUSES = Object.keys(STATUS_NAMES)
  .map((status) => Number(status) as ErrorStatus)
  .filter((status) => status !== 405);

const CODES = Object.entries(ERRORS)
  .map(([code, { status, description, retryable, remediation }]) =>
    ["", status, `\`${code}\``, description, retryable ? "yes" : "no", remediation, ""].join(" | ").trim(),
  )
  .join("\n");

/** What is the same for all endpoints, in paragraphs without markup. */
export const INTRODUCTION = [
  "One request with text, media, accounts and a time; the post goes out on every account, exactly once.",
  "All endpoints require a Bearer token in the Authorization header. For mutating requests, send an Idempotency-Key " +
    "header so retries do not create duplicate publish jobs.",
  "An object of an answer may get further members, and an enumeration further values, without notice: ignore what you " +
    "do not know. Nothing is ever taken away from /v1.",
  "What a route does not know is refused by its name: members of a body and query parameters alike, and a parameter that is " +
    "there twice unless it says that it may be. Of a member that is twice in one object of a JSON body the last one counts.",
  "Error responses use a stable envelope: an object error with code, message and, where one is at fault, field. Beside " +
    "them stand retryable, request_id and doc_url, errors where several things are wrong, and more where there is more to " +
    "say. Retry transient failures with the same Idempotency-Key; do not retry validation or authorization errors without " +
    "changing the request.",
];

const DESCRIPTION = `${INTRODUCTION.join("\n\n")}

### Errors

| Status | Code | Description | Retry | What to do |
| --- | --- | --- | --- | --- |
${CODES}`;

const ABOUT = {
  openapi: "3.1.0",
  info: {
    title: "Apionics",
    version: "1.0.0",
    summary: "A social publishing API that publishes exactly once",
    description: DESCRIPTION,
    license: { name: "All rights reserved", identifier: "LicenseRef-Apionics" },
  },
  // Relative to where the document is: whoever runs the Worker serves their own.
  servers: [{ url: "/", description: "The Worker that serves this document" }],
  security: [{ apiKey: [] }],
  tags: TAGS.map(({ name, description }) => ({ name, description })),
};

interface Operation {
  tags?: string[];
  responses?: Record<string, { $ref?: string; headers?: object }>;
  "x-open-to"?: OpenTo;
}

/** Adds what all routes have in common. */
function complete(path: string, operation: Operation): void {
  operation.tags = [tagOf(path)];
  for (const response of Object.values(operation.responses ?? {})) {
    const limits = operation["x-open-to"] === "admin" ? {} : RATE_LIMITS;
    if (response.$ref === undefined) response.headers = { ...REQUEST_ID, ...limits, ...response.headers };
  }
}

/** The headers of Standard Webhooks. */
const WEBHOOK_HEADERS = [
  ["webhook-id", "The event's id: the same whenever the event is sent again."],
  ["webhook-timestamp", "When the request was made, in seconds since the epoch."],
  ["webhook-signature", "`v1,` and the base64 of the HMAC-SHA-256 of `id.timestamp.body`; one for each valid secret."],
] as const;

function webhookOf(type: EventType) {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    method: "post" as const,
    path: type,
    operationId: `on${words.join("")}`,
    summary: EVENTS[type].description,
    security: [],
    parameters: WEBHOOK_HEADERS.map(([name, description]) => ({
      name,
      in: "header" as const,
      required: true,
      description,
      schema: { type: "string" as const },
    })),
    request: { body: { required: true, content: { "application/json": { schema: eventBody(type) } } } },
    responses: {
      "2XX": { description: "Answer so within 15 seconds. Everything else is sent again." },
      410: { description: "The endpoint is gone: it is disabled, and nothing is sent to it any more." },
    },
  };
}
