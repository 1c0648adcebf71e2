import type { PrintedAccount } from "../../accounts/print-account.ts";
import type { AccountGroupRow } from "../../db/account-groups.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Form } from "../frame/components.tsx";
import { Field, SelectField } from "../frame/fields.tsx";
import { ACCOUNTS } from "./strings.ts";

const WORDS = ACCOUNTS.edit;

/** What the workspace says of an account itself. @param groups null: who looks may not choose among them */
export function EditCard(view: {
  member: Member;
  account: PrintedAccount;
  groups: readonly AccountGroupRow[] | null;
  problem: Problem | undefined;
}) {
  const { member, account, groups, problem } = view;
  const path = member.at(`accounts/${account.id}/edit`);
  const labels = filledIn(problem, path, "labels", account.labels.join("\n"));
  const none = ["", WORDS.none] as const;
  return (
    <Card id="edit" title={WORDS.title}>
      <Form action={path}>
        <Field
          name="labels"
          label={WORDS.labels}
          hint={WORDS.labelsHint}
          error={problemOf(problem, path, "labels")}
          isOptional={true}
          control={(tied) => (
            <textarea {...tied} rows={4}>
              {labels}
            </textarea>
          )}
        />
        {groups === null ? null : (
          <SelectField
            name="group_id"
            label={WORDS.group}
            hint={WORDS.groupHint}
            value={filledIn(problem, path, "group_id", account.group_id ?? "")}
            error={problemOf(problem, path, "group_id")}
            options={[none, ...groups.map(({ id, name }) => [id, name] as const)]}
          />
        )}
        <div>
          <button type="submit" class="button primary">
            {WORDS.save}
          </button>
        </div>
      </Form>
    </Card>
  );
}
