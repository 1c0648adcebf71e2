import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { MediaRow } from "../db/media.ts";
import { listMedia } from "../db/media.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import { removeMedia } from "../media/discard.ts";
import { requireMedia } from "../media/find-media.ts";
import { HashedBody } from "../media/hashed-body.ts";
import type { RenditionOutcome } from "../media/make-rendition.ts";
import { makeRendition } from "../media/make-rendition.ts";
import { printMedia } from "../media/print-media.ts";
import { receiveBody, receiveFormFile, receiveFromUrl } from "../media/receive.ts";
import { accessOf, requireScope, requireScopeWithinReach, scopeOf } from "./authorize.ts";
import { isRawFile } from "./body-limit.ts";
import type { AppEnv } from "./context.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { fileBody } from "./file-body.ts";
import { media } from "./media-object.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses, pageLimit } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * Media belongs to no account. Who knows its id may publish it, and so may look at it; nobody guesses an id. A key that is
 * restricted to accounts may not list it, for that would show what others are about to publish, nor delete it.
 */

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

const urlBody = z.strictObject({ url: z.string() });
const formBody = z.strictObject({
  file: z
    .instanceof(File, { error: "{field} must be an uploaded file." })
    .openapi({ type: "string", format: "binary" }),
});
const listQuery = z.strictObject({
  limit: pageLimit(MAX_LIMIT, DEFAULT_LIMIT),
  cursor: z.string().optional(),
});
const mediaParams = z.strictObject({ media_id: z.string() });
const renditionBody = z.strictObject({ for: z.literal("instagram", "{field} must be instagram.") });

const mediaList = z.strictObject({ media: z.array(media), next_cursor: z.string().nullable() }).openapi("MediaList");

const one = (description: string) => ({ description, content: { "application/json": { schema: media } } });
const made = (description: string) => ({ ...one(description), headers: REPLAYED });
const binary = { schema: { type: "string", format: "binary" } };
const rawFile = { "image/*": binary, "video/*": binary, "application/octet-stream": binary };

/** What clients say of a body when nobody told them what it is: it cannot carry a file. */
const refuseUrlencoded = createMiddleware<AppEnv>(async function refuseUrlencoded(c, next) {
  if (/^application\/x-www-form-urlencoded/i.test(c.req.header("Content-Type") ?? "")) {
    const message =
      "Send application/json with a url, multipart/form-data with a file, or a file as image/*, video/* or application/octet-stream.";
    throw new Refusal("unsupported_media_type", message, "Content-Type");
  }
  await next();
});

const forMedia = requireScopeWithinReach("media:write");

const createMediaRoute = createRoute({
  method: "post",
  path: "/v1/media",
  operationId: "createMedia",
  summary: "Add a picture or a video: by address, as a form's file, or as the body itself",
  ...forMedia,
  parameters: [TAKES_IDEMPOTENCY_KEY],
  middleware: [forMedia.middleware, refuseUrlencoded] as const,
  request: {
    body: {
      content: {
        "application/json": { schema: urlBody },
        "multipart/form-data": { schema: formBody },
        // For the description alone: no schema reads such a body, and the types must not ask for one.
        ...(rawFile as object),
      },
    },
  },
  responses: { 201: made("The media"), ...errorResponses(401, 403, 409, 413, 415, 500) },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/media",
  operationId: "listMedia",
  summary: "List the workspace's media, newest first",
  ...requireScope("media:write"),
  request: { query: listQuery },
  responses: {
    200: { description: "A page of media", content: { "application/json": { schema: mediaList } } },
    ...errorResponses(401, 403, 500),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/media/{media_id}",
  operationId: "getMedia",
  summary: "Get media",
  ...requireScopeWithinReach("media:write"),
  request: { params: mediaParams },
  responses: { 200: one("The media"), ...errorResponses(401, 403, 404, 500) },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/media/{media_id}",
  operationId: "deleteMedia",
  summary: "Delete media that no waiting post uses",
  ...requireScope("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: mediaParams },
  responses: {
    200: {
      description: "The media is deleted",
      headers: REPLAYED,
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const renditionRoute = createRoute({
  method: "post",
  path: "/v1/media/{media_id}/renditions",
  operationId: "makeRendition",
  summary: "Make of a picture one that a platform takes",
  ...requireScopeWithinReach("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: {
    params: mediaParams,
    body: { required: true, content: { "application/json": { schema: renditionBody } } },
  },
  responses: {
    200: made("The media itself, which fits, or the rendition that was made before"),
    201: made("The rendition"),
    ...errorResponses(401, 403, 404, 409, 413, 415, 500),
  },
});

export const mediaRoutes = new OpenAPIHono<AppEnv>();

mediaRoutes.openapi(createMediaRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  const respond = (row: MediaRow) => ({ status: 201 as const, body: printMedia(row) });
  // The library validates the one that the content type names and leaves the other empty.
  const form = c.req.valid("form");
  if ("file" in form) {
    const { file } = form;
    const meaning = async () => ({ sha256: await new HashedBody(file.stream()).sha256() });
    return once(c, { scope, meaning, respond }, (change) => receiveFormFile(services, scope, file, change));
  }
  const json = c.req.valid("json");
  if ("url" in json) {
    return once(c, { scope, meaning: json, respond }, (change) => receiveFromUrl(services, scope, json.url, change));
  }
  const { stream, length, meaning } = fileBody(c);
  if (!stream || !isRawFile(c.req.header("Content-Type") ?? "")) throw invalid("file", "A file or a url is required.");
  const file = { body: stream, length };
  return once(c, { scope, meaning, respond }, (change) => receiveBody(services, scope, file, change));
});

mediaRoutes.openapi(listRoute, async (c) => {
  const { services, actor } = c.var;
  const { limit, cursor } = c.req.valid("query");
  const list = { list: "media", ...scopeOf(actor) };
  const after = cursor === undefined ? null : await readCursor(cursor, list);
  // One more than asked for tells whether there is a next page.
  const rows = await listMedia(services.db, scopeOf(actor), { after, limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last ? await writeCursor(last.id, list) : null;
  return c.json({ media: page.map(printMedia), next_cursor: nextCursor }, 200);
});

mediaRoutes.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(printMedia(await requireMedia(services.db, accessOf(actor).scope, c.req.valid("param").media_id)), 200);
});

mediaRoutes.openapi(deleteRoute, (c) => {
  const { services, actor } = c.var;
  const scope = scopeOf(actor);
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    removeMedia(services, scope, c.req.valid("param").media_id, change),
  );
});

mediaRoutes.openapi(renditionRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  const respond = (outcome: RenditionOutcome) => {
    return { status: outcome.is === "made" ? (201 as const) : (200 as const), body: printMedia(outcome.media) };
  };
  return once(c, { scope, meaning: c.req.valid("json"), respond }, (change) =>
    makeRendition(services, scope, c.req.valid("param").media_id, change),
  );
});
