import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { editBody } from "../../api/post-commands.ts";
import { publishBody, requestOf } from "../../api/publish-request.ts";
import { findAccounts } from "../../db/accounts.ts";
import type { PostRow } from "../../db/posts.ts";
import { editPost } from "../../post/edit-post.ts";
import { existingPost } from "../../post/existing-post.ts";
import type { Fields, Problem, SentForm } from "../access/form.ts";
import { memberForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { textOf } from "./body.ts";
import { changesOf, dryRunOf, fieldsOfPost } from "./changes.ts";
import { answerCheck, refuseCheck } from "./check.tsx";
import { showCompose } from "./compose-page.tsx";
import { findIn } from "./findings.ts";
import { leave } from "./leave.ts";
import { takeStep } from "./steps.tsx";

/*
 * A post that exists, in the same form. What was changed of it is told from the version that was opened: whoever edits one
 * that is not the present one is told so.
 */

export const editPages = new Hono<AppEnv>();

const PAGE = pagePath("posts/:post_id/edit");

editPages.get(
  PAGE,
  memberRoute("posts:write", async (c, member) => {
    const post = await postOf(c, member);
    return showCompose(c, member, { fields: fieldsOfPost(post, member.workspace.timeZone), postId: post.id });
  }),
);

editPages.post(
  PAGE,
  memberForm("posts:write", showRefused, async (c, member, form) => {
    const post = await postOf(c, member);
    return takeStep(c, member, form, {
      postId: post.id,
      look: (fields) => findings(c, member, form, post, fields),
      send: async (fields) => {
        await save(c, member, form, post, fields);
        return leave(c, member, { fields, done: "edited", postId: post.id });
      },
    });
  }),
);

editPages.post(
  pagePath("posts/:post_id/edit/check"),
  memberForm("posts:write", refuseCheck, async (c, member, form) => {
    const post = await postOf(c, member);
    const found = await findings(c, member, form, post, form.fields);
    return answerCheck(c, member, { fields: form.fields, found, postId: post.id });
  }),
);

function showRefused(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const postId = c.req.param("post_id") ?? "";
  return showCompose(c, member, { fields: problem?.fields ?? {}, refusal: problem?.refusal, postId });
}

function postOf(c: Context<AppEnv>, member: Member): Promise<PostRow> {
  return existingPost(c.var.services.db, member.access, c.req.param("post_id") ?? "");
}

/** Changes the post, once for each time the form was filled in. */
function save(c: Context<AppEnv>, member: Member, form: SentForm, post: PostRow, fields: Fields): Promise<void> {
  const expected = Number(textOf(fields, "version"));
  const changed = changesOf(post, fields, member.workspace.timeZone);
  const isSame = Object.keys(changed).length === 0;
  const { content, media, schedule, publish_before, options } = isSame ? {} : form.read(editBody, changed);
  const changes = { content, mediaIds: media, schedule, publishBefore: publish_before, options };
  return form.once(async (change) => {
    if (isSame && expected === post.version) return;
    await editPost(c.var.services, member.access, post.id, changes, expected, change);
  });
}

async function findings(c: Context<AppEnv>, member: Member, form: SentForm, post: PostRow, fields: Fields) {
  const ids = post.state.tasks.map(({ accountId }) => accountId);
  const accounts = await findAccounts(c.var.services.db, member.access, ids);
  const request = { ...dryRunOf(post, fields, member.workspace.timeZone), accounts: accounts.map(({ id }) => id) };
  return findIn(c, member, request, (body) => requestOf(form.read(publishBody, body)));
}
