import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { printTime } from "../lib/time.ts";
import type { AcceptedPost } from "../post/create-post.ts";
import { createPost, refuseBeyondReach } from "../post/create-post.ts";
import { accessOf, askerOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { cacheAnswer, jsonText, readIdempotencyKey, replayFromCache, replayFromRow } from "./idempotency.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { publishBody, requestOf } from "./publish-request.ts";
import { errorResponses, postStatus, printedTime, taskSummary } from "./schemas.ts";

const acceptedPost = z
  .strictObject({
    id: z.string(),
    status: postStatus,
    scheduled_at: printedTime,
    platforms: z.array(z.string()),
    tasks: z.array(taskSummary),
    warnings: z.array(z.string()).optional(),
  })
  .openapi("AcceptedPost");

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
    ...errorResponses(400, 401, 403, 409, 413, 415, 500),
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
  const outcome = await createPost(services, access, requestOf(body), claim, askerOf(actor));
  if (outcome.is === "taken") {
    if (!idempotent) throw new Error("a request without a key found it taken");
    cacheAnswer(c, idempotent, outcome.row);
    return replayFromRow<Answer, 202>(c, idempotent, outcome.row);
  }
  // The post is accepted. Its object is told after the answer; should that be lost, the sweeper repeats it.
  c.executionCtx.waitUntil(
    services
      .posts(outcome.ref)
      .wake()
      .catch((error: unknown) => services.log.error("a nudge was lost", error, { post_id: outcome.ref.postId })),
  );
  if (idempotent && outcome.claimed) cacheAnswer(c, idempotent, outcome.claimed);
  const { status, body: answer } = printAccepted(outcome.accepted);
  return jsonText<Answer, 202>(c, status, answer);
});

/** The contract's answer; `warnings` only when there is something to warn of. */
function printAccepted({ post, warnings }: AcceptedPost): { status: number; body: string } {
  const answer: Answer = {
    id: post.ref.postId,
    status: post.status,
    scheduled_at: printTime(post.scheduledAt),
    platforms: post.platforms,
    tasks: post.state.tasks.map((task) => ({
      account_id: task.accountId,
      platform: task.platform,
      status: task.status,
    })),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  return { status: 202, body: JSON.stringify(answer) };
}
