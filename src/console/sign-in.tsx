import type { Context } from "hono";
import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../api/context.ts";
import { hasLiveAccount } from "../db/accounts.ts";
import { beginSignIn, finishSignIn } from "../people/passkeys.ts";
import { HOME, membershipsOf } from "./access/member.ts";
import { signedInAt, signIn, signOut } from "./access/session-cookie.ts";
import { browserOf, nameBrowser } from "./browser-cookie.ts";
import { PASSKEY_SCRIPT } from "./frame/assets.ts";
import { Card, Notice, PageHead } from "./frame/components.tsx";
import { PasskeyForm } from "./frame/passkey-form.tsx";
import { problemPage } from "./frame/problems.tsx";
import { showAnybody } from "./frame/show.tsx";
import { readJson, refuseStep } from "./passkey-steps.ts";
import { SIGN_IN } from "./strings.ts";

/*
 * Signing in with a passkey, signing out, and where one comes in.
 */

export const signInPages = new Hono<AppEnv>();

/** Where the console begins: in the workspace's test mode, as long as it has connected nothing in the other. */
signInPages.get("/console", async (c) => {
  const person = await signedInAt(c);
  if (!person) return c.redirect("/console/sign-in", 303);
  const [first] = await membershipsOf(c, person);
  if (!first) return showAnybody(c, problemPage(c, "noWorkspace"));
  return c.redirect(await homeOf(c, first.workspace.id), 303);
});

/** @returns the first page of a workspace */
export async function homeOf(c: Context<AppEnv>, workspaceId: string): Promise<string> {
  const mode = (await hasLiveAccount(c.var.services.db, workspaceId)) ? "live" : "test";
  return `/console/${workspaceId}/${mode}/${HOME}`;
}

signInPages.get("/console/sign-in", async (c) => {
  const next = ownPath(c, c.req.query("next"));
  if (await signedInAt(c)) return c.redirect(next, 303);
  return showAnybody(c, {
    title: SIGN_IN.title,
    scripts: [PASSKEY_SCRIPT],
    body: (
      <>
        <PageHead title={SIGN_IN.title} lead={SIGN_IN.lead} />
        {c.req.query("done") === "signed_out" ? <Notice tone="ok">{SIGN_IN.signedOut}</Notice> : null}
        <PasskeyForm at="/console/sign-in" kind="use" next={next} button={SIGN_IN.button} />
        <Card id="no-passkey" title={SIGN_IN.noPasskey} lead={SIGN_IN.ask} />
      </>
    ),
  });
});

signInPages.post("/console/sign-in/begin", async (c) => {
  return c.json(await beginSignIn(c.var.services, nameBrowser(c)));
});

const FINISH = z.object({ credential: z.unknown(), next: z.string().max(2_000) });

signInPages.post("/console/sign-in/finish", async (c) => {
  const browser = browserOf(c);
  const sent = FINISH.safeParse(await readJson(c));
  if (browser === undefined || !sent.success) return refuseStep(c, SIGN_IN.refused);
  const identified = await finishSignIn(c.var.services, browser, sent.data.credential);
  if (!identified) return refuseStep(c, SIGN_IN.refused);
  await signIn(c, identified);
  return c.json({ next: ownPath(c, sent.data.next) });
});

signInPages.post("/console/sign-out", async (c) => {
  await signOut(c);
  return c.redirect("/console/sign-in?done=signed_out", 303);
});

/** A path of the console; its beginning, where something else is asked for: nobody is led elsewhere by a link of ours. */
function ownPath(c: Context<AppEnv>, asked: string | undefined): string {
  const { publicOrigin } = c.var.services;
  const url = asked !== undefined && URL.parse(asked, publicOrigin);
  if (!url || url.origin !== publicOrigin || !url.pathname.startsWith("/console/")) return "/console";
  return `${url.pathname}${url.search}`;
}
