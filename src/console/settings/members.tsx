import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { NamedMember } from "../../db/members.ts";
import { ROLES as ROLE_IDS } from "../../lib/vocabulary.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Badge, Card, Form } from "../frame/components.tsx";
import { Choices } from "../frame/fields.tsx";
import { Table } from "../frame/table.tsx";
import { Time } from "../frame/time.tsx";
import { ROLES } from "../strings.ts";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.members;
const INVITE = SETTINGS.invite;

type Groups = readonly AccountGroupRow[];

/** Who belongs to the workspace, for its admins. */
export function MembersCard(view: { member: Member; members: readonly NamedMember[]; groups: Groups }) {
  const { member, members, groups } = view;
  const { columns } = WORDS;
  return (
    <Card id="members" title={WORDS.title} lead={WORDS.lead}>
      <Table
        label={WORDS.title}
        columns={[
          { title: columns.name, kind: "name" },
          { title: columns.role },
          { title: columns.groups },
          { title: columns.told },
          { title: columns.since, kind: "nowrap" },
        ]}
        rows={members.map(({ personId, name, role, groupIds, isNotified, createdAt }) => [
          <>
            <a href={member.at(`settings/members/${personId}`)}>{name}</a>
            {personId === member.person.personId ? <span class="soft"> ({WORDS.you})</span> : null}
          </>,
          <Badge tone={role === "admin" ? "info" : "calm"}>{ROLES[role].name}</Badge>,
          groupIds === null ? WORDS.allAccounts : namesOf(groups, groupIds),
          isNotified ? WORDS.told : WORDS.notTold,
          <Time at={createdAt} zone={member.workspace.timeZone} isDay={true} />,
        ])}
      />
    </Card>
  );
}

function namesOf(groups: Groups, ids: readonly string[]): string {
  return groups
    .filter(({ id }) => ids.includes(id))
    .map(({ name }) => name)
    .join(", ");
}

/** Asks what somebody new is to be. */
export function InviteForm({
  member,
  groups,
  problem,
}: {
  member: Member;
  groups: Groups;
  problem: Problem | undefined;
}) {
  const path = member.at("settings/invite");
  return (
    <Card id="invite" title={INVITE.title} lead={INVITE.lead}>
      <Form action={path}>
        <RightsFields path={path} rights={{ role: "editor", groupIds: null }} groups={groups} problem={problem} />
        <div>
          <button type="submit" class="button primary">
            {INVITE.button}
          </button>
        </div>
      </Form>
    </Card>
  );
}

/** What somebody may do, and on which accounts. */
export function RightsFields(view: {
  path: string;
  rights: Pick<NamedMember, "role" | "groupIds">;
  groups: Groups;
  problem: Problem | undefined;
}) {
  const { path, rights, groups, problem } = view;
  return (
    <>
      <Choices
        type="radio"
        name="role"
        label={WORDS.role}
        error={problemOf(problem, path, "role")}
        chosen={[filledIn(problem, path, "role", rights.role)]}
        choices={ROLE_IDS.map((value) => ({ value, label: ROLES[value].name, hint: ROLES[value].may }))}
      />
      {groups.length === 0 ? null : (
        <Choices
          type="checkbox"
          name="groups"
          label={WORDS.groups}
          hint={WORDS.groupsHint}
          error={problemOf(problem, path, "groups")}
          chosen={chosenIn(problem, path, "groups", rights.groupIds ?? [])}
          choices={groups.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
    </>
  );
}
