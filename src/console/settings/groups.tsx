import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, Form } from "../frame/components.tsx";
import { TextField } from "../frame/fields.tsx";
import { Table } from "../frame/table.tsx";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.groups;
const MAX_NAME = 100;

/** The groups of accounts, for who may change them. */
export function GroupsCard(view: { member: Member; groups: readonly AccountGroupRow[]; problem: Problem | undefined }) {
  const { member, groups, problem } = view;
  const path = member.at("settings/groups");
  return (
    <Card id="groups" title={WORDS.title} lead={WORDS.lead}>
      {groups.length === 0 ? (
        <p class="soft">{WORDS.none}</p>
      ) : (
        <Table
          label={WORDS.title}
          columns={[
            { title: WORDS.columns.name, kind: "name" },
            { title: WORDS.columns.actions, kind: "actions" },
          ]}
          rows={groups.map((group) => [
            group.name,
            <GroupChanges group={group} path={`${path}/${group.id}`} problem={problem} />,
          ])}
        />
      )}
      <Form action={path}>
        <TextField
          name="name"
          id="group-name"
          label={WORDS.name}
          value={filledIn(problem, path, "name", "")}
          error={problemOf(problem, path, "name")}
          attributes={{ maxlength: MAX_NAME }}
        />
        <div>
          <button type="submit" class="button">
            {WORDS.add}
          </button>
        </div>
      </Form>
    </Card>
  );
}

function GroupChanges(view: { group: AccountGroupRow; path: string; problem: Problem | undefined }) {
  const { path, problem } = view;
  const { name } = view.group;
  const error = problemOf(problem, `${path}/name`, "name");
  return (
    <>
      {error === undefined ? null : <p class="error">{error}</p>}
      <div class="row">
        <Form action={`${path}/name`} isInline={true}>
          <input
            name="name"
            class="input fit"
            value={filledIn(problem, `${path}/name`, "name", name)}
            maxlength={MAX_NAME}
            required
            aria-label={WORDS.rename(name)}
          />
          <button type="submit" class="button">
            {WORDS.renameButton}
          </button>
        </Form>
        <Confirm
          label={WORDS.remove}
          question={WORDS.removeQuestion(name)}
          action={`${path}/remove`}
          confirm={WORDS.confirmRemove}
        />
      </div>
    </>
  );
}
