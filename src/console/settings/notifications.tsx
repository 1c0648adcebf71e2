import type { Context } from "hono";
import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../../api/context.ts";
import { webhookUrl } from "../../api/webhook-schemas.ts";
import { findNotifications } from "../../db/notifications.ts";
import type { WebhookRow } from "../../db/webhooks.ts";
import { PERSONAL_EVENTS } from "../../lib/vocabulary.ts";
import { removeNotifications, saveNotifications } from "../../webhooks/notifications.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, memberForm, problemOf, statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { Card, Confirm, Form, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import { showMember } from "../frame/show.tsx";
import { SETTINGS } from "./strings.ts";

/*
 * How a member is told of failures and approvals: their own affair, whatever their role.
 */

const WORDS = SETTINGS.notifications;

const notificationsForm = z.strictObject({
  url: webhookUrl.nullable(),
  events: z.array(z.enum(PERSONAL_EVENTS)).min(1, "{field} must name at least one."),
});

export const notificationPages = new Hono<AppEnv>();

notificationPages.get(pagePath("settings/notifications"), memberRoute("posts:read", showNotifications));

notificationPages.post(
  pagePath("settings/notifications"),
  memberForm("posts:read", showNotifications, async (c, member, form) => {
    const url = form.text("url").trim();
    const asked = form.read(notificationsForm, { url: url === "" ? null : url, events: form.fields.events ?? [] });
    await form.once<void>((change) =>
      saveNotifications(c.var.services, member.scope, member.person.personId, asked, change),
    );
    return c.redirect(`${member.at("settings/notifications")}?done=saved`, 303);
  }),
);

notificationPages.post(
  pagePath("settings/notifications/remove"),
  memberForm("posts:read", showNotifications, async (c, member, form) => {
    await form.once<void>((change) =>
      removeNotifications(c.var.services, member.scope, member.person.personId, change),
    );
    return c.redirect(`${member.at("settings/notifications")}?done=removed`, 303);
  }),
);

async function showNotifications(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const present = await findNotifications(c.var.services.db, member.scope, member.person.personId);
  const done = WORDS.done[c.req.query("done") as keyof typeof WORDS.done];
  const back = { href: member.at("settings"), label: SETTINGS.title };
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
        <FormProblem problem={problem} />
        <ChatCard member={member} present={present} problem={problem} />
        <Card id="email" title={WORDS.email} lead={WORDS.noSender} />
      </>
    ),
  });
}

function ChatCard(view: { member: Member; present: WebhookRow | null; problem: Problem | undefined }) {
  const { member, present, problem } = view;
  const path = member.at("settings/notifications");
  const events = present?.events ?? PERSONAL_EVENTS;
  return (
    <Card id="chat" title={WORDS.chat} lead={present === null ? WORDS.chatLead : WORDS.present(present.url)}>
      <Form action={path}>
        <TextField
          name="url"
          label={WORDS.url}
          hint={present === null ? WORDS.urlHint : WORDS.keepHint}
          value={filledIn(problem, path, "url", "")}
          error={problemOf(problem, path, "url")}
          isOptional={present !== null}
          attributes={{ type: "url", placeholder: "https://", autocomplete: "off" }}
        />
        <Choices
          type="checkbox"
          name="events"
          label={WORDS.events}
          error={problemOf(problem, path, "events")}
          chosen={chosenIn(problem, path, "events", events)}
          choices={PERSONAL_EVENTS.map((value) => ({ value, ...WORDS.eventNames[value] }))}
        />
        <div>
          <button type="submit" class="button primary">
            {WORDS.save}
          </button>
        </div>
      </Form>
      {present === null ? null : (
        <Confirm
          label={WORDS.remove}
          question={WORDS.removeQuestion}
          action={`${path}/remove`}
          confirm={WORDS.confirmRemove}
        />
      )}
    </Card>
  );
}
