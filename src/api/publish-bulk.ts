import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { fromUtf8 } from "../lib/bytes.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { CheckedPost } from "../post/check-post.ts";
import type { CreatePostOutcome } from "../post/create-post.ts";
import { createPosts } from "../post/create-post.ts";
import { wakePosts } from "../post/send-messages.ts";
import { refusalOf, validatePosts } from "../post/validate-posts.ts";
import { acceptedPost, printAccepted } from "./accepted-post.ts";
import { accessOf, requesterOf, requireScopeWithinReach } from "./authorize.ts";
import type { Line } from "./bulk-lines.ts";
import { readLine, splitLines } from "./bulk-lines.ts";
import type { AppEnv } from "./context.ts";
import type { Asked } from "./error-envelope.ts";
import { errorBody, errorEnvelope, originOf } from "./error-envelope.ts";
import { ERRORS, IDEMPOTENCY_CONFLICT_MESSAGE } from "./errors.ts";
import { errorResponses } from "./schemas.ts";
import { printValidation, validation } from "./validate.ts";
import * as z from "./zod.ts";

/*
 * Many posts in one request. Each line is for itself: it has its key, its result, and what is wrong with it is nobody
 * else's.
 */

const JSON_LINES = /^application\/(x-ndjson|jsonl)\s*(;|$)/i;

const lineResult = z
  .strictObject({
    index: z.number().int().openapi({ description: "Which line it is of, from 0; empty ones do not count." }),
    status: z.number().int().openapi({
      description: "What POST /v1/publish would have answered. Of a dry run: what it would answer now.",
      example: 202,
    }),
    id: z.string().optional(),
    replayed: z.literal(true).optional().openapi({ description: "There when it was answered before." }),
    post: acceptedPost.optional(),
    error: errorEnvelope.shape.error.optional(),
    validation: validation.optional(),
  })
  .openapi("LineResult");

const bulkResults = z.strictObject({ results: z.array(lineResult) }).openapi("BulkResults");
type LineResult = z.infer<typeof lineResult>;
/** Without its index. */
type Result = Omit<LineResult, "index">;

const EXAMPLE = [
  { content: "First", accounts: ["acc_123"], idempotency_key: "first" },
  { content: "Second", accounts: ["acc_123"], idempotency_key: "second" },
]
  .map((each) => `${JSON.stringify(each)}\n`)
  .join("");

const jsonLines = {
  schema: {
    type: "string",
    description: "Up to 100 lines, each a PublishRequest that may have an idempotency_key beside its other members.",
  },
  example: EXAMPLE,
};

const bulkRoute = createRoute({
  method: "post",
  path: "/v1/publish/bulk",
  operationId: "publishPosts",
  summary: "Queue up to 100 posts, each with a result of its own",
  ...requireScopeWithinReach("posts:write"),
  request: {
    query: z.strictObject({
      dry_run: z.enum(["true", "false"]).default("false").openapi({
        description: "Validates all and writes nothing. Keys are not looked up, and no line is held against another.",
      }),
    }),
    body: {
      required: true,
      // For the description alone: no schema reads such a body.
      content: { "application/x-ndjson": jsonLines, "application/jsonl": jsonLines } as object,
    },
  },
  responses: {
    200: {
      description: "A result for each line, in order. What is accepted will be published once",
      content: { "application/json": { schema: bulkResults } },
    },
    ...errorResponses(401, 403, 413, 415, 500),
  },
});

export const publishBulk = new OpenAPIHono<AppEnv>();

publishBulk.openapi(bulkRoute, async (c) => {
  const access = accessOf(c.var.actor);
  const texts = splitLines(await readBody(c));
  const now = c.var.services.clock();
  const lines = await Promise.all(texts.map((text) => readLine(access, text, now)));
  const good = lines.filter((line): line is Line => !(line instanceof Refusal));
  const isDryRun = c.req.valid("query").dry_run === "true";
  const results = new Map(isDryRun ? await validateLines(c, access, good) : await publishLines(c, access, good));
  return c.json({ results: lines.map((line, index) => printLine(index, line, results, askedOf(c))) }, 200);
});

