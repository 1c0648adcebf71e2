import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../api/context.ts";
import type { MediaRow } from "../db/media.ts";
import { findMedia } from "../db/media.ts";
import { makeThumbnail } from "../media/thumbnail.ts";
import { isVideo } from "../platforms/platform.ts";
import { pagePath } from "./access/member.ts";
import { memberRoute } from "./access/member-route.ts";
import { MEDIA_WIDTHS } from "./frame/media.tsx";

/*
 * Media for members, by their session: an address that was copied shows nothing to anybody else, unlike the signed ones that
 * platforms fetch. As with the API, whoever knows an id may look at what it names.
 */

/** Kept by the browser for as long as the cookie is the same: the bytes of an id never change. */
const CACHING = "private, max-age=86400";

const ABSENT = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="#8b949e"/>
<path d="m17 17 14 14m0-14L17 31" stroke="#fff" stroke-width="2.5"/></svg>`;
const VIDEO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="#3b4754"/>
<path d="M19 15v18l15-9z" fill="#fff"/></svg>`;

export const mediaFiles = new Hono<AppEnv>();

mediaFiles.get(
  pagePath("media/:media_id"),
  memberRoute("posts:read", async (c, member) => {
    const [row] = await findMedia(c.var.services.db, member.scope, [c.req.param("media_id") ?? ""]);
    c.header("Vary", "Cookie");
    c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    const width = MEDIA_WIDTHS.find((each) => String(each) === c.req.query("width"));
    if (!row) return drawing(c, ABSENT, 404);
    if (width === undefined) return whole(c, row);
    return isVideo(row) ? drawing(c, VIDEO, 200) : small(c, row, width);
  }),
);

function drawing(c: Context<AppEnv>, svg: string, status: 200 | 404): Response {
  c.header("Content-Type", "image/svg+xml");
  c.header("Cache-Control", CACHING);
  return c.body(svg, status);
}

async function small(c: Context<AppEnv>, row: MediaRow, width: number): Promise<Response> {
  const { bucket, images } = c.var.services;
  const object = row.width <= width ? null : await bucket.get(row.id);
  const made = object && (await makeThumbnail(images, object.body, width));
  if (!made) return whole(c, row);
  c.header("Content-Type", "image/webp");
  c.header("Cache-Control", CACHING);
  return c.body(made);
}

/** The file, or the part of it that a player asks for. */
async function whole(c: Context<AppEnv>, row: MediaRow): Promise<Response> {
  const range = rangeOf(c.req.header("Range"), row.bytes);
  if (range === "unsatisfiable") {
    c.header("Content-Range", `bytes */${row.bytes}`);
    return c.body(null, 416);
  }
  const object = await c.var.services.bucket.get(row.id, range ? { range } : {});
  if (!object) return drawing(c, ABSENT, 404);
  c.header("Content-Type", row.mimeType);
  c.header("Cache-Control", CACHING);
  c.header("Accept-Ranges", "bytes");
  c.header("Content-Length", String(range?.length ?? row.bytes));
  if (!range) return c.body(object.body);
  c.header("Content-Range", `bytes ${range.offset}-${range.offset + range.length - 1}/${row.bytes}`);
  return c.body(object.body, 206);
}

/** One range of bytes; null where none is asked for, or several, or it makes no sense: then the whole is as good an answer. */
function rangeOf(
  header: string | undefined,
  size: number,
): { offset: number; length: number } | "unsatisfiable" | null {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return null;
  const offset = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (offset >= size) return "unsatisfiable";
  return end < offset ? null : { offset, length: end - offset + 1 };
}
