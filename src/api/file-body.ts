import type { Context } from "hono";
import { HashedBody } from "../media/hashed-body.ts";
import { announcedLength } from "../media/store-bytes.ts";
import type { AppEnv } from "./context.ts";

/** A file that comes as a request's body, and what it means to `once`. */
export interface FileBody {
  stream: ReadableStream<Uint8Array> | null;
  /** In bytes; null where it is not said. */
  length: number | null;
  /** The hash of the bytes: under the same key other bytes are another request. */
  meaning(): Promise<{ sha256: string | null }>;
}

/** The request's body. It is hashed while it is read, and only where the request has a key that asks for it. */
export function fileBody(c: Context<AppEnv>): FileBody {
  const { body, headers } = c.req.raw;
  const hashed = body && headers.has("Idempotency-Key") ? new HashedBody(body) : null;
  return {
    stream: hashed?.stream ?? body,
    length: announcedLength(headers),
    meaning: async () => ({ sha256: (await hashed?.sha256()) ?? null }),
  };
}
