import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { PostRef } from "../lib/vocabulary.ts";
import { createPost, refuseBeyondReach } from "../post/create-post.ts";
import { acceptedPost, printAccepted } from "./accepted-post.ts";
import { accessOf, requesterOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { cacheAnswer, jsonText, readIdempotencyKey, replayFromCache, replayFromRow } from "./idempotency.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { publishBody, requestOf } from "./publish-request.ts";
import { errorResponses } from "./schemas.ts";
import type * as z from "./zod.ts";

type Answer = z.infer<typeof acceptedPost>;

const publishRoute = createRoute({
  method: "post",
  path: "/v1/publish",
  operationId: "publishPost",
  summary: "Queue content for one or more connected accounts",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    body: {
      required: true,
      content: { "application/json": { schema: publishBody, example: EXAMPLES.publishRequest } },
    },
  },
  responses: {
    202: {
      description: "The post is accepted and will be published once",
      headers: REPLAYED,
      content: { "application/json": { schema: acceptedPost, example: EXAMPLES.publishResponse } },
    },
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

export const publish = new OpenAPIHono<AppEnv>();

publish.openapi(publishRoute, async (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const body = c.req.valid("json");
  refuseBeyondReach(access, body.accounts);
  const idempotent = await readIdempotencyKey(c, access.scope, body);
  const cached = idempotent && (await replayFromCache<Answer, 202>(c, idempotent));
  if (cached) return cached;

  const claim = idempotent && {
    ...idempotent,
    fingerprint: await idempotent.fingerprint(),
    respond: printAccepted,
  };
  const outcome = await createPost(
    services,
    access,
    { request: requestOf(body), claim },
    requesterOf(c),
    c.var.publishing,
  );
  if (outcome.is === "taken") {
    if (!idempotent) throw new Error("a request without a key found it taken");
    cacheAnswer(c, idempotent, outcome.row);
    return replayFromRow<Answer, 202>(c, idempotent, outcome.row);
  }
  nudge(c, outcome.ref);
  const { status, body: answer } = printAccepted(outcome.accepted);
  return jsonText<Answer, 202>(c, status, answer);
});

/** Tells the object of a post that was accepted, after the answer; should that be lost, the sweeper repeats it. */
export function nudge(c: Context<AppEnv>, ref: PostRef): void {
  const { services } = c.var;
  c.executionCtx.waitUntil(
    services
      .posts(ref)
      .wake()
      .catch((error: unknown) =>
        services.log.error("a nudge was lost", error, { request_id: c.var.requestId, post_id: ref.postId }),
      ),
  );
}
