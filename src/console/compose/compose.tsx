import type { Context } from "hono";
import { Hono } from "hono";
import { printAccepted } from "../../api/accepted-post.ts";
import type { AppEnv } from "../../api/context.ts";
import { nudge } from "../../api/publish.ts";
import { publishBody, requestOf } from "../../api/publish-request.ts";
import { findAccounts } from "../../db/accounts.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { PublishRequest } from "../../post/check-post.ts";
import { createPost, refuseBeyondReach } from "../../post/create-post.ts";
import type { Fields, SentForm } from "../access/form.ts";
import { memberForm } from "../access/form.ts";
import { keyOf, OUTCOME_LIFE } from "../access/form-once.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { publishBodyOf } from "./body.ts";
import { answerCheck, refuseCheck } from "./check.tsx";
import { showCompose } from "./compose-page.tsx";
import { editPages } from "./edit.tsx";
import { findIn } from "./findings.ts";
import { leave } from "./leave.ts";
import { takeStep } from "./steps.tsx";
import { uploadRoutes } from "./uploads.tsx";

/*
 * New posts, and changes of those that are there.
 */

/** When posts of a day go out unless somebody says otherwise. */
const MORNING = "09:00";

export const composePages = new Hono<AppEnv>();

composePages.get(
  pagePath("compose"),
  memberRoute("posts:write", (c, member) => showCompose(c, member, { fields: beginningOf(c.req.query("day")) })),
);

composePages.post(
  pagePath("compose"),
  memberForm(
    "posts:write",
    (c, member, problem) => showCompose(c, member, { fields: problem?.fields ?? {}, refusal: problem?.refusal }),
    (c, member, form) =>
      takeStep(c, member, form, {
        look: (fields) => findings(c, member, form, fields),
        send: async (fields) =>
          leave(c, member, { fields, done: "composed", postId: await publish(c, member, form, fields) }),
      }),
  ),
);

composePages.post(
  pagePath("compose/check"),
  memberForm("posts:write", refuseCheck, async (c, member, form) =>
    answerCheck(c, member, { fields: form.fields, found: await findings(c, member, form, form.fields) }),
  ),
);

composePages.route("/", editPages);
composePages.route("/", uploadRoutes);

/** What is filled in at first. @param day a day of the calendar, `2026-06-01` */
function beginningOf(day: string | undefined): Fields {
  return day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? { when: ["at"], at: [`${day}T${MORNING}`] } : {};
}

async function findings(c: Context<AppEnv>, member: Member, form: SentForm, fields: Fields) {
  return findIn(c, member, await bodyOf(c, member, fields), (body) => requestIn(form, member, body));
}

/** Makes the post, once for each time the form was filled in. @returns its id */
async function publish(c: Context<AppEnv>, member: Member, form: SentForm, fields: Fields): Promise<string> {
  const { services } = c.var;
  const request = requestIn(form, member, await bodyOf(c, member, fields));
  const key = await keyOf(c, member, fields);
  const claim = { key, fingerprint: key, expiresAt: services.clock() + OUTCOME_LIFE, respond: printAccepted };
  const requester = {
    asker: member.person.personId,
    requestId: c.var.requestId,
    ip: c.req.header("CF-Connecting-IP") ?? null,
    needsApproval: false,
  };
  const outcome = await createPost(services, member.access, { request, claim }, requester);
  if (outcome.is === "created") {
    nudge(c, outcome.ref);
    return outcome.ref.postId;
  }
  if (outcome.row.postId === null) throw new Error("a form was taken for one that makes no post");
  return outcome.row.postId;
}

async function bodyOf(c: Context<AppEnv>, member: Member, fields: Fields): Promise<JsonObject> {
  const accounts = await findAccounts(c.var.services.db, member.access, fields.accounts ?? []);
  const platforms = new Set(accounts.map(({ platform }) => platform));
  return publishBodyOf(fields, { zone: member.workspace.timeZone, platforms });
}

/** @throws Refusal with every field at fault */
function requestIn(form: SentForm, member: Member, body: JsonObject): PublishRequest {
  const read = form.read(publishBody, body);
  refuseBeyondReach(member.access, read.accounts);
  return requestOf(read);
}
