import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { invitation, memberEdit, readMemberEdit } from "../../api/members.ts";
import { changeMember, removeMember } from "../../people/change-member.ts";
import { inviteMember, letMemberBackIn } from "../../people/invite-member.ts";
import type { SignInLink } from "../../people/sign-in-link.ts";
import type { FormHandler, SentForm } from "../access/form.ts";
import { workspaceForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { PageHead, SECRET_SCRIPTS, Secret } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { ROLES } from "../strings.ts";
import { showMemberPage } from "./member-page.tsx";
import { showSettings } from "./settings-page.tsx";
import { SETTINGS } from "./strings.ts";

/*
 * What admins change of the workspace's members.
 */

const WORDS = SETTINGS.invite;

export const memberForms = new Hono<AppEnv>();

memberForms.get(pagePath("settings/members/:person_id"), workspaceRoute("keys:admin", showMemberPage));

/** A form of a member's page. */
const ofMember = (handler: FormHandler) => workspaceForm("keys:admin", showMemberPage, handler);

memberForms.post(
  pagePath("settings/invite"),
  workspaceForm("keys:admin", showSettings, async (c, member, form) => {
    const body = form.read(invitation, rightsIn(form));
    const rights = { role: body.role, groupIds: body.groups };
    const link = await form.onceInSecret<SignInLink>((change) =>
      inviteMember(c.var.services, member.scope.workspaceId, rights, member.scopes, change),
    );
    return showLink(c, member, link, WORDS.readyText(ROLES[body.role].asOne));
  }),
);

memberForms.post(
  pagePath("settings/members/:person_id/link"),
  ofMember(async (c, member, form) => {
    const link = await form.onceInSecret<SignInLink>((change) =>
      letMemberBackIn(c.var.services, member.scope.workspaceId, personIn(c), member.scopes, change),
    );
    return showLink(c, member, link, WORDS.backText);
  }),
);

memberForms.post(
  pagePath("settings/members/:person_id/rights"),
  ofMember(async (c, member, form) => {
    const edit = readMemberEdit(form.read(memberEdit, rightsIn(form)));
    await form.once((change) =>
      changeMember(c.var.services, member.scope.workspaceId, personIn(c), edit, member.scopes, change),
    );
    return c.redirect(`${member.at(`settings/members/${personIn(c)}`)}?done=member`, 303);
  }),
);

memberForms.post(
  pagePath("settings/members/:person_id/remove"),
  ofMember(async (c, member, form) => {
    await form.once<void>((change) => removeMember(c.var.services, member.scope.workspaceId, personIn(c), change));
    return c.redirect(`${member.at("settings")}?done=removed`, 303);
  }),
);

/** What was chosen for somebody; no group at all is every account. */
function rightsIn(form: SentForm) {
  const groups = form.fields.groups ?? [];
  return { role: form.text("role"), groups: groups.length === 0 ? null : groups };
}

function personIn(c: Context<AppEnv>): string {
  return c.req.param("person_id") ?? "";
}

/** A link, shown once: it is in no address, and in no page that is looked at again. @param link null: it was shown before */
function showLink(c: Context<AppEnv>, member: Member, link: SignInLink | null, lead: string) {
  const title = link === null ? WORDS.shownTitle : WORDS.ready;
  return showMember(c, member, {
    current: "settings",
    title,
    status: link === null ? 410 : 201,
    scripts: link === null ? [] : SECRET_SCRIPTS,
    body: (
      <>
        <PageHead title={title} lead={link === null ? WORDS.shownText : lead} />
        {link === null ? null : (
          <>
            <Secret id="link" label={WORDS.link} value={link.url} />
            <p class="soft">
              {WORDS.until} <Time at={link.expiresAt} zone={member.workspace.timeZone} />
            </p>
          </>
        )}
        <p>
          <a class="button" href={member.at("settings")}>
            {WORDS.back}
          </a>
        </p>
      </>
    ),
  });
}
