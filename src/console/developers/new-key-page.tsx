import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { AccountGroupRow } from "../../db/account-groups.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import type { AccountRow } from "../../db/accounts.ts";
import { listAccounts } from "../../db/accounts.ts";
import { KEY_SCOPES, PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import type { Problem } from "../access/form.ts";
import { chosenIn, filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Form } from "../frame/components.tsx";
import { Choices, TextField } from "../frame/fields.tsx";
import { TimeField } from "../frame/time-field.tsx";
import { showNew } from "./new-page.tsx";
import { DEVELOPERS } from "./strings.ts";

const WORDS = DEVELOPERS.keys;
const MAX_NAME = 100;
const USUAL_SCOPES = ["posts:read", "posts:write", "media:write", "accounts:read"];

/** Asks what a new key is to be. @param problem of the form that was refused */
export async function showNewKey(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { db } = c.var.services;
  const [accounts, groups] = await Promise.all([
    listAccounts(db, member.access),
    listAccountGroups(db, member.scope.workspaceId),
  ]);
  const form = <KeyForm member={member} accounts={accounts} groups={groups} problem={problem} />;
  return showNew(c, member, { title: WORDS.create, lead: WORDS.createLead, form, problem });
}

function KeyForm(view: {
  member: Member;
  accounts: readonly AccountRow[];
  groups: readonly AccountGroupRow[];
  problem: Problem | undefined;
}) {
  const { member, accounts, groups, problem } = view;
  const path = member.at("developers/keys");
  const error = (name: string) => problemOf(problem, path, name);
  return (
    <Form action={path}>
      <TextField
        name="name"
        label={WORDS.name}
        hint={WORDS.nameHint}
        value={filledIn(problem, path, "name", "")}
        error={error("name")}
        attributes={{ maxlength: MAX_NAME }}
      />
      <Choices
        type="checkbox"
        name="scopes"
        label={WORDS.scopes}
        error={error("scopes")}
        chosen={chosenIn(problem, path, "scopes", USUAL_SCOPES)}
        choices={KEY_SCOPES.filter((scope) => member.may(scope)).map((value) => ({
          value,
          label: WORDS.scopeNames[value],
          hint: value,
        }))}
      />
      {accounts.length === 0 ? null : (
        <Choices
          type="checkbox"
          name="accounts"
          label={WORDS.accounts}
          hint={WORDS.accountsHint}
          error={error("accounts")}
          chosen={chosenIn(problem, path, "accounts", [])}
          choices={accounts.map(({ id, platform, name, username }) => ({
            value: id,
            label: `${name ?? username}, ${PLATFORM_NAMES[platform]}`,
          }))}
        />
      )}
      {groups.length === 0 ? null : (
        <Choices
          type="checkbox"
          name="groups"
          label={WORDS.groups}
          hint={WORDS.groupsHint}
          error={error("groups")}
          chosen={chosenIn(problem, path, "groups", [])}
          choices={groups.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      <Choices
        type="checkbox"
        name="needs_approval"
        label={WORDS.needsApprovalLabel}
        error={error("needs_approval")}
        chosen={chosenIn(problem, path, "needs_approval", [])}
        choices={[{ value: "yes", label: WORDS.needsApprovalChoice, hint: WORDS.needsApprovalHint }]}
      />
      <TimeField
        name="expires_at"
        label={WORDS.expires}
        hint={WORDS.expiresHint}
        isOptional={true}
        value={filledIn(problem, path, "expires_at", "")}
        error={error("expires_at")}
        zone={member.workspace.timeZone}
      />
      <div>
        <button type="submit" class="button primary">
          {WORDS.createButton}
        </button>
      </div>
    </Form>
  );
}
