import type { Context } from "hono";
import { Hono } from "hono";
import type * as z from "zod";
import { changeAccount, disconnectAccount } from "../../accounts/change-account.ts";
import type { ConnectLink } from "../../accounts/connect-link.ts";
import { createConnectLink } from "../../accounts/connect-link.ts";
import { createSandboxAccount } from "../../accounts/create-sandbox-account.ts";
import { accountNotFound } from "../../accounts/search-locations.ts";
import { accountEdit, readAccountEdit } from "../../api/accounts.ts";
import { DEFAULT_LIFE_SECONDS, sandboxBody } from "../../api/connect.ts";
import type { AppEnv } from "../../api/context.ts";
import { decisionOf, resumeBody } from "../../api/pauses.ts";
import { findAccount } from "../../db/accounts.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Mode } from "../../lib/vocabulary.ts";
import { liftPause, pause } from "../../post/manual-pauses.ts";
import type { FormHandler } from "../access/form.ts";
import { memberForm, workspaceForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { readTime } from "../frame/time-field.tsx";
import { showAccount } from "./account-page.tsx";
import { showAccounts } from "./accounts-page.tsx";

/*
 * The accounts: what a member reaches of them, and what they change.
 */

export const accountPages = new Hono<AppEnv>();

accountPages.get(pagePath("accounts"), memberRoute("accounts:read", showAccounts));

accountPages.post(
  pagePath("accounts/connect"),
  workspaceForm("accounts:write", showAccounts, async (c, member, form) => {
    demandMode(member, "live");
    const { platform } = form.read(sandboxBody.pick({ platform: true }), { platform: form.text("platform") });
    const { services } = c.var;
    const redirectUrl = `${services.publicOrigin}${member.at("accounts")}`;
    const request = { platform, redirectUrl, expiresIn: DEFAULT_LIFE_SECONDS };
    const deps = { ...services, allowPrivateTargets: services.settings.allowPrivateTargets };
    const link = await form.once<ConnectLink>((change) => createConnectLink(deps, member.scope, request, change));
    return c.redirect(new URL(link.url).pathname, 303);
  }),
);

accountPages.post(
  pagePath("accounts/sandbox"),
  workspaceForm("accounts:write", showAccounts, async (c, member, form) => {
    demandMode(member, "test");
    const fields = { platform: form.text("platform"), username: form.text("username").trim() };
    const request = form.read(sandboxBody, { ...fields, behavior: form.text("behavior") });
    await form.once((change) => createSandboxAccount(c.var.services, member.scope, request, change));
    return c.redirect(`${member.at("accounts")}?done=created`, 303);
  }),
);

accountPages.get(pagePath("accounts/:account_id"), memberRoute("accounts:read", showAccount));

accountPages.post(
  pagePath("accounts/:account_id/edit"),
  memberForm("accounts:write", showAccount, async (c, member, form) => {
    const labels = form
      .text("labels")
      .split("\n")
      .map((label) => label.trim())
      .filter((label) => label !== "");
    const group = form.fields.group_id?.[0];
    const edit = form.read(accountEdit, { labels, ...(group !== undefined && { group_id: group || null }) });
    await form.once((change) => changeAccount(c.var.services, member.access, idIn(c), readAccountEdit(edit), change));
    return leave(c, member, "saved");
  }),
);

accountPages.post(
  pagePath("accounts/:account_id/pause"),
  ofPosts(async (c, member, form) => {
    const subject = await subjectOf(c, member);
    await form.once((change) => pause(c.var.services, subject, change));
    return leave(c, member, "paused");
  }),
);

accountPages.post(
  pagePath("accounts/:account_id/resume"),
  ofPosts(async (c, member, form) => {
    const overdue = form.text("overdue");
    const schedule = { schedule: readTime(member, form.text("schedule")) };
    const body: z.infer<typeof resumeBody> = form.read(resumeBody, {
      overdue,
      ...(overdue === "reschedule" && schedule),
    });
    const subject = await subjectOf(c, member);
    await form.once((change) => liftPause(c.var.services, subject, decisionOf(body), change));
    return leave(c, member, "resumed");
  }),
);

accountPages.post(
  pagePath("accounts/:account_id/disconnect"),
  memberForm("accounts:write", showAccount, async (c, member, form) => {
    await form.once<void>((change) => disconnectAccount(c.var.services, member.access, idIn(c), change));
    return c.redirect(`${member.at("accounts")}?done=disconnected`, 303);
  }),
);

/** Pauses have the scopes of posts: to lift one may cancel what it held. */
function ofPosts(handler: FormHandler) {
  return memberForm("posts:write", showAccount, handler);
}

/** @throws Refusal where a form belongs to the other mode */
function demandMode({ mode }: Member, wanted: Mode): void {
  if (mode !== wanted) throw new Refusal("not_found", "There is no such page.");
}

/** @throws Refusal when there is no such account within reach */
async function subjectOf(c: Context<AppEnv>, member: Member) {
  const accountId = idIn(c);
  if (!(await findAccount(c.var.services.db, member.access, accountId))) throw accountNotFound();
  return { is: "account" as const, ...member.scope, accountId };
}

function idIn(c: Context<AppEnv>): string {
  return c.req.param("account_id") ?? "";
}

function leave(c: Context<AppEnv>, member: Member, done: "saved" | "paused" | "resumed"): Response {
  return c.redirect(`${member.at(`accounts/${idIn(c)}`)}?done=${done}`, 303);
}
