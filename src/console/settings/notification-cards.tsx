import type { WebhookRow } from "../../db/webhooks.ts";
import { PERSONAL_EVENTS } from "../../lib/vocabulary.ts";
import type { MailRequest } from "../../webhooks/confirm-address.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, problemOf } from "../access/form.ts";
import { Card, Confirm, Form } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.notifications;

/** A form for a way of being told. @param present where the member is told; null: nowhere */
interface WayView {
  path: string;
  present: WebhookRow | null;
  problem: Problem | undefined;
}

/** Where a member is told, and the end of it. */
export function PresentCard({ path, present }: { path: string; present: WebhookRow }) {
  return (
    <Card id="present" title={WORDS.presentTitle} lead={WORDS.present(present.url)}>
      <Confirm
        label={WORDS.remove}
        question={WORDS.removeQuestion}
        action={`${path}/remove`}
        confirm={WORDS.confirmRemove}
      />
    </Card>
  );
}

/** By a URL that takes messages as Slack does. */
export function ChatCard({ path, present, problem }: WayView) {
  const isKept = present?.format === "slack";
  return (
    <Card id="chat" title={WORDS.chat} lead={WORDS.chatLead}>
      <Form action={path}>
        <TextField
          name="url"
          label={WORDS.url}
          hint={isKept ? WORDS.keepHint : WORDS.urlHint}
          value={filledIn(problem, path, "url", "")}
          error={problemOf(problem, path, "url")}
          isOptional={isKept}
          attributes={{ type: "url", placeholder: "https://", autocomplete: "off" }}
        />
        <EventsField id="events" path={path} present={present} problem={problem} />
        <div>
          <button type="submit" class="button primary">
            {WORDS.save}
          </button>
        </div>
      </Form>
    </Card>
  );
}

/** By e-mail, to an address that is confirmed by a link first. */
export function MailCard({ path, present, problem }: WayView) {
  const isKept = present?.format === "email";
  return (
    <Card id="by-email" title={WORDS.email} lead={WORDS.emailLead}>
      <Form action={path}>
        <TextField
          name="email"
          label={WORDS.address}
          hint={isKept ? WORDS.keepHint : WORDS.addressHint}
          value={filledIn(problem, path, "email", "")}
          error={problemOf(problem, path, "email")}
          isOptional={isKept}
          attributes={{ type: "email", autocomplete: "email" }}
        />
        <EventsField id="mail-events" path={path} present={present} problem={problem} />
        <div>
          <button type="submit" class="button primary">
            {isKept ? WORDS.saveAddress : WORDS.sendLink}
          </button>
        </div>
      </Form>
    </Card>
  );
}

function EventsField({ id, path, present, problem }: WayView & { id: string }) {
  return (
    <Choices
      type="checkbox"
      name="events"
      id={id}
      label={WORDS.events}
      error={problemOf(problem, path, "events")}
      chosen={chosenIn(problem, path, "events", present?.events ?? PERSONAL_EVENTS)}
      choices={PERSONAL_EVENTS.map((value) => ({ value, ...WORDS.eventNames[value] }))}
    />
  );
}

/** What a link asks that was mailed: opening it confirms nothing yet, for programs that read mail open links too. */
export function ConfirmCard({ path, token, request }: { path: string; token: string; request: MailRequest }) {
  return (
    <Card id="confirm" title={WORDS.confirmTitle} lead={WORDS.confirmLead(request.address)}>
      <ul>
        {request.events.map((event) => (
          <li>{WORDS.eventNames[event].label}</li>
        ))}
      </ul>
      <Form action={`${path}/confirm`}>
        <input type="hidden" name="token" value={token} />
        <div>
          <button type="submit" class="button primary">
            {WORDS.confirmButton}
          </button>
        </div>
      </Form>
    </Card>
  );
}
