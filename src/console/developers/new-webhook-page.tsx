import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { SubscribedEvent } from "../../lib/vocabulary.ts";
import type { Problem } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { showNew } from "./new-page.tsx";
import { DEVELOPERS } from "./strings.ts";
import { WebhookForm } from "./webhooks.tsx";

const WORDS = DEVELOPERS.webhooks;
const USUAL_EVENTS: SubscribedEvent[] = ["publish.completed", "publish.failed", "approval.requested"];

/** Asks where a new endpoint is. @param problem of the form that was refused */
export function showNewWebhook(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const form = (
    <WebhookForm
      path={member.at("developers/webhooks")}
      webhook={{ url: "", description: null, events: USUAL_EVENTS }}
      button={WORDS.createButton}
      problem={problem}
    />
  );
  return showNew(c, member, { title: WORDS.create, lead: WORDS.createLead, form, problem });
}
