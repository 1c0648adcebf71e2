import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import type { AppEnv } from "../../api/context.ts";
import { HOUR, SECOND } from "../../lib/clock.ts";
import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { FORM_ID } from "../frame/components.tsx";

/** The cookie by which the script knows which form was taken, and forgets what it has kept of it. */
const TAKEN = "apionics_taken";

/** Leads on to the post. */
export function leave(
  c: Context<AppEnv>,
  member: Member,
  { fields, done, postId }: { fields: Fields; done: "composed" | "edited"; postId: string },
): Response {
  const [formId = ""] = fields[FORM_ID] ?? [];
  setCookie(c, TAKEN, formId, { path: "/console", sameSite: "Strict", maxAge: HOUR / SECOND });
  return c.redirect(`${member.at(`posts/${postId}`)}?done=${done}`, 303);
}
