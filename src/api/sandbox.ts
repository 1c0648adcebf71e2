import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { findAccountIds, findAccounts } from "../db/accounts.ts";
import { findClockOffset } from "../db/test-clock.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import { LIVE_PLATFORMS } from "../lib/vocabulary.ts";
import type { SandboxPost } from "../platforms/sandbox/store.ts";
import { POST_KINDS } from "../platforms/sandbox/store.ts";
import { advanceClock } from "../post/advance-clock.ts";
import { clearSandboxPosts } from "../post/clear-sandbox-posts.ts";
import type { Services } from "../services.ts";
import { accessOf, requireScope, scopeOf } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses, pageLimit, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * What a client's own tests need of the sandbox: to read what became public, to forget it, to move time.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const MAX_ADVANCE = (366 * DAY) / SECOND;

const listQuery = z.strictObject({
  account_id: z.string().optional(),
  limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT),
  cursor: z.string().optional(),
});

const sandboxPost = z
  .strictObject({
    id: z.string().openapi({ description: "The platform's id of the post." }),
    account_id: z.string().nullable().openapi({ description: "Null when the account is gone." }),
    platform: z.enum(LIVE_PLATFORMS),
    kind: z.enum(POST_KINDS),
    text: z.string(),
    link: z.string().nullable(),
    media: z.array(
      z.strictObject({
        url: z.string().nullable().openapi({ description: "Null where bytes were sent, which are not kept." }),
        type: z.enum(["image", "video"]),
        alt_text: z.string().nullable(),
      }),
    ),
    comments: z.array(z.strictObject({ id: z.string(), text: z.string(), created_at: printedTime })),
    permalink: z.string(),
    created_at: printedTime,
  })
  .openapi("SandboxPost");

const sandboxPostList = z
  .strictObject({ posts: z.array(sandboxPost), next_cursor: z.string().nullable() })
  .openapi("SandboxPostList");

const clock = z.strictObject({ now: printedTime }).openapi("SandboxClock");
/** How far the clock is to be moved. */
export const clockMove = z.strictObject({ advance_seconds: z.number().int().min(1).max(MAX_ADVANCE) });

const listRoute = createRoute({
  method: "get",
  path: "/v1/sandbox/posts",
  operationId: "listSandboxPosts",
  summary: "List what is public in the sandbox, newest first",
  ...requireScope("posts:read", { mode: "test" }),
  request: { query: listQuery },
  responses: {
    200: {
      description: "A page of public posts, as a follower would see them",
      content: { "application/json": { schema: sandboxPostList } },
    },
    ...errorResponses(401, 403, 500),
  },
});

const clearRoute = createRoute({
  method: "delete",
  path: "/v1/sandbox/posts",
  operationId: "clearSandboxPosts",
  summary: "Remove everything that is public in the sandbox",
  ...requireScope("posts:write", { mode: "test" }),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: "Nothing is public any more; posts that were published stay published",
      headers: REPLAYED,
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 409, 500),
  },
});

const clockContent = { "application/json": { schema: clock } };

const readClockRoute = createRoute({
  method: "get",
  path: "/v1/sandbox/clock",
  operationId: "readSandboxClock",
  summary: "Read test mode's clock",
  ...requireScope("posts:read", { mode: "test" }),
  request: { query: z.strictObject({}) },
  responses: {
    200: { description: "What time it is in test mode", content: clockContent },
    ...errorResponses(401, 403, 500),
  },
});

const advanceClockRoute = createRoute({
  method: "post",
  path: "/v1/sandbox/clock",
  operationId: "advanceSandboxClock",
  summary: "Move test mode's clock ahead, for good",
  ...requireScope("posts:write", { mode: "test" }),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: clockMove } } } },
  responses: {
    200: { description: "What time it is now; what is due by it goes out", headers: REPLAYED, content: clockContent },
    ...errorResponses(401, 403, 409, 413, 415, 500),
  },
});

export const sandbox = new OpenAPIHono<AppEnv>();

sandbox.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const { account_id, limit, cursor } = c.req.valid("query");
  const list = { list: "sandbox_posts", ...scope, account_id };
  const place = cursor === undefined ? null : await readCursor(cursor, list);
  const [account] = account_id === undefined ? [] : await findAccounts(services.db, accessOf(actor), [account_id]);
  if (account_id !== undefined && !account) return c.json({ posts: [], next_cursor: null }, 200);
  const page = { userId: account?.externalId ?? null, cursor: place, limit };
  const found = await services.listSandboxPosts(scope.workspaceId, page);
  const accountIds = await findAccountIds(services.db, scope, [...new Set(found.posts.map((post) => post.userId))]);
  const posts = await Promise.all(
    found.posts.map((post) => printPost(services, post, accountIds.get(post.userId) ?? null)),
  );
  const next_cursor = found.nextCursor === null ? null : await writeCursor(found.nextCursor, list);
  return c.json({ posts, next_cursor }, 200);
});

sandbox.openapi(clearRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    clearSandboxPosts(services, scope.workspaceId, change),
  );
});

sandbox.openapi(readClockRoute, async (c) => {
  const { services, actor } = c.var;
  const offset = await findClockOffset(services.db, scopeOf(actor).workspaceId);
  return c.json({ now: printTime(services.clock() + offset) }, 200);
});

sandbox.openapi(advanceClockRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  const body = c.req.valid("json");
  const respond = (now: Millis) => ({ status: 200 as const, body: { now: printTime(now) } });
  return once(c, { scope, meaning: body, respond }, (change) =>
    advanceClock(services, scope.workspaceId, body.advance_seconds * SECOND, change),
  );
});

async function printPost(
  services: Services,
  post: SandboxPost,
  accountId: string | null,
): Promise<z.infer<typeof sandboxPost>> {
  return {
    id: post.id,
    account_id: accountId,
    platform: post.platform,
    kind: post.kind,
    text: post.text,
    link: post.link,
    media: await Promise.all(
      post.media.map(async ({ url, type, altText }) => ({
        // The address that the platform was given may have expired.
        url: url === null ? null : await services.renewMediaUrl(url),
        type,
        alt_text: altText,
      })),
    ),
    comments: post.comments.map(({ id, text, createdAt }) => ({ id, text, created_at: printTime(createdAt) })),
    permalink: post.permalink,
    created_at: printTime(post.createdAt),
  };
}
