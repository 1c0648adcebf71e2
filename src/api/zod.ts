/*
 * Zod, whose schemas can be described: `.openapi(…)` is there before any schema is made. Imported as a namespace, of which the
 * bundle then holds what is used.
 */
import "@hono/zod-openapi";

export * from "zod";
