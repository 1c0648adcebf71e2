import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { postForms } from "./post-forms.ts";
import { showPost } from "./post-page.tsx";

/*
 * The page of one post, and what can be asked of it.
 */

export const postPages = new Hono<AppEnv>();

/** Where one comes from a post to the other mode, in which it is not. */
postPages.get(
  pagePath("posts"),
  memberRoute("posts:read", (c, member) => c.redirect(`${member.at("calendar")}?view=list`, 303)),
);
postPages.get(pagePath("posts/:post_id"), memberRoute("posts:read", showPost));
postPages.route("/", postForms);
