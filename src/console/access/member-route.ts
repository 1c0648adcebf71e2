import type { Context, Handler } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { refuseFlood } from "../../api/shield.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { KeyScope } from "../../lib/vocabulary.ts";
import { problemPage } from "../frame/problems.tsx";
import { showAnybody } from "../frame/show.tsx";
import type { Member } from "./member.ts";
import { memberAt } from "./member.ts";
import { signedInAt } from "./session-cookie.ts";

/*
 * How every page of a workspace is reached. What a member may do is said in the words in which keys are allowed things, so
 * that a page can do no more than the API.
 */

export type MemberHandler = (c: Context<AppEnv>, member: Member) => Response | Promise<Response>;

/** For pages that serve every member as far as they reach. Their handlers ask for `member.access`. */
export function memberRoute(scope: KeyScope, handler: MemberHandler): Handler<AppEnv> {
  return serve(scope, () => true, handler);
}

/**
 * For pages of a workspace as a whole, which reach beyond single accounts: a member who is limited to groups of them is
 * refused. Their handlers may ask for `member.scope`.
 */
export function workspaceRoute(scope: KeyScope, handler: MemberHandler): Handler<AppEnv> {
  return serve(scope, ({ access }) => access.accountIds === null, handler);
}

function serve(scope: KeyScope, isServed: (member: Member) => boolean, handler: MemberHandler): Handler<AppEnv> {
  return async (c) => {
    const person = await signedInAt(c);
    if (!person) {
      await refuseFlood(c);
      return c.redirect(`/console/sign-in?next=${encodeURIComponent(pageOf(c))}`, 303);
    }
    const member = await memberAt(c, person);
    if (!member) throw new Refusal("not_found", "There is no such workspace.");
    if (member.workspace.suspendedAt !== null) return showAnybody(c, problemPage(c, "suspended"));
    if (!member.may(scope) || !isServed(member)) throw new Refusal("forbidden", "The role does not allow it.");
    return handler(c, member);
  };
}

/** Where to go on after signing in: to what was asked for, or the page that the form was on. */
function pageOf(c: Context<AppEnv>): string {
  if (c.req.method === "GET") return `${c.req.path}${new URL(c.req.url).search}`;
  return c.req.path.split("/").slice(0, 5).join("/");
}
