import type { OpenAPIHono } from "@hono/zod-openapi";
import { sha256Hex } from "../lib/crypto.ts";
import type { AppEnv } from "./context.ts";
import { openApiDocument } from "./openapi.ts";

/** Serves the description of an app, open without a key. Whoever has it asks by its ETag whether it has changed. */
export function serveOpenApi(app: OpenAPIHono<AppEnv>): void {
  // Made when it is first asked for: most isolates never are.
  let made: Promise<{ text: string; etag: string }> | null = null;
  app.get("/openapi.json", async (c) => {
    made ??= make(app);
    const { text, etag } = await made;
    c.header("ETag", etag);
    c.header("Cache-Control", "no-cache");
    // Any origin may read it, as tools in browsers do.
    c.header("Access-Control-Allow-Origin", "*");
    if (isKnown(c.req.header("If-None-Match"), etag)) return c.body(null, 304);
    c.header("Content-Type", "application/json");
    return c.body(text);
  });
}

async function make(app: OpenAPIHono<AppEnv>): Promise<{ text: string; etag: string }> {
  const text = printOpenApi(app);
  return { text, etag: `"${(await sha256Hex(text)).slice(0, 32)}"` };
}

/** The document as it is served, and as `docs/openapi.json` has it. */
export function printOpenApi(app: OpenAPIHono<AppEnv>): string {
  return `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
}

/** A tag that was weakened on its way, as by whoever compresses, is as good. */
function isKnown(header: string | undefined, etag: string): boolean {
  const known = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
