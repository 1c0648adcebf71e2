import type { WebhookRow } from "../../db/webhooks.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, Form } from "../frame/components.tsx";
import { TextField } from "../frame/fields.tsx";
import { TimeField } from "../frame/time-field.tsx";
import { DEVELOPERS } from "./strings.ts";
import { WebhookForm } from "./webhooks.tsx";

const WORDS = DEVELOPERS.webhooks;
const DEFAULT_OVERLAP = "24";

/** What can be done with an endpoint. */
export function WebhookChanges(view: { member: Member; webhook: WebhookRow; problem: Problem | undefined }) {
  const { member, webhook, problem } = view;
  const path = (action: string) => member.at(`developers/webhooks/${webhook.id}/${action}`);
  const [recover, rotate] = [path("recover"), path("rotate")];
  return (
    <>
      {webhook.active ? (
        <>
          <OneButton
            id="test"
            title={WORDS.test}
            lead={WORDS.testLead}
            action={path("test")}
            button={WORDS.testButton}
          />
          <Card id="recover" title={WORDS.recover} lead={WORDS.recoverLead}>
            <Form action={recover}>
              <TimeField
                name="since"
                label={WORDS.since}
                value={filledIn(problem, recover, "since", "")}
                error={problemOf(problem, recover, "since")}
                zone={member.workspace.timeZone}
              />
              <div>
                <button type="submit" class="button">
                  {WORDS.recoverButton}
                </button>
              </div>
            </Form>
          </Card>
        </>
      ) : null}
      <Card id="edit" title={WORDS.edit}>
        <WebhookForm path={path("edit")} webhook={webhook} button={WORDS.save} problem={problem} />
      </Card>
      <Card id="secret" title={WORDS.rotate} lead={WORDS.rotateLead}>
        <Form action={rotate}>
          <TextField
            name="overlap_hours"
            label={WORDS.overlap}
            hint={WORDS.overlapHint}
            value={filledIn(problem, rotate, "overlap_hours", DEFAULT_OVERLAP)}
            error={problemOf(problem, rotate, "overlap_hours")}
            attributes={{ inputmode: "numeric" }}
          />
          <div>
            <button type="submit" class="button">
              {WORDS.rotateButton}
            </button>
          </div>
        </Form>
      </Card>
      {webhook.active ? (
        <OneButton
          id="pause"
          title={WORDS.pause}
          lead={WORDS.pauseLead}
          action={path("pause")}
          button={WORDS.pauseButton}
        />
      ) : (
        <OneButton
          id="resume"
          title={WORDS.resume}
          lead={WORDS.resumeLead}
          action={path("resume")}
          button={WORDS.resume}
        />
      )}
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

function OneButton(view: { id: string; title: string; lead: string; action: string; button: string }) {
  return (
    <Card id={view.id} title={view.title} lead={view.lead}>
      <Form action={view.action} isInline={true}>
        <button type="submit" class="button">
          {view.button}
        </button>
      </Form>
    </Card>
  );
}
