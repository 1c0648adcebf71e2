import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { PostFilters, PostRow } from "../db/posts.ts";
import { countPosts, listPosts } from "../db/posts.ts";
import { printTime } from "../lib/time.ts";
import { cancelPost } from "../post/cancel-post.ts";
import { existingPost } from "../post/existing-post.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { EXAMPLES } from "./examples.ts";
import { once } from "./once.ts";
import { POST_VERSION, REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerPost, answerSuccess, post, success } from "./post-object.ts";
import { errorResponses, pageLimit, platform, postStatus, printedTime, taskSummary, timestamp } from "./schemas.ts";

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const listQuery = z.strictObject({
  status: postStatus.optional(),
  platform: platform.optional(),
  account_id: z.string().optional(),
  from: timestamp.optional().openapi({ description: "Posts whose time is not before it." }),
  to: timestamp.optional().openapi({ description: "Posts whose time is before it." }),
  limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT),
  cursor: z.string().optional(),
});

const listedPost = z
  .strictObject({
    id: z.string(),
    content: z.string(),
    status: postStatus,
    platforms: z.array(z.string()),
    created_at: printedTime,
    scheduled_at: printedTime,
    tasks: z.array(taskSummary),
  })
  .openapi("ListedPost");

const postList = z
  .strictObject({ posts: z.array(listedPost), total: z.number().int(), next_cursor: z.string().nullable() })
  .openapi("PostList");

const postParams = z.strictObject({ post_id: z.string() });

const listRoute = createRoute({
  method: "get",
  path: "/v1/posts",
  operationId: "listPosts",
  summary: "List the workspace's posts, newest first",
  ...requireScopeWithinReach("posts:read"),
  request: { query: listQuery },
  responses: {
    200: {
      description: "A page of posts",
      content: { "application/json": { schema: postList, example: EXAMPLES.listResponse } },
    },
    ...errorResponses(400, 401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/posts/{post_id}",
  operationId: "getPost",
  summary: "Get a post with the result of each account",
  ...requireScopeWithinReach("posts:read"),
  request: { params: postParams },
  responses: {
    200: {
      description: "The post",
      headers: POST_VERSION,
      content: { "application/json": { schema: post, example: EXAMPLES.postResponse } },
    },
    ...errorResponses(401, 403, 404, 500),
  },
});

const cancelRoute = createRoute({
  method: "delete",
  path: "/v1/posts/{post_id}",
  operationId: "cancelPost",
  summary: "Cancel a post of which nothing is public yet",
  ...requireScopeWithinReach("posts:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: postParams },
  responses: {
    200: {
      description: "The post is canceled and will never be public",
      headers: REPLAYED,
      content: { "application/json": { schema: success, example: EXAMPLES.cancelResponse } },
    },
    ...errorResponses(400, 401, 403, 404, 409, 500),
  },
});

export const posts = new OpenAPIHono<AppEnv>();

posts.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const { status, platform, account_id, from, to, limit, cursor } = c.req.valid("query");
  const filters: PostFilters = { status, platform, accountId: account_id, from, to };
  const after = cursor === undefined ? null : readCursor(cursor, filters);
  // One more than asked for tells whether there is a next page.
  const [rows, total] = await Promise.all([
    listPosts(services.db, access, filters, { after, limit: limit + 1 }),
    countPosts(services.db, access, filters),
  ]);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? writeCursor(last.id, filters) : null;
  return c.json({ posts: page.map(printListedPost), total, next_cursor: nextCursor }, 200);
});

posts.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return answerPost(c, await existingPost(services.db, accessOf(actor), c.req.valid("param").post_id));
});

posts.openapi(cancelRoute, (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const asked = { scope: access.scope, meaning: null, respond: answerSuccess };
  return once(c, asked, (change) => cancelPost(services, access, c.req.valid("param").post_id, change));
});

function printListedPost(row: PostRow): z.infer<typeof listedPost> {
  return {
    id: row.id,
    content: row.content,
    status: row.status,
    platforms: row.platforms,
    created_at: printTime(row.createdAt),
    scheduled_at: printTime(row.scheduledAt),
    tasks: row.state.tasks.map(({ accountId, platform, status }) => ({ account_id: accountId, platform, status })),
  };
}
