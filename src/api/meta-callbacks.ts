import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { deauthorize, deleteData } from "../accounts/take-back.ts";
import { AUTH_PROVIDERS } from "../lib/vocabulary.ts";
import type { Services } from "../services.ts";
import type { AppEnv } from "./context.ts";
import { refuseIssues } from "./validation.ts";

/*
 * What Meta calls on a person's behalf, open without a key: its signature is the permission. Facebook Login and Instagram
 * Login are each set up with addresses of their own, and any app of ours may sign either.
 */

const form = z.object({ signed_request: z.string().max(8_192) });

const validForm = zValidator("form", form, (result) => {
  if (!result.success) refuseIssues(result.error.issues, "body");
});

export const metaCallbacks = new Hono<AppEnv>();

for (const provider of AUTH_PROVIDERS) {
  metaCallbacks.post(`/connect/${provider}/deauthorize`, validForm, async (c) => {
    await deauthorize(depsOf(c.var.services), c.req.valid("form").signed_request);
    return c.json({ success: true });
  });

  metaCallbacks.post(`/connect/${provider}/data-deletion`, validForm, async (c) => {
    const { services } = c.var;
    const code = await deleteData(depsOf(services), c.req.valid("form").signed_request);
    // Meta's own form of answer: where the person can look it up.
    return c.json({ url: `${services.publicOrigin}/connect/data-deletion/${code}`, confirmation_code: code });
  });
}

function depsOf({ db, clock, settings, sendDeliveries }: Services) {
  return { db, clock, login: settings.login, sendDeliveries };
}
