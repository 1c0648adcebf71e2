import { Hono } from "hono";
import { limitBody } from "../api/body-limit.ts";
import type { AppEnv } from "../api/context.ts";
import { shieldPages } from "../api/shield.ts";
import { Refusal } from "../lib/refusal.ts";
import { HOME } from "./access/member.ts";
import { requireSameOrigin } from "./access/same-origin.ts";
import { accountPages } from "./accounts/accounts.tsx";
import { calendarPages } from "./calendar/calendar.tsx";
import { composePages } from "./compose/compose.tsx";
import { developerPages } from "./developers/developers.tsx";
import { feedPages } from "./feed/feed.tsx";
import { assets } from "./frame/assets.ts";
import { showProblem } from "./frame/problems.tsx";
import { joinPages } from "./join.tsx";
import { mediaFiles } from "./media-files.ts";
import { overviewPages } from "./overview/overview.tsx";
import { postPages } from "./posts/posts.tsx";
import { reviewPages } from "./review/review.tsx";
import { settingsPages } from "./settings/settings.tsx";
import { signInPages } from "./sign-in.tsx";

/*
 * The console: what people do in a browser. Whoever is signed in is known by a cookie, which nothing under `/v1` looks at, and
 * API keys are not looked at here. Each group of pages is a room of its own.
 */

export const consolePages = new Hono<AppEnv>();

for (const path of ["/console", "/console/*", "/join/*", "/review/*"]) {
  consolePages.use(path, requireSameOrigin);
  consolePages.use(path, limitBody);
  consolePages.use(path, async (c, next) => {
    // Files of ours say otherwise.
    c.header("Cache-Control", "no-store");
    await next();
  });
}
for (const path of ["/console/sign-in/*", "/join/*", "/review/*"]) consolePages.use(path, shieldPages);

consolePages.route("/", assets);
consolePages.route("/", signInPages);
consolePages.route("/", joinPages);
consolePages.route("/", accountPages);
consolePages.route("/", developerPages);
consolePages.route("/", feedPages);
consolePages.route("/", reviewPages);
consolePages.route("/", settingsPages);
consolePages.route("/", mediaFiles);
consolePages.route("/", postPages);
consolePages.route("/", calendarPages);
consolePages.route("/", overviewPages);
consolePages.route("/", composePages);

consolePages.get("/console/:workspace_id/:mode", (c) => c.redirect(`${c.req.path}/${HOME}`, 303));
for (const path of ["/console/*", "/join/*", "/review/*"]) {
  consolePages.all(path, () => {
    throw new Refusal("not_found", "There is no such page.");
  });
}
consolePages.onError(showProblem);
