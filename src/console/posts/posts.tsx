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

postPages.get(pagePath("posts/:post_id"), memberRoute("posts:read", showPost));
postPages.route("/", postForms);
