import { SECOND } from "../../lib/clock.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Form } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.general;
const POLICIES = ["off", "keys", "all_posts"] as const;

/** The settings of the workspace: to be changed by an admin, and to be looked at by anybody else. */
export function GeneralSettings({ member, problem }: { member: Member; problem: Problem | undefined }) {
  return (
    <Card id="general" title={WORDS.title}>
      {member.may("keys:admin") ? <GeneralForm member={member} problem={problem} /> : <Facts member={member} />}
    </Card>
  );
}

function GeneralForm({ member, problem }: { member: Member; problem: Problem | undefined }) {
  const { workspace } = member;
  const path = member.at("settings/general");
  const within = workspace.publishWithin === null ? "" : String(workspace.publishWithin / SECOND);
  const field = (name: string, value: string) => ({
    name,
    value: filledIn(problem, path, name, value),
    error: problemOf(problem, path, name),
  });
  return (
    <Form action={path}>
      <TextField
        {...field("name", workspace.name)}
        label={WORDS.name}
        hint={WORDS.nameHint}
        attributes={{ maxlength: 100 }}
      />
      <TextField {...field("time_zone", workspace.timeZone)} label={WORDS.timeZone} hint={WORDS.timeZoneHint} />
      <Choices
        type="radio"
        name="approvals"
        label={WORDS.approvals}
        error={problemOf(problem, path, "approvals")}
        chosen={[filledIn(problem, path, "approvals", workspace.approvals)]}
        choices={POLICIES.map((value) => ({ value, ...WORDS.policies[value] }))}
      />
      <TextField
        {...field("publish_within_seconds", within)}
        label={WORDS.within}
        hint={WORDS.withinHint}
        isOptional={true}
        attributes={{ inputmode: "numeric" }}
      />
      <div>
        <button type="submit" class="button primary">
          {WORDS.save}
        </button>
      </div>
    </Form>
  );
}

function Facts({ member: { workspace } }: { member: Member }) {
  const { publishWithin } = workspace;
  return (
    <dl class="facts">
      <dt>{WORDS.name}</dt>
      <dd>{workspace.name}</dd>
      <dt>{WORDS.timeZone}</dt>
      <dd>{workspace.timeZone}</dd>
      <dt>{WORDS.approvals}</dt>
      <dd>{WORDS.policies[workspace.approvals].label}</dd>
      <dt>{WORDS.within}</dt>
      <dd>{publishWithin === null ? WORDS.anytime : WORDS.seconds(publishWithin / SECOND)}</dd>
    </dl>
  );
}
