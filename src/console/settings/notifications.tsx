import type { Context } from "hono";
import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../../api/context.ts";
import { webhookUrl } from "../../api/webhook-schemas.ts";
import { findNotifications } from "../../db/notifications.ts";
import { invalid } from "../../lib/refusal.ts";
import { PERSONAL_EVENTS } from "../../lib/vocabulary.ts";
import { openConfirmation, sendConfirmation } from "../../webhooks/confirm-address.ts";
import { removeNotifications, saveNotifications } from "../../webhooks/notifications.ts";
import type { FormHandler, Problem } from "../access/form.ts";
import { memberForm, statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { Card, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { ChatCard, ConfirmCard, MailCard, PresentCard } from "./notification-cards.tsx";
import { SETTINGS } from "./strings.ts";

/*
 * How a member is told of failures and approvals: their own affair, whatever their role.
 */

const WORDS = SETTINGS.notifications;
const PAGE = "settings/notifications";

const events = z.array(z.enum(PERSONAL_EVENTS)).min(1, "{field} must name at least one.");
const chatForm = z.strictObject({ url: webhookUrl.nullable(), events });
const mailForm = z.strictObject({
  email: z.email("{field} must be an e-mail address.").max(254).nullable(),
  events,
});

export const notificationPages = new Hono<AppEnv>();

notificationPages.get(pagePath(PAGE), memberRoute("posts:read", showNotifications));

/** A form of the page. */
const ofPage = (handler: FormHandler) => memberForm("posts:read", showNotifications, handler);

notificationPages.post(
  pagePath(PAGE),
  ofPage(async (c, member, form) => {
    const { url, events } = form.read(chatForm, {
      url: form.text("url").trim() || null,
      events: form.fields.events ?? [],
    });
    const asked = { format: "slack", address: url, events } as const;
    await form.once<void>((change) =>
      saveNotifications(c.var.services, member.scope, member.person.personId, asked, change),
    );
    return c.redirect(`${member.at(PAGE)}?done=saved`, 303);
  }),
);

notificationPages.post(
  pagePath(`${PAGE}/email`),
  ofPage(async (c, member, form) => {
    const { services } = c.var;
    const { personId } = member.person;
    const { email, events } = form.read(mailForm, {
      email: form.text("email").trim() || null,
      events: form.fields.events ?? [],
    });
    if (email === null) {
      const asked = { format: "email", address: null, events } as const;
      await form.once<void>((change) => saveNotifications(services, member.scope, personId, asked, change));
      return c.redirect(`${member.at(PAGE)}?done=saved`, 303);
    }
    const page = `${services.publicOrigin}${member.at(PAGE)}`;
    await form.once<void>((change) =>
      sendConfirmation(services, member.scope, personId, { address: email, events }, page, change),
    );
    return c.redirect(`${member.at(PAGE)}?done=sent`, 303);
  }),
);

notificationPages.post(
  pagePath(`${PAGE}/confirm`),
  ofPage(async (c, member, form) => {
    const { personId } = member.person;
    const request = await openConfirmation(c.var.services, member.scope, personId, form.text("token"));
    if (!request) throw invalid("link", WORDS.badLink);
    const asked = { format: "email", ...request } as const;
    await form.once<void>((change) => saveNotifications(c.var.services, member.scope, personId, asked, change));
    return c.redirect(`${member.at(PAGE)}?done=saved`, 303);
  }),
);

notificationPages.post(
  pagePath(`${PAGE}/remove`),
  ofPage(async (c, member, form) => {
    await form.once<void>((change) =>
      removeNotifications(c.var.services, member.scope, member.person.personId, change),
    );
    return c.redirect(`${member.at(PAGE)}?done=removed`, 303);
  }),
);

async function showNotifications(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { services } = c.var;
  const { personId } = member.person;
  const token = c.req.query("confirm");
  const [present, request] = await Promise.all([
    findNotifications(services.db, member.scope, personId),
    token === undefined ? null : openConfirmation(services, member.scope, personId, token),
  ]);
  const done = WORDS.done[c.req.query("done") as keyof typeof WORDS.done];
  const back = { href: member.at("settings"), label: SETTINGS.title };
  const path = member.at(PAGE);
  return showMember(c, member, {
    current: "settings",
    title: WORDS.title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead
          title={WORDS.title}
          lead={WORDS.lead(member.mode)}
          {...(member.access.accountIds === null && { back })}
        />
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        {present === null || present.active ? null : <Notice tone="bad">{WORDS.givenUp}</Notice>}
        {token !== undefined && request === null ? <Notice tone="bad">{WORDS.badLink}</Notice> : null}
        <FormProblem problem={problem} />
        {token !== undefined && request ? <ConfirmCard path={path} token={token} request={request} /> : null}
        {present === null ? null : <PresentCard path={path} present={present} />}
        <ChatCard path={path} present={present} problem={problem} />
        {services.sendMail === null ? (
          <Card id="by-email" title={WORDS.email} lead={WORDS.noSender} />
        ) : (
          <MailCard path={`${path}/email`} present={present} problem={problem} />
        )}
      </>
    ),
  });
}
