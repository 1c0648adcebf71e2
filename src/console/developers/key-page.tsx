import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { findAccounts } from "../../db/accounts.ts";
import type { ApiKeyRow } from "../../db/api-keys.ts";
import { existingKey } from "../../workspace/existing-key.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, FormProblem, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { askerOf } from "./asker.ts";
import { KeyState } from "./keys.tsx";
import { RotateCard } from "./rotate-card.tsx";
import { DEVELOPERS } from "./strings.ts";

const WORDS = DEVELOPERS.keys;

/** One key: what it may do, another secret for it, its end. @param problem of the form that was refused */
export async function showKey(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { db, clock } = c.var.services;
  const key = await existingKey(db, askerOf(member), c.req.param("api_key_id") ?? "");
  const [accounts, groups] = await Promise.all([
    findAccounts(db, member.access, key.accountIds ?? []),
    key.groupIds === null ? [] : listAccountGroups(db, member.scope.workspaceId),
  ]);
  const names = new Map([...accounts, ...groups].map((each) => [each.id, nameOf(each)]));
  return showMember(c, member, {
    current: "developers",
    title: key.name,
    status: statusOf(problem),
    body: (
      <>
        <PageHead
          title={key.name}
          lead={<KeyState apiKey={key} now={clock()} />}
          back={{ href: member.at("developers"), label: DEVELOPERS.title }}
        />
        <FormProblem problem={problem} />
        <Facts member={member} apiKey={key} names={names} />
        {key.revokedAt === null ? <Changes member={member} apiKey={key} problem={problem} /> : null}
      </>
    ),
  });
}

function nameOf(of: { name: string | null; username?: string }): string {
  return of.name ?? of.username ?? "";
}

function Facts({ member, apiKey, names }: { member: Member; apiKey: ApiKeyRow; names: ReadonlyMap<string, string> }) {
  const { id, scopes, accountIds, groupIds, lastFour, createdAt, expiresAt, lastUsedAt } = apiKey;
  const zone = member.workspace.timeZone;
  const namesOf = (ids: string[] | null) => ids?.map((each) => names.get(each) ?? each).join(", ") ?? WORDS.all;
  return (
    <Card id="facts" title={WORDS.facts}>
      <ul>
        {scopes.map((scope) => (
          <li>
            {WORDS.scopeNames[scope]} <code class="soft small">{scope}</code>
          </li>
        ))}
      </ul>
      <dl class="facts">
        <dt>{WORDS.accounts}</dt>
        <dd>{namesOf(accountIds)}</dd>
        {groupIds === null ? null : (
          <>
            <dt>{WORDS.groups}</dt>
            <dd>{namesOf(groupIds)}</dd>
          </>
        )}
        <dt>{WORDS.columns.secret}</dt>
        <dd class="mono">…{lastFour}</dd>
        <dt>{WORDS.created}</dt>
        <dd>
          <Time at={createdAt} zone={zone} />
        </dd>
        <dt>{WORDS.columns.used}</dt>
        <dd>{lastUsedAt === null ? WORDS.never : <Time at={lastUsedAt} zone={zone} />}</dd>
        <dt>{WORDS.columns.ends}</dt>
        <dd>{expiresAt === null ? WORDS.never : <Time at={expiresAt} zone={zone} />}</dd>
        <dt>{WORDS.id}</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
    </Card>
  );
}

function Changes({ member, apiKey, problem }: { member: Member; apiKey: ApiKeyRow; problem: Problem | undefined }) {
  return (
    <>
      <RotateCard path={member.at(`developers/keys/${apiKey.id}/rotate`)} words={WORDS} problem={problem} />
      <Card id="revoke" title={WORDS.revoke} lead={WORDS.revokeLead}>
        <Confirm
          label={WORDS.revoke}
          question={WORDS.revokeQuestion(apiKey.name)}
          action={member.at(`developers/keys/${apiKey.id}/revoke`)}
          confirm={WORDS.revokeConfirm}
        />
      </Card>
    </>
  );
}
