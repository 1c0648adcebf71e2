import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { decidePost } from "../post/decide-post.ts";
import { existingPost } from "../post/existing-post.ts";
import { accessOf, keyOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { expectedVersion } from "./if-match.ts";
import { once } from "./once.ts";
import { POST_VERSION, REPLAYED, TAKES_IDEMPOTENCY_KEY, TAKES_IF_MATCH } from "./openapi-parts.ts";
import { post, printPost, versionTag } from "./post-object.ts";
import { comment, schedule } from "./publish-request.ts";
import { errorResponses } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * The word that a post waits for. Whoever asked for it cannot say it.
 */

const params = z.strictObject({ post_id: z.string() });

export const approveBody = z
  .strictObject({
    schedule: schedule.optional().openapi({
      description: "When it goes out instead. Required where its time has passed: `now`, or a new one.",
    }),
    comment: comment.optional(),
  })
  .openapi("ApprovalDecision");

export const rejectBody = z.strictObject({ reason: comment.optional() }).openapi("Rejection");

const onePost = {
  description: "The post",
  headers: { ...POST_VERSION, ...REPLAYED },
  content: { "application/json": { schema: post, example: EXAMPLES.postResponse } },
};

const common = {
  ...requireScopeWithinReach("approvals:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY, TAKES_IF_MATCH],
  responses: { 200: onePost, ...errorResponses(400, 401, 403, 404, 409, 413, 415, 500) },
};

const approveRoute = createRoute({
  method: "post",
  path: "/v1/posts/{post_id}/approve",
  operationId: "approvePost",
  summary: "Approve of a post that waits for it: it goes out at its time",
  ...common,
  request: { params, body: { content: { "application/json": { schema: approveBody } } } },
});

const rejectRoute = createRoute({
  method: "post",
  path: "/v1/posts/{post_id}/reject",
  operationId: "rejectPost",
  summary: "Reject a post that waits for approval: it is canceled",
  ...common,
  request: { params, body: { content: { "application/json": { schema: rejectBody } } } },
});

export const approvals = new OpenAPIHono<AppEnv>();

approvals.openapi(approveRoute, (c) => {
  const { schedule: time = null, comment: reason = null } = c.req.valid("json");
  return decide(c, { is: "approve", schedule: time, reason }, c.req.valid("param").post_id);
});

approvals.openapi(rejectRoute, (c) => {
  const { reason = null } = c.req.valid("json");
  return decide(c, { is: "reject", reason }, c.req.valid("param").post_id);
});

function decide(c: Context<AppEnv>, decision: Parameters<typeof decidePost>[3], postId: string) {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const expected = expectedVersion(c.req.header("If-Match"));
  const respond = async () => ({
    status: 200 as const,
    body: printPost(await existingPost(services.db, access, postId)),
  });
  const asked = { scope: access.scope, meaning: { decision, expected }, respond, headers: versionTag };
  return once(c, asked, (change) =>
    decidePost(services, access, postId, decision, { id: keyOf(actor).id, expected, round: null }, change),
  );
}
