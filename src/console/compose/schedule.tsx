import type { Member } from "../access/member.ts";
import { Card } from "../frame/components.tsx";
import { textOf } from "./body.ts";
import type { Sheet } from "./entry.tsx";
import { Entry, TextEntry, TimeEntry } from "./entry.tsx";
import { COMPOSE } from "./strings.ts";

const WORDS = COMPOSE.schedule;

/** When a post goes out. */
export function ScheduleField({ member, sheet, isNew }: { member: Member; sheet: Sheet; isNew: boolean }) {
  const chosen = textOf(sheet.fields, "when") === "at" ? "at" : "now";
  const choices = [
    ["now", WORDS.now],
    ["at", isNew ? WORDS.at : WORDS.keep],
  ] as const;
  return (
    <Card id="when" title={WORDS.title}>
      <fieldset class="field">
        <legend class="visually-hidden">{WORDS.title}</legend>
        <div class="row">
          {choices.map(([value, label]) => (
            <label class="choice">
              <input type="radio" name="when" value={value} {...(value === chosen && { checked: true })} />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div data-when="at">
        <TimeEntry sheet={sheet} name="at" label={WORDS.time} zone={member.workspace.timeZone} />
      </div>
    </Card>
  );
}

/** Whether somebody has to approve of a new post. */
export function ApprovalField({ member, sheet }: { member: Member; sheet: Sheet }) {
  const words = COMPOSE.approval;
  const isAlways = member.workspace.approvals === "all_posts";
  const isAsked = textOf(sheet.fields, "approval") !== "";
  return (
    <Card id="approval-title" title={words.title}>
      {isAlways ? (
        <p>
          <input type="hidden" name="approval" value="true" />
          {words.always}
        </p>
      ) : (
        <label class="choice">
          <input type="checkbox" name="approval" value="true" {...(isAsked && { checked: true })} />
          <span>{words.ask}</span>
        </label>
      )}
      <div class="stack" data-approval>
        <TimeEntry
          sheet={sheet}
          name="approval_expires_at"
          label={words.expires}
          hint={words.expiresHint}
          zone={member.workspace.timeZone}
          isOptional={true}
        />
        <TextEntry sheet={sheet} name="approval_comment" label={words.comment} isOptional={true} rows={2} />
      </div>
    </Card>
  );
}

/** What few need. */
export function MoreFields({ member, sheet, isNew }: { member: Member; sheet: Sheet; isNew: boolean }) {
  const isUsed = ["publish_before", "external_id"].some((name) => textOf(sheet.fields, name) !== "");
  const hasDefault = isNew && member.workspace.publishWithin !== null;
  const isFound = sheet.found.some(({ field }) => /^(publish_before|external_id)/.test(field));
  return (
    <details class="card options" {...((isUsed || isFound) && { open: true })}>
      <summary>{COMPOSE.more.title}</summary>
      <TimeEntry
        sheet={sheet}
        name="publish_before"
        label={WORDS.before}
        hint={hasDefault ? WORDS.beforeDefault : WORDS.beforeHint}
        zone={member.workspace.timeZone}
        isOptional={true}
      />
      {isNew ? (
        <Entry
          sheet={sheet}
          name="external_id"
          label={COMPOSE.more.externalId}
          hint={COMPOSE.more.externalIdHint}
          isOptional={true}
          control={(tied, value) => <input {...tied} value={value} maxlength={255} />}
        />
      ) : null}
    </details>
  );
}