async function validateLines(c: Context<AppEnv>, access: Access, lines: Line[]): Promise<[Line, Result][]> {
  const requests = lines.map(({ ask }) => ask.request);
  const checked = await validatePosts(c.var.services, access, requests);
  const asked = askedOf(c);
  return zip(
    lines,
    checked.map((each) => printChecked(each, asked)),
  );
}

async function publishLines(c: Context<AppEnv>, access: Access, lines: Line[]): Promise<[Line, Result][]> {
  const { services } = c.var;
  const asks = lines.map(({ ask }) => ask);
  const outcomes = await createPosts(services, access, asks, requesterOf(c));
  const created = outcomes.flatMap((outcome) => (outcome.is === "created" ? [outcome.ref] : []));
  // Their objects are told after the answer, through the queue; should that be lost, the sweeper repeats it.
  c.executionCtx.waitUntil(
    wakePosts(services.publishQueue, created).catch((error: unknown) =>
      services.log.error("the nudges of a bulk were lost", error, { request_id: c.var.requestId }),
    ),
  );
  for (const outcome of outcomes) {
    if (outcome.is === "failed")
      services.log.error("a line of a bulk failed", outcome.error, { request_id: c.var.requestId });
  }
  const asked = askedOf(c);
  return Promise.all(
    zip(lines, outcomes).map(
      async ([line, outcome]): Promise<[Line, Result]> => [line, await printOutcome(line, outcome, asked)],
    ),
  );
}

function zip<A, B>(list: readonly A[], others: readonly B[]): [A, B][] {
  return list.flatMap((each, index): [A, B][] => {
    const other = others[index];
    return other === undefined ? [] : [[each, other]];
  });
}

async function readBody(c: Context<AppEnv>): Promise<string> {
  if (c.req.header("Idempotency-Key") !== undefined) {
    throw invalid("Idempotency-Key", "Each line of a bulk carries its own key, as its idempotency_key.");
  }
  if (!JSON_LINES.test(c.req.header("Content-Type") ?? "")) {
    const message = "Send JSON lines as application/x-ndjson or application/jsonl.";
    throw new Refusal("unsupported_media_type", message, "Content-Type");
  }
  return fromUtf8(await c.req.arrayBuffer());
}

function askedOf(c: Context<AppEnv>): Asked {
  return { requestId: c.var.requestId, origin: originOf(c) };
}

function printLine(index: number, line: Line | Refusal, results: ReadonlyMap<Line, Result>, asked: Asked): LineResult {
  if (line instanceof Refusal) return { index, ...printRefusal(line, asked) };
  const result = results.get(line);
  if (!result) throw new Error("a line has no result");
  return { index, ...result };
}

async function printOutcome({ key }: Line, outcome: CreatePostOutcome, asked: Asked): Promise<Result> {
  switch (outcome.is) {
    case "created":
      return printAnswer(printAccepted(outcome.accepted));
    case "taken": {
      const { fingerprint, responseStatus, responseBody } = outcome.row;
      if (fingerprint !== (await key?.fingerprint())) {
        return printRefusal(new Refusal("idempotency_conflict", IDEMPOTENCY_CONFLICT_MESSAGE), asked);
      }
      if (responseStatus === null || responseBody === null) throw new Error("a key was claimed without its answer");
      return { ...printAnswer({ status: responseStatus, body: responseBody }), replayed: true };
    }
    case "refused":
      return printRefusal(outcome.refusal, asked);
    case "failed":
      return printRefusal(
        new Refusal("internal_error", "Something went wrong on our side. Retry with the same key."),
        asked,
      );
  }
}

function printAnswer({ status, body }: { status: number; body: string }): Result {
  const post: z.infer<typeof acceptedPost> = JSON.parse(body);
  return { status, id: post.id, post };
}

function printRefusal(refusal: Refusal, asked: Asked): Result {
  return { status: ERRORS[refusal.code].status, error: errorBody(refusal, asked).error };
}

function printChecked(checked: Pick<CheckedPost, "violations" | "warnings">, asked: Asked): Result {
  const refusal = refusalOf(checked.violations);
  const printed = { validation: printValidation(checked) };
  if (!refusal) return { status: 202, ...printed };
  return { ...printRefusal(refusal, asked), ...printed };
}
