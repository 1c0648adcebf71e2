import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { WebhookRow } from "../../db/webhooks.ts";
import { findWebhook } from "../../db/webhooks.ts";
import { webhookNotFound } from "../../webhooks/create-webhook.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { DeliveriesCard } from "./deliveries.tsx";
import { DEVELOPERS } from "./strings.ts";
import { WebhookChanges } from "./webhook-changes.tsx";
import { WebhookState } from "./webhooks.tsx";

const WORDS = DEVELOPERS.webhooks;

/** One endpoint: what it was sent, and what can be done with it. @param problem of the form that was refused */
export async function showWebhook(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const webhook = await findWebhook(c.var.services.db, member.scope, c.req.param("webhook_id") ?? "");
  if (!webhook) throw webhookNotFound();
  return showMember(c, member, {
    current: "developers",
    title: webhook.url,
    status: statusOf(problem),
    body: (
      <>
        <PageHead
          title={webhook.url}
          lead={webhook.description ?? undefined}
          back={{ href: member.at("developers"), label: DEVELOPERS.title }}
        />
        {problem ? null : <Done query={c.req.query()} />}
        <FormProblem problem={problem} />
        <Facts member={member} webhook={webhook} />
        {await DeliveriesCard({ c, member, webhook })}
        {member.may("webhooks:write") ? <WebhookChanges member={member} webhook={webhook} problem={problem} /> : null}
      </>
    ),
  });
}

const DONE = { saved: WORDS.saved, tested: WORDS.tested, replayed: WORDS.replayed };

function Done({ query: { done, recovered, more } }: { query: Record<string, string> }) {
  const count = /^\d{1,4}$/.test(recovered ?? "") ? Number(recovered) : null;
  if (count !== null) {
    return (
      <Notice tone="ok">
        {WORDS.recovered(count)} {more === undefined ? null : WORDS.moreMissed}
      </Notice>
    );
  }
  const words = DONE[done as keyof typeof DONE];
  return words === undefined ? null : <Notice tone="ok">{words}</Notice>;
}

function Facts({ member, webhook }: { member: Member; webhook: WebhookRow }) {
  return (
    <dl class="facts">
      <dt>{WORDS.columns.state}</dt>
      <dd>
        <WebhookState webhook={webhook} />
        {webhook.failingSince === null ? null : (
          <p class="small">
            {WORDS.failingSince} <Time at={webhook.failingSince} zone={member.workspace.timeZone} />.
          </p>
        )}
      </dd>
      <dt>{WORDS.events}</dt>
      <dd>{webhook.events.join(", ")}</dd>
      <dt>{WORDS.id}</dt>
      <dd>
        <code>{webhook.id}</code>
      </dd>
    </dl>
  );
}
