import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { NamedMember } from "../../db/members.ts";
import { ROLES as ROLE_IDS } from "../../lib/vocabulary.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, Form, Table } from "../frame/components.tsx";
import { Choices } from "../frame/fields.tsx";
import { Time } from "../frame/time.tsx";
import { ROLES } from "../strings.ts";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.members;
const INVITE = SETTINGS.invite;

export interface People {
  members: readonly NamedMember[];
  groups: readonly AccountGroupRow[];
}

/** Who belongs to the workspace, for its admins. */
export function MembersCard({ member, people }: { member: Member; people: People; problem: Problem | undefined }) {
  const { columns } = WORDS;
  return (
    <Card id="members" title={WORDS.title} lead={WORDS.lead}>
      <Table
        label={WORDS.title}
        columns={[
          columns.name,
          columns.role,
          columns.groups,
          columns.since,
          { title: columns.actions, kind: "actions" },
        ]}
      >
        {people.members.map((each) => (
          <MemberRow member={member} each={each} groups={people.groups} />
        ))}
      </Table>
    </Card>
  );
}

function MemberRow({ member, each, groups }: { member: Member; each: NamedMember; groups: People["groups"] }) {
  const { personId, name, role, groupIds } = each;
  const path = (action: string) => member.at(`settings/members/${personId}/${action}`);
  const names = groups.filter(({ id }) => groupIds?.includes(id)).map((group) => group.name);
  return (
    <tr>
      <th scope="row">
        {name}
        {personId === member.person.personId ? <span class="soft"> ({WORDS.you})</span> : null}
      </th>
      <td>
        <Form action={path("role")} isInline={true}>
          <select name="role" class="input fit" aria-label={WORDS.changeRole(name)}>
            {ROLE_IDS.map((id) => (
              <option value={id} {...(id === role && { selected: true })}>
                {ROLES[id].name}
              </option>
            ))}
          </select>
          <button type="submit" class="button">
            {WORDS.change}
          </button>
        </Form>
      </td>
      <td>{groupIds === null ? WORDS.allAccounts : names.join(", ")}</td>
      <td class="nowrap">
        <Time at={each.createdAt} zone={member.workspace.timeZone} isDay={true} />
      </td>
      <td>
        <div class="row">
          <Form action={path("link")} isInline={true}>
            <button type="submit" class="button nowrap">
              {WORDS.linkBack}
            </button>
          </Form>
          <Confirm
            label={WORDS.remove}
            question={WORDS.removeQuestion(name)}
            action={path("remove")}
            confirm={WORDS.confirmRemove}
          />
        </div>
      </td>
    </tr>
  );
}

/** Asks what somebody new is to be. */
export function InviteForm(view: { member: Member; groups: People["groups"]; problem: Problem | undefined }) {
  const { member, groups, problem } = view;
  const path = member.at("settings/invite");
  return (
    <Card id="invite" title={INVITE.title} lead={INVITE.lead}>
      <Form action={path}>
        <Choices
          type="radio"
          name="role"
          label={INVITE.role}
          error={problemOf(problem, path, "role")}
          chosen={[filledIn(problem, path, "role", "editor")]}
          choices={ROLE_IDS.map((value) => ({ value, label: ROLES[value].name, hint: ROLES[value].may }))}
        />
        {groups.length === 0 ? null : (
          <Choices
            type="checkbox"
            name="groups"
            label={INVITE.groups}
            hint={INVITE.groupsHint}
            error={problemOf(problem, path, "groups")}
            chosen={chosenIn(problem, path, "groups", [])}
            choices={groups.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )}
        <div>
          <button type="submit" class="button primary">
            {INVITE.button}
          </button>
        </div>
      </Form>
    </Card>
  );
}
