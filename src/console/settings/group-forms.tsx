import type { Context } from "hono";
import { Hono } from "hono";
import { changeAccountGroup, createAccountGroup, removeAccountGroup } from "../../accounts/account-groups.ts";
import { groupBody } from "../../api/account-groups.ts";
import type { AppEnv } from "../../api/context.ts";
import type { FormHandler } from "../access/form.ts";
import { workspaceForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { showSettings } from "./settings-page.tsx";

/*
 * What is changed of the groups of accounts.
 */

export const groupForms = new Hono<AppEnv>();

const receive = (handler: FormHandler) => workspaceForm("accounts:write", showSettings, handler);

groupForms.post(
  pagePath("settings/groups"),
  receive(async (c, member, form) => {
    const { name } = form.read(groupBody, { name: form.text("name") });
    await form.once((change) => createAccountGroup(c.var.services, member.scope.workspaceId, name, change));
    return leave(c, member);
  }),
);

groupForms.post(
  pagePath("settings/groups/:group_id/name"),
  receive(async (c, member, form) => {
    const { name } = form.read(groupBody, { name: form.text("name") });
    const id = c.req.param("group_id") ?? "";
    await form.once((change) => changeAccountGroup(c.var.services, member.scope.workspaceId, id, name, change));
    return leave(c, member);
  }),
);

groupForms.post(
  pagePath("settings/groups/:group_id/remove"),
  receive(async (c, member, form) => {
    const id = c.req.param("group_id") ?? "";
    await form.once<void>((change) => removeAccountGroup(c.var.services, member.scope.workspaceId, id, change));
    return leave(c, member);
  }),
);

function leave(c: Context<AppEnv>, member: Member): Response {
  return c.redirect(`${member.at("settings")}?done=group#groups`, 303);
}
