import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Change } from "../db/change.ts";
import type { Access } from "../lib/vocabulary.ts";
import { platformOptions } from "../platforms/registry.ts";
import { cancelTask } from "../post/cancel-post.ts";
import { editPost } from "../post/edit-post.ts";
import { existingPost } from "../post/existing-post.ts";
import { resolveTask } from "../post/resolve-task.ts";
import { retryPost } from "../post/retry-post.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { EXAMPLES } from "./examples.ts";
import { expectedVersion } from "./if-match.ts";
import { once } from "./once.ts";
import { POST_VERSION, REPLAYED, TAKES_IDEMPOTENCY_KEY, TAKES_IF_MATCH } from "./openapi-parts.ts";
import { answerSuccess, post, printPost, success, versionTag } from "./post-object.ts";
import { content, mediaIds, publishBefore, schedule } from "./publish-request.ts";
import { errorResponses, noBody } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * What a client may ask of a post that was accepted, beside canceling it as a whole: change it, try again what failed,
 * cancel one task, say what became of one that no reading could settle.
 */

export const editBody = z
  .strictObject({
    content: content.optional(),
    media: mediaIds.optional(),
    schedule: schedule.optional(),
    publish_before: publishBefore.optional(),
    options: platformOptions.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), "The body must change something.")
  .openapi("PostEdit", { minProperties: 1 });

export const resolveBody = z
  .discriminatedUnion("outcome", [
    z.strictObject({
      outcome: z.literal("published"),
      platform_post_id: z
        .string()
        .regex(
          /^\d+(_\d+)?$/,
          "{field} must be an id as the platform writes it: digits, or two groups of them with a _.",
        )
        .optional(),
    }),
    z.strictObject({ outcome: z.literal("not_published") }),
  ])
  .openapi("Resolution");

const postParams = z.strictObject({ post_id: z.string() });
const taskParams = z.strictObject({ post_id: z.string(), account_id: z.string() });
const onePost = {
  description: "The post",
  headers: { ...POST_VERSION, ...REPLAYED },
  content: { "application/json": { schema: post, example: EXAMPLES.postResponse } },
};

const editRoute = createRoute({
  method: "patch",
  path: "/v1/posts/{post_id}",
  operationId: "editPost",
  summary: "Change a post of which nothing is, or may be, public",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY, TAKES_IF_MATCH],
  request: {
    params: postParams,
    body: { required: true, content: { "application/json": { schema: editBody } } },
  },
  responses: { 200: onePost, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

const retryRoute = createRoute({
  method: "post",
  path: "/v1/posts/{post_id}/retry",
  operationId: "retryPost",
  summary: "Try again the tasks of a post that failed",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: postParams, body: noBody },
  responses: { 200: onePost, ...errorResponses(401, 403, 404, 409, 413, 500) },
});

const cancelTaskRoute = createRoute({
  method: "delete",
  path: "/v1/posts/{post_id}/tasks/{account_id}",
  operationId: "cancelTask",
  summary: "Cancel one task of a post",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: taskParams },
  responses: {
    200: {
      description: "The post will never be public on this account",
      headers: REPLAYED,
      content: { "application/json": { schema: success, example: EXAMPLES.cancelResponse } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const resolveRoute = createRoute({
  method: "post",
  path: "/v1/posts/{post_id}/tasks/{account_id}/resolve",
  operationId: "resolveTask",
  summary: "Say what became of an unconfirmed task",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: taskParams,
    body: { required: true, content: { "application/json": { schema: resolveBody } } },
  },
  responses: { 200: onePost, ...errorResponses(401, 403, 404, 409, 413, 415, 500) },
});

export const postCommands = new OpenAPIHono<AppEnv>();

postCommands.openapi(editRoute, (c) => {
  const { services } = c.var;
  const { post_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const { content, media, schedule, publish_before, options } = body;
  const changes = { content, mediaIds: media, schedule, publishBefore: publish_before, options };
  const expected = expectedVersion(c.req.header("If-Match"));
  return changePost(c, post_id, { body, expected }, (access, change) =>
    editPost(services, access, post_id, changes, expected, change),
  );
});

postCommands.openapi(retryRoute, (c) => {
  const { post_id } = c.req.valid("param");
  return changePost(c, post_id, null, (access, change) => retryPost(c.var.services, access, post_id, change));
});

postCommands.openapi(cancelTaskRoute, (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const { post_id, account_id } = c.req.valid("param");
  const asked = { scope: access.scope, meaning: null, respond: answerSuccess };
  return once(c, asked, (change) => cancelTask(services, access, post_id, account_id, change));
});

postCommands.openapi(resolveRoute, (c) => {
  const { post_id, account_id } = c.req.valid("param");
  const body = c.req.valid("json");
  const found =
    body.outcome === "published"
      ? { outcome: body.outcome, platformPostId: body.platform_post_id ?? null }
      : { outcome: body.outcome };
  return changePost(c, post_id, body, (access, change) =>
    resolveTask(c.var.services, access, post_id, account_id, found, change),
  );
});

/** Changes a post once, and answers it as it is afterwards. */
function changePost(
  c: Context<AppEnv>,
  postId: string,
  meaning: unknown,
  run: (access: Access, change: Change<void>) => Promise<void>,
) {
  const access = accessOf(c.var.actor);
  const respond = async () => {
    const body = printPost(await existingPost(c.var.services.db, access, postId));
    return { status: 200 as const, body };
  };
  const asked = { scope: access.scope, meaning, respond, headers: versionTag };
  return once(c, asked, (change) => run(access, change));
}
