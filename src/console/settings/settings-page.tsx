import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { listMembers } from "../../db/members.ts";
import { DEFAULT_RATE_LIMITS } from "../../lib/rate-limits.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { GeneralSettings } from "./general.tsx";
import { GroupsCard } from "./groups.tsx";
import { InviteForm, MembersCard } from "./members.tsx";
import { SETTINGS } from "./strings.ts";

/** @param problem of the form of the page that was refused */
export async function showSettings(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { db } = c.var.services;
  const { workspaceId } = member.scope;
  const isAdmin = member.may("keys:admin");
  const [members, groups] = await Promise.all([
    isAdmin ? listMembers(db, workspaceId) : [],
    member.may("accounts:write") ? listAccountGroups(db, workspaceId) : null,
  ]);
  const done = SETTINGS.done[c.req.query("done") as keyof typeof SETTINGS.done];
  return showMember(c, member, {
    current: "settings",
    title: SETTINGS.title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={SETTINGS.title} lead={SETTINGS.lead}>
          <a class="button" href={member.at("settings/notifications")}>
            {SETTINGS.notifications.open}
          </a>
          {isAdmin ? (
            <a class="button" href={`${member.at("developers")}#keys`}>
              {SETTINGS.keys}
            </a>
          ) : null}
          {member.may("audit:read") ? (
            <a class="button" href={member.at("settings/audit")}>
              {SETTINGS.audit.open}
            </a>
          ) : null}
        </PageHead>
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        <FormProblem problem={problem} />
        <GeneralSettings member={member} problem={problem} />
        <LimitsCard member={member} />
        {isAdmin ? (
          <>
            <MembersCard member={member} members={members} groups={groups ?? []} />
            <InviteForm member={member} groups={groups ?? []} problem={problem} />
          </>
        ) : null}
        {groups === null ? null : <GroupsCard member={member} groups={groups} problem={problem} />}
      </>
    ),
  });
}

function LimitsCard({ member: { workspace } }: { member: Member }) {
  const words = SETTINGS.limits;
  const { key, workspace: whole } = workspace.rateLimits ?? DEFAULT_RATE_LIMITS;
  return (
    <Card id="limits" title={words.title} lead={words.lead}>
      <dl class="facts">
        <dt>{words.key}</dt>
        <dd>{words.of(key.burst, key.perMinute)}</dd>
        <dt>{words.workspace}</dt>
        <dd>{words.of(whole.burst, whole.perMinute)}</dd>
      </dl>
    </Card>
  );
}
