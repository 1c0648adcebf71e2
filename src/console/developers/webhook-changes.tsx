import type { WebhookRow } from "../../db/webhooks.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, FormCard } from "../frame/components.tsx";
import { TimeField } from "../frame/time-field.tsx";
import { RotateCard } from "./rotate-card.tsx";
import { DEVELOPERS } from "./strings.ts";
import { WebhookForm } from "./webhooks.tsx";

const WORDS = DEVELOPERS.webhooks;

/** What can be done with an endpoint. */
export function WebhookChanges(view: { member: Member; webhook: WebhookRow; problem: Problem | undefined }) {
  const { member, webhook, problem } = view;
  const path = (action: string) => member.at(`developers/webhooks/${webhook.id}/${action}`);
  const change = (id: keyof typeof WORDS.changes) => ({ id, action: path(id), ...WORDS.changes[id] });
  const recover = path("recover");
  return (
    <>
      {webhook.active ? (
        <>
          <FormCard {...change("test")} />
          <FormCard {...change("recover")}>
            <TimeField
              name="since"
              label={WORDS.since}
              value={filledIn(problem, recover, "since", "")}
              error={problemOf(problem, recover, "since")}
              zone={member.workspace.timeZone}
            />
          </FormCard>
        </>
      ) : null}
      <Card id="edit" title={WORDS.edit}>
        <WebhookForm path={path("edit")} webhook={webhook} button={WORDS.save} problem={problem} />
      </Card>
      <RotateCard path={path("rotate")} words={WORDS} problem={problem} />
      <FormCard {...change(webhook.active ? "pause" : "resume")} />
      <Card id="remove" title={WORDS.remove} lead={WORDS.removeLead}>
        <Confirm
          label={WORDS.remove}
          question={WORDS.removeQuestion(webhook.url)}
          action={path("remove")}
          confirm={WORDS.removeConfirm}
        />
      </Card>
    </>
  );
}
