import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { ListedPost, PostFilters } from "../db/post-lists.ts";
import { countPosts, listPosts } from "../db/post-lists.ts";
import { printTime } from "../lib/time.ts";
import { cancelPost } from "../post/cancel-post.ts";
import { existingPost } from "../post/existing-post.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { EXAMPLES } from "./examples.ts";
import { once } from "./once.ts";
import { POST_VERSION, REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { metadataFilter, statusList } from "./post-filters.ts";
import { answerPost, answerSuccess, post, success } from "./post-object.ts";
import { hashKey } from "./publish-key.ts";
import { externalId, shownExternalId, shownMetadata } from "./publish-request.ts";
import { errorResponses, pageLimit, platform, postStatus, printedTime, taskSummary, timestamp } from "./schemas.ts";
import * as z from "./zod.ts";

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const listQuery = z.strictObject({
  status: statusList.optional(),
  platform: platform.optional(),
  account_id: z.string().optional(),
  from: timestamp.optional().openapi({ description: "Posts whose time is not before it." }),
  to: timestamp.optional().openapi({ description: "Posts whose time is before it." }),
  created_from: timestamp.optional().openapi({ description: "Posts that were not made before it." }),
  created_to: timestamp.optional().openapi({ description: "Posts that were made before it." }),
  external_id: externalId.optional(),
  metadata: metadataFilter.optional(),
  idempotency_key: z
    .string()
    .optional()
    .openapi({ description: "The post that came of the request with this Idempotency-Key: did my call land?" }),
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
    external_id: shownExternalId,
    metadata: shownMetadata,
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
    ...errorResponses(401, 403, 500),
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
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

export const posts = new OpenAPIHono<AppEnv>();

posts.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const access = accessOf(actor);
  const { limit, cursor, ...query } = c.req.valid("query");
  const filters = await filtersOf(query);
  const list = { list: "posts", ...access.scope, ...filters };
  const after = cursor === undefined ? null : await readCursor(cursor, list);
  const now = services.clock();
  // One more than asked for tells whether there is a next page.
  const [rows, total] = await Promise.all([
    listPosts(services.db, access, filters, { after, limit: limit + 1 }, now),
    countPosts(services.db, access, filters, now),
  ]);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(last.id, list) : null;
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

async function filtersOf(query: Omit<z.infer<typeof listQuery>, "limit" | "cursor">): Promise<PostFilters> {
  const key = query.idempotency_key;
  return {
    statuses: query.status,
    platform: query.platform,
    accountId: query.account_id,
    from: query.from,
    to: query.to,
    createdFrom: query.created_from,
    createdTo: query.created_to,
    externalId: query.external_id,
    metadata: query.metadata,
    idempotencyKey: key === undefined ? undefined : await hashKey("idempotency_key", key),
  };
}

function printListedPost(row: ListedPost): z.infer<typeof listedPost> {
  return {
    id: row.id,
    content: row.content,
    status: row.status,
    platforms: row.platforms,
    created_at: printTime(row.createdAt),
    scheduled_at: printTime(row.scheduledAt),
    tasks: row.state.tasks.map(({ accountId, platform, status }) => ({ account_id: accountId, platform, status })),
    external_id: row.externalId,
    metadata: row.metadata ?? {},
  };
}
