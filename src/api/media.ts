import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MediaRow } from "../db/media.ts";
import { invalid } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import { addMedia, addMediaFromUrl } from "../media/add-media.ts";
import { requireKey, scopeOf } from "./authenticate.ts";
import type { AppEnv } from "./context.ts";
import { errorResponses, printedTime } from "./schemas.ts";

const urlBody = z.strictObject({ url: z.string() });
const fileBody = z.strictObject({
  file: z
    .instanceof(File, { error: "{field} must be an uploaded file." })
    .openapi({ type: "string", format: "binary" }),
});

const media = z
  .strictObject({
    id: z.string(),
    mime_type: z.string(),
    bytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    created_at: printedTime,
  })
  .openapi("Media");

const createMediaRoute = createRoute({
  method: "post",
  path: "/v1/media",
  operationId: "createMedia",
  summary: "Add a picture, by upload or by address",
  middleware: [requireKey()] as const,
  request: {
    body: { content: { "application/json": { schema: urlBody }, "multipart/form-data": { schema: fileBody } } },
  },
  responses: {
    201: { description: "The media", content: { "application/json": { schema: media } } },
    ...errorResponses(400, 401, 403, 413, 415, 500),
  },
});

export const mediaRoutes = new OpenAPIHono<AppEnv>();

mediaRoutes.openapi(createMediaRoute, async (c) => {
  const { services, actor } = c.var;
  const { db, bucket, clock, settings } = services;
  const { allowPrivateTargets, publicOrigin } = settings;
  const deps = { db, bucket, clock, outbound: { allowPrivateTargets, publicOrigin } };
  // The library validates the one that the content type names and leaves the other empty.
  const form = c.req.valid("form");
  if ("file" in form) {
    const bytes = new Uint8Array(await form.file.arrayBuffer());
    return c.json(printMedia(await addMedia(deps, scopeOf(actor), bytes, "file")), 201);
  }
  const json = c.req.valid("json");
  if ("url" in json) return c.json(printMedia(await addMediaFromUrl(deps, scopeOf(actor), json.url)), 201);
  throw invalid("file", "A file or a url is required.");
});

function printMedia(row: MediaRow): z.infer<typeof media> {
  return {
    id: row.id,
    mime_type: row.mimeType,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    created_at: printTime(row.createdAt),
  };
}
