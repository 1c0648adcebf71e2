import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { listMembers } from "../../db/members.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { GeneralSettings } from "./general.tsx";
import { InviteForm, MembersCard } from "./members.tsx";
import { SETTINGS } from "./strings.ts";

/** @param problem of the form of the page that was refused */
export async function showSettings(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const isAdmin = member.may("keys:admin");
  const people = isAdmin ? await peopleOf(c, member) : null;
  const done = SETTINGS.done[c.req.query("done") as keyof typeof SETTINGS.done];
  return showMember(c, member, {
    current: "settings",
    title: SETTINGS.title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={SETTINGS.title} lead={SETTINGS.lead} />
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        <FormProblem problem={problem} />
        <GeneralSettings member={member} problem={problem} />
        {people === null ? null : (
          <>
            <MembersCard member={member} people={people} problem={problem} />
            <InviteForm member={member} groups={people.groups} problem={problem} />
          </>
        )}
      </>
    ),
  });
}

async function peopleOf(c: Context<AppEnv>, { scope }: Member) {
  const { db } = c.var.services;
  const [members, groups] = await Promise.all([
    listMembers(db, scope.workspaceId),
    listAccountGroups(db, scope.workspaceId),
  ]);
  return { members, groups };
}
