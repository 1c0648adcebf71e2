import type { WebhookRow } from "../../db/webhooks.ts";
import { SUBSCRIBED_EVENTS } from "../../lib/vocabulary.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Badge, Card, Form } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import { Table } from "../frame/table.tsx";
import { DEVELOPERS } from "./strings.ts";

const WORDS = DEVELOPERS.webhooks;
const MAX_DESCRIPTION = 200;

/** The endpoints of the workspace in one mode. */
export function WebhooksCard({ member, webhooks }: { member: Member; webhooks: readonly WebhookRow[] }) {
  const { url, events, state } = WORDS.columns;
  return (
    <Card id="webhooks" title={WORDS.title} lead={WORDS.lead(member.mode)}>
      {webhooks.length === 0 ? <p class="soft">{WORDS.none}</p> : null}
      {webhooks.length === 0 ? null : (
        <Table
          label={WORDS.title}
          columns={[{ title: url, kind: "name" }, { title: events }, { title: state }]}
          rows={webhooks.map((webhook) => [
            <>
              <a href={member.at(`developers/webhooks/${webhook.id}`)}>{webhook.url}</a>
              {webhook.description === null ? null : <p class="soft small">{webhook.description}</p>}
            </>,
            <span class="small">{webhook.events.join(", ")}</span>,
            <WebhookState webhook={webhook} />,
          ])}
        />
      )}
      {member.may("webhooks:write") ? (
        <p>
          <a class="button primary" href={member.at("developers/webhooks/new")}>
            {WORDS.create}
          </a>
        </p>
      ) : null}
    </Card>
  );
}

export function WebhookState({ webhook: { active, disabledReason, failingSince } }: { webhook: WebhookRow }) {
  if (disabledReason !== null) {
    return <Badge tone="bad">{disabledReason === "gone" ? WORDS.gone : WORDS.failed}</Badge>;
  }
  if (!active) return <Badge tone="warn">{WORDS.pausedState}</Badge>;
  return failingSince === null ? <Badge tone="ok">{WORDS.active}</Badge> : <Badge tone="bad">{WORDS.failing}</Badge>;
}

/** Asks where an endpoint is and what it is to hear of. */
export function WebhookForm(view: {
  path: string;
  webhook: Pick<WebhookRow, "url" | "events" | "description">;
  button: string;
  problem: Problem | undefined;
}) {
  const { path, webhook, problem } = view;
  const error = (name: string) => problemOf(problem, path, name);
  return (
    <Form action={path}>
      <TextField
        name="url"
        label={WORDS.url}
        value={filledIn(problem, path, "url", webhook.url)}
        error={error("url")}
        attributes={{ type: "url", placeholder: "https://" }}
      />
      <TextField
        name="description"
        label={WORDS.description}
        isOptional={true}
        value={filledIn(problem, path, "description", webhook.description ?? "")}
        error={error("description")}
        attributes={{ maxlength: MAX_DESCRIPTION }}
      />
      <Choices
        type="checkbox"
        name="events"
        label={WORDS.events}
        error={error("events")}
        chosen={chosenIn(problem, path, "events", webhook.events)}
        choices={SUBSCRIBED_EVENTS.map((value) => ({ value, label: value }))}
      />
      <div>
        <button type="submit" class="button primary">
          {view.button}
        </button>
      </div>
    </Form>
  );
}
