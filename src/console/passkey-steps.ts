import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "../api/context.ts";

/*
 * What the script of passkeys and the server say to each other, in JSON.
 */

/** @throws HTTPException when the body is not JSON: a form of another site cannot send that */
export async function readJson(c: Context<AppEnv>): Promise<unknown> {
  if (!/^application\/json\b/.test(c.req.header("Content-Type") ?? "")) throw new HTTPException(415);
  try {
    return await c.req.json();
  } catch {
    return null;
  }
}

/** Says no in words for the person, and no more than that: which part of it was wrong is nobody's business. */
export function refuseStep(c: Context<AppEnv>, message: string): Response {
  return c.json({ error: { message } }, 400);
}
