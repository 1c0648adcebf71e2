import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { recoverBody } from "../../api/deliveries.ts";
import { webhookEdit, webhookRequest, webhookRotation } from "../../api/webhooks.ts";
import type { WebhookChange } from "../../db/webhooks.ts";
import { HOUR } from "../../lib/clock.ts";
import { changeWebhook, removeWebhook } from "../../webhooks/change-webhook.ts";
import type { WithSecret } from "../../webhooks/create-webhook.ts";
import { createWebhook } from "../../webhooks/create-webhook.ts";
import { rotateSecret } from "../../webhooks/rotate-secret.ts";
import type { Recovery } from "../../webhooks/send-again.ts";
import { recoverMissed, retryDelivery } from "../../webhooks/send-again.ts";
import { testWebhook } from "../../webhooks/test-webhook.ts";
import type { FormHandler, SentForm } from "../access/form.ts";
import { workspaceForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { readTime } from "../frame/time-field.tsx";
import { showNewWebhook } from "./new-webhook-page.tsx";
import { showSecret } from "./secret-page.tsx";
import { DEVELOPERS } from "./strings.ts";
import { showWebhook } from "./webhook-page.tsx";

/*
 * The endpoints that events are sent to, and what they missed.
 */

const WORDS = DEVELOPERS.webhooks;

export const webhookForms = new Hono<AppEnv>();

webhookForms.get(pagePath("developers/webhooks/new"), workspaceRoute("webhooks:write", showNewWebhook));
webhookForms.get(pagePath("developers/webhooks/:webhook_id"), workspaceRoute("webhooks:read", showWebhook));

webhookForms.post(
  pagePath("developers/webhooks"),
  workspaceForm("webhooks:write", showNewWebhook, async (c, member, form) => {
    const { url, events, description = null } = form.read(webhookRequest, fieldsIn(form));
    const asked = { url, events, description, secret: null };
    const made = await form.onceInSecret<WithSecret>((change) =>
      createWebhook(c.var.services, member.scope, asked, change),
    );
    return show(c, member, made);
  }),
);

/** A form of an endpoint's page. */
function receive(action: string, handler: FormHandler) {
  webhookForms.post(
    pagePath(`developers/webhooks/:webhook_id/${action}`),
    workspaceForm("webhooks:write", showWebhook, handler),
  );
}

receive("edit", (c, member, form) => edit(c, member, form, form.read(webhookEdit, fieldsIn(form))));
receive("pause", (c, member, form) => edit(c, member, form, { active: false }));
receive("resume", (c, member, form) => edit(c, member, form, { active: true }));

receive("remove", async (c, member, form) => {
  await form.once<void>((change) => removeWebhook(c.var.services.db, member.scope, idIn(c), change));
  return c.redirect(`${member.at("developers")}?done=deleted`, 303);
});

receive("rotate", async (c, member, form) => {
  const { overlap_hours: hours } = form.read(webhookRotation, { overlap_hours: form.number("overlap_hours") });
  const asked = { secret: null, overlap: hours * HOUR };
  const rotated = await form.onceInSecret<WithSecret>((change) =>
    rotateSecret(c.var.services, member.scope, idIn(c), asked, change),
  );
  return show(c, member, rotated);
});

receive("test", async (c, member, form) => {
  await form.once((change) => testWebhook(c.var.services, member.scope, idIn(c), change));
  return leave(c, member, "done=tested");
});

receive("recover", async (c, member, form) => {
  const { since } = form.read(recoverBody, { since: readTime(member, form.text("since")) });
  const { recovered, hasMore } = await form.once<Recovery>((change) =>
    recoverMissed(c.var.services, member.scope, idIn(c), since, change),
  );
  return leave(c, member, `recovered=${recovered}${hasMore ? "&more=yes" : ""}`);
});

receive("deliveries/:delivery_id/retry", async (c, member, form) => {
  const id = c.req.param("delivery_id") ?? "";
  await form.once((change) => retryDelivery(c.var.services, member.scope, id, change));
  return leave(c, member, "done=replayed");
});

async function edit(c: Context<AppEnv>, member: Member, form: SentForm, fields: WebhookChange): Promise<Response> {
  await form.once((change) => changeWebhook(c.var.services, member.scope, idIn(c), fields, change));
  return leave(c, member, "done=saved");
}

function fieldsIn(form: SentForm) {
  const description = form.text("description").trim();
  return {
    url: form.text("url").trim(),
    events: form.fields.events ?? [],
    description: description === "" ? null : description,
  };
}

function idIn(c: Context<AppEnv>): string {
  return c.req.param("webhook_id") ?? "";
}

function leave(c: Context<AppEnv>, member: Member, outcome: string): Response {
  return c.redirect(`${member.at(`developers/webhooks/${idIn(c)}`)}?${outcome}`, 303);
}

function show(c: Context<AppEnv>, member: Member, made: WithSecret | null) {
  const { ready: title, readyLead: lead, secret: label } = WORDS;
  const next = made && member.at(`developers/webhooks/${made.row.id}`);
  return showSecret(c, member, { title, lead, label, secret: made?.secret ?? null, next });
}
