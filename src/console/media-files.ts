import { Hono } from "hono";
import type { AppEnv } from "../api/context.ts";
import { mediaNotFound, requireMedia } from "../media/find-media.ts";
import { pagePath } from "./access/member.ts";
import { memberRoute } from "./access/member-route.ts";

/** Pictures and videos as pages show them. Who knows the id of media may look at it, as in the API. */
export const mediaFiles = new Hono<AppEnv>();

mediaFiles.get(
  pagePath("media/:media_id"),
  memberRoute("posts:read", async (c, member) => {
    const { db, library } = c.var.services;
    const { id, mimeType, bytes } = await requireMedia(db, member.scope, c.req.param("media_id") ?? "");
    const object = await library.bucket.get(id);
    if (!object) throw mediaNotFound();
    return c.body(object.body, 200, {
      "Content-Type": mimeType,
      "Content-Length": String(bytes),
      "Content-Security-Policy": "default-src 'none'; sandbox",
    });
  }),
);
