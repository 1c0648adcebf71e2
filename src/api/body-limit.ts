import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { Refusal } from "../lib/refusal.ts";
import { MAX_FORM_FILE_BYTES } from "../media/receive.ts";
import type { AppEnv } from "./context.ts";

const MAX_JSON_BYTES = 256 * 1024;
/** Many posts at once. */
const MAX_BULK_BYTES = 1024 * 1024;
/** The forms of pages, and what platforms send to their callbacks. */
const MAX_FORM_BYTES = 64 * 1024;
/** What a multipart body has around its file. */
const MULTIPART_MARGIN = 16 * 1024;

const BULK = "/v1/publish/bulk";
const MEDIA = "/v1/media";
/** Forms of the console that may carry a file among their fields. */
const COMPOSE = /^\/console\/[^/]+\/[^/]+\/(compose|posts\/[^/]+\/edit)(\/check)?$/;
const UPLOAD_OF_CONSOLE = /^\/console\/[^/]+\/[^/]+\/compose\/(media|uploads\/[^/]+\/parts\/[^/]+)$/;
const UPLOAD_PART = /^\/v1\/media\/uploads\/[^/]+\/parts\/[^/]+$/;

/** Bounds what a handler may find in a body. A file's raw body is bounded by whoever streams it into R2. */
export const limitBody = createMiddleware<AppEnv>(async function limitBody(c, next) {
  const { method, path } = c.req;
  const maxSize = maxSizeOf(method, path, c.req.header("Content-Type") ?? "", saysItsLength(c.req.raw.headers));
  if (maxSize === null) return next();
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Refusal("payload_too_large", `The request body has more than ${maxSize} bytes.`, "body");
    },
  })(c, next);
});

/** @returns null where the body is a file and nothing else */
function maxSizeOf(method: string, path: string, contentType: string, saysLength: boolean): number | null {
  if (method === "PUT" && UPLOAD_PART.test(path)) return null;
  if (UPLOAD_OF_CONSOLE.test(path)) return null;
  // Whoever sends it may be a stranger yet, and a body that does not say its length is held to be measured.
  if (COMPOSE.test(path)) return MAX_JSON_BYTES + (saysLength ? MAX_FORM_FILE_BYTES : 0);
  if (!path.startsWith("/v1/")) return MAX_FORM_BYTES;
  if (path === BULK) return MAX_BULK_BYTES;
  if (method !== "POST" || path !== MEDIA) return MAX_JSON_BYTES;
  if (/^multipart\/form-data/i.test(contentType)) return MAX_FORM_FILE_BYTES + MULTIPART_MARGIN;
  return isRawFile(contentType) ? null : MAX_JSON_BYTES;
}

function saysItsLength(headers: Headers): boolean {
  return headers.has("Content-Length") && !headers.has("Transfer-Encoding");
}

/** Whether a body is a file and nothing else. The type says no more than that: what the file is shows its content. */
export function isRawFile(contentType: string): boolean {
  return /^(image\/|video\/|application\/octet-stream\b)/i.test(contentType.trim());
}
