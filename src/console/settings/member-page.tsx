import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccountGroups } from "../../db/account-groups.ts";
import { existingMember } from "../../people/invite-member.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, Form, FormCard, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { RightsFields } from "./members.tsx";
import { SETTINGS } from "./strings.ts";

const WORDS = SETTINGS.members;

/** One member: what they may do, their way back in, and out. */
export async function showMemberPage(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const { workspaceId } = member.scope;
  const { db } = c.var.services;
  const personId = c.req.param("person_id") ?? "";
  const [found, groups] = await Promise.all([
    existingMember(db, workspaceId, personId),
    listAccountGroups(db, workspaceId),
  ]);
  const path = (action: string) => member.at(`settings/members/${personId}/${action}`);
  const isDone = c.req.query("done") === "member" && !problem;
  return showMember(c, member, {
    current: "settings",
    title: found.name,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={found.name} back={{ href: member.at("settings"), label: SETTINGS.title }} />
        {isDone ? <Notice tone="ok">{SETTINGS.done.member}</Notice> : null}
        <FormProblem problem={problem} />
        <Card id="rights" title={WORDS.rights}>
          <Form action={path("rights")}>
            <RightsFields path={path("rights")} rights={found} groups={groups} problem={problem} />
            <div>
              <button type="submit" class="button primary">
                {WORDS.save}
              </button>
            </div>
          </Form>
        </Card>
        <FormCard id="lost" title={WORDS.lost} lead={WORDS.lostLead} action={path("link")} button={WORDS.makeLink} />
        <Card id="remove" title={WORDS.remove} lead={WORDS.removeLead}>
          <Confirm
            label={WORDS.remove}
            question={WORDS.removeQuestion(found.name)}
            action={path("remove")}
            confirm={WORDS.confirmRemove}
          />
        </Card>
      </>
    ),
  });
}
