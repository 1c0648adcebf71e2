import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { AppEnv } from "../../api/context.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { FormProblem, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { DEVELOPERS } from "./strings.ts";

/** Shows the form of what is to be made. @param problem of the form that was refused */
export function showNew(
  c: Context<AppEnv>,
  member: Member,
  view: { title: string; lead: string; form: Child; problem: Problem | undefined },
) {
  const { title, lead, form, problem } = view;
  return showMember(c, member, {
    current: "developers",
    title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={title} lead={lead} back={{ href: member.at("developers"), label: DEVELOPERS.title }} />
        <FormProblem problem={problem} />
        <div class="card">{form}</div>
      </>
    ),
  });
}
