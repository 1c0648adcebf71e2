import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { readSettings, settingsEdit } from "../../api/workspace.ts";
import { changeSettings } from "../../workspace/change-settings.ts";
import { workspaceForm } from "../access/form.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { auditPages } from "./audit.tsx";
import { groupForms } from "./group-forms.tsx";
import { memberForms } from "./member-forms.tsx";
import { notificationPages } from "./notifications.tsx";
import { showSettings } from "./settings-page.tsx";

/*
 * The workspace's settings: shown to who may look, changed by who administers it.
 */

export const settingsPages = new Hono<AppEnv>();

settingsPages.get(pagePath("settings"), workspaceRoute("posts:read", showSettings));

settingsPages.post(
  pagePath("settings/general"),
  workspaceForm("keys:admin", showSettings, async (c, member, form) => {
    const within = form.text("publish_within_seconds").trim();
    const edit = form.read(settingsEdit, {
      name: form.text("name"),
      time_zone: form.text("time_zone").trim(),
      approvals: form.text("approvals"),
      publish_within_seconds: within === "" ? null : Number(within),
    });
    await form.once((change) => changeSettings(c.var.services, member.scope.workspaceId, readSettings(edit), change));
    return c.redirect(`${member.at("settings")}?done=saved`, 303);
  }),
);

settingsPages.route("/", auditPages);
settingsPages.route("/", memberForms);
settingsPages.route("/", groupForms);
settingsPages.route("/", notificationPages);
