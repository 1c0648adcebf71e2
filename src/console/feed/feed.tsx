import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { clockMove } from "../../api/sandbox.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../lib/clock.ts";
import { Refusal } from "../../lib/refusal.ts";
import { advanceClock } from "../../post/advance-clock.ts";
import { clearSandboxPosts } from "../../post/clear-sandbox-posts.ts";
import type { FormHandler } from "../access/form.ts";
import { workspaceForm } from "../access/form.ts";
import { pagePath } from "../access/member.ts";
import { workspaceRoute } from "../access/member-route.ts";
import { showFeed } from "./feed-page.tsx";

/*
 * What is public in the sandbox, and the clock of test mode.
 */

const UNITS = { minutes: MINUTE / SECOND, hours: HOUR / SECOND, days: DAY / SECOND };

export const feedPages = new Hono<AppEnv>();

feedPages.get(pagePath("feed"), workspaceRoute("posts:read", showFeed));

feedPages.post(
  pagePath("feed/clear"),
  ofTestMode(async (c, member, form) => {
    await form.once<void>((change) => clearSandboxPosts(c.var.services, member.scope.workspaceId, change));
    return c.redirect(`${member.at("feed")}?done=cleared`, 303);
  }),
);

feedPages.post(
  pagePath("feed/clock"),
  ofTestMode(async (c, member, form) => {
    const unit = UNITS[form.text("unit") as keyof typeof UNITS] ?? UNITS.minutes;
    const { advance_seconds: by } = form.read(clockMove, { advance_seconds: form.number("advance_seconds") * unit });
    await form.once((change) => advanceClock(c.var.services, member.scope.workspaceId, by * SECOND, change));
    return c.redirect(`${member.at("feed")}?done=moved`, 303);
  }),
);

/** There is nothing of this in live mode. */
function ofTestMode(handler: FormHandler) {
  return workspaceForm("posts:write", showFeed, (c, member, form) => {
    if (member.mode !== "test") throw new Refusal("not_found", "There is no such page.");
    return handler(c, member, form);
  });
}
