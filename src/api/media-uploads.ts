import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { MediaRow } from "../db/media.ts";
import { printTime } from "../lib/time.ts";
import { printMedia } from "../media/print-media.ts";
import type { PartedUpload } from "../media/uploads.ts";
import {
  abortUpload,
  completeUpload,
  describeUpload,
  MAX_UPLOAD_BYTES,
  receivePart,
  startUpload,
} from "../media/uploads.ts";
import { accessOf, requireScopeWithinReach } from "./authorize.ts";
import type { AppEnv } from "./context.ts";
import { fileBody } from "./file-body.ts";
import { media } from "./media-object.ts";
import { once } from "./once.ts";
import { REPLAYED, TAKES_IDEMPOTENCY_KEY } from "./openapi-parts.ts";
import { answerSuccess, success } from "./post-object.ts";
import { errorResponses, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

/*
 * An upload is reached by its id alone, as the media is that becomes of it.
 */

const startBody = z.strictObject({
  bytes: z.number().int().min(1).max(MAX_UPLOAD_BYTES),
  file_name: z.string().min(1).max(255).optional(),
});
const uploadParams = z.strictObject({ upload_id: z.string() });
const partNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, "{field} must be a part's number, from 1.")
  .transform(Number)
  .openapi({ type: "integer", minimum: 1 });
const partParams = uploadParams.extend({ number: partNumber });

const upload = z
  .strictObject({
    id: z.string(),
    bytes: z.number().int(),
    file_name: z.string().nullable(),
    part_bytes: z.number().int().openapi({ description: "The size of every part but the last." }),
    parts: z.number().int().openapi({ description: "How many parts there are, numbered from 1." }),
    received_parts: z.array(z.number().int()),
    created_at: printedTime,
    expires_at: printedTime,
  })
  .openapi("MediaUpload");

const one = (description: string) => ({ description, content: { "application/json": { schema: upload } } });
const changed = (description: string) => ({ ...one(description), headers: REPLAYED });
const binary = { schema: { type: "string" as const, format: "binary" } };

const startRoute = createRoute({
  method: "post",
  path: "/v1/media/uploads",
  operationId: "startMediaUpload",
  summary: "Start an upload in parts, of a file up to 1 GiB",
  ...requireScopeWithinReach("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { body: { required: true, content: { "application/json": { schema: startBody } } } },
  responses: { 201: changed("The upload"), ...errorResponses(401, 403, 409, 413, 415, 500) },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/media/uploads/{upload_id}",
  operationId: "getMediaUpload",
  summary: "See which parts of an upload have arrived",
  ...requireScopeWithinReach("media:write"),
  request: { params: uploadParams },
  responses: { 200: one("The upload"), ...errorResponses(401, 403, 404, 500) },
});

const partRoute = createRoute({
  method: "put",
  path: "/v1/media/uploads/{upload_id}/parts/{number}",
  operationId: "putMediaUploadPart",
  summary: "Send a part, as the body itself: in any order, several at once, also again",
  ...requireScopeWithinReach("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: partParams, body: { content: { "application/octet-stream": binary } } },
  responses: { 200: changed("The upload"), ...errorResponses(401, 403, 404, 409, 413, 500) },
});

const completeRoute = createRoute({
  method: "post",
  path: "/v1/media/uploads/{upload_id}/complete",
  operationId: "completeMediaUpload",
  summary: "Make media of an upload; again, it answers the same",
  ...requireScopeWithinReach("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: uploadParams },
  responses: {
    201: { description: "The media", headers: REPLAYED, content: { "application/json": { schema: media } } },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

const abortRoute = createRoute({
  method: "delete",
  path: "/v1/media/uploads/{upload_id}",
  operationId: "abortMediaUpload",
  summary: "Give an upload up",
  ...requireScopeWithinReach("media:write"),
  parameters: [TAKES_IDEMPOTENCY_KEY],
  request: { params: uploadParams },
  responses: {
    200: {
      description: "Nothing of the upload is left",
      headers: REPLAYED,
      content: { "application/json": { schema: success } },
    },
    ...errorResponses(401, 403, 404, 409, 500),
  },
});

export const mediaUploads = new OpenAPIHono<AppEnv>();

mediaUploads.openapi(startRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  const body = c.req.valid("json");
  const file = { bytes: body.bytes, fileName: body.file_name ?? null };
  const respond = (started: PartedUpload) => ({ status: 201 as const, body: printUpload(started) });
  return once(c, { scope, meaning: body, respond }, (change) => startUpload(services, scope, file, change));
});

mediaUploads.openapi(getRoute, async (c) => {
  const { services, actor } = c.var;
  return c.json(
    printUpload(await describeUpload(services, accessOf(actor).scope, c.req.valid("param").upload_id)),
    200,
  );
});

mediaUploads.openapi(partRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  const { upload_id, number } = c.req.valid("param");
  const { stream, length, meaning } = fileBody(c);
  const part = { uploadId: upload_id, number, body: stream, length };
  const respond = (upload: PartedUpload) => ({ status: 200 as const, body: printUpload(upload) });
  return once(c, { scope, meaning, respond }, (change) => receivePart(services, scope, part, change));
});

mediaUploads.openapi(completeRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  const respond = (row: MediaRow) => ({ status: 201 as const, body: printMedia(row) });
  return once(c, { scope, meaning: null, respond }, (change) =>
    completeUpload(services, scope, c.req.valid("param").upload_id, change),
  );
});

mediaUploads.openapi(abortRoute, (c) => {
  const { services, actor } = c.var;
  const { scope } = accessOf(actor);
  return once(c, { scope, meaning: null, respond: answerSuccess }, (change) =>
    abortUpload(services, scope, c.req.valid("param").upload_id, change),
  );
});

function printUpload(row: PartedUpload): z.infer<typeof upload> {
  return {
    id: row.id,
    bytes: row.bytes,
    file_name: row.fileName,
    part_bytes: row.partBytes,
    parts: row.parts,
    received_parts: row.receivedParts,
    created_at: printTime(row.createdAt),
    expires_at: printTime(row.expiresAt),
  };
}
