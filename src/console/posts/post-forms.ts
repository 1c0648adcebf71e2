import type { Context } from "hono";
import { Hono } from "hono";
import { approveBody, rejectBody } from "../../api/approvals.ts";
import type { AppEnv } from "../../api/context.ts";
import { localTime } from "../../api/local-time.ts";
import { resolveBody } from "../../api/post-commands.ts";
import type { Change } from "../../db/change.ts";
import { invalid } from "../../lib/refusal.ts";
import { parseLocalTime } from "../../lib/zoned-time.ts";
import { cancelPost, cancelTask } from "../../post/cancel-post.ts";
import type { Word } from "../../post/decide-post.ts";
import { decidePost } from "../../post/decide-post.ts";
import { editPost } from "../../post/edit-post.ts";
import { resolveTask } from "../../post/resolve-task.ts";
import { retryPost } from "../../post/retry-post.ts";
import type { FormHandler, SentForm } from "../access/form.ts";
import { memberForm } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { showPost } from "./post-page.tsx";
import { POST } from "./strings.ts";

/*
 * What members ask of a post: the commands of the API, with a page for what is refused.
 */

export const postForms = new Hono<AppEnv>();

/** A form of who writes posts. */
const writing = (handler: FormHandler) => memberForm("posts:write", showPost, handler);
/** A form of who approves of posts. */
const deciding = (handler: FormHandler) => memberForm("approvals:write", showPost, handler);

postForms.post(
  pagePath("posts/:post_id/retry"),
  writing(async (c, member, form) => {
    await form.once<void>((change) => retryPost(c.var.services, member.access, postIn(c), change));
    return leave(c, member, "retried");
  }),
);

postForms.post(
  pagePath("posts/:post_id/cancel"),
  writing(async (c, member, form) => {
    await form.once<void>((change) => cancelPost(c.var.services, member.access, postIn(c), change));
    return leave(c, member, "canceled");
  }),
);

postForms.post(
  pagePath("posts/:post_id/schedule"),
  writing(async (c, member, form) => {
    const schedule = scheduleIn(member, form);
    if (schedule === undefined) throw invalid("schedule", POST.actions.timeMissing);
    const edit = (change: Change<void>) =>
      editPost(c.var.services, member.access, postIn(c), { schedule }, versionIn(form), change);
    await form.once<void>(edit);
    return leave(c, member, "moved");
  }),
);

postForms.post(
  pagePath("posts/:post_id/tasks/:account_id/cancel"),
  writing(async (c, member, form) => {
    await form.once<void>((change) => cancelTask(c.var.services, member.access, postIn(c), accountIn(c), change));
    return leave(c, member, "task_canceled");
  }),
);

postForms.post(
  pagePath("posts/:post_id/tasks/:account_id/resolve"),
  writing(async (c, member, form) => {
    const [outcome, id] = [form.text("outcome"), form.text("platform_post_id").trim()];
    const body = form.read(resolveBody, {
      outcome,
      ...(outcome === "published" && id !== "" && { platform_post_id: id }),
    });
    const found =
      body.outcome === "published"
        ? { ...body, platformPostId: body.platform_post_id ?? null }
        : { outcome: body.outcome };
    const resolve = (change: Change<void>) =>
      resolveTask(c.var.services, member.access, postIn(c), accountIn(c), found, change);
    await form.once<void>(resolve);
    return leave(c, member, "resolved");
  }),
);

postForms.post(
  pagePath("posts/:post_id/approve"),
  deciding(async (c, member, form) => {
    const said = form.text("comment").trim();
    const { comment } = form.read(approveBody, said === "" ? {} : { comment: said });
    const schedule = scheduleIn(member, form) ?? null;
    return decide(c, member, form, { is: "approve", schedule, reason: comment ?? null });
  }),
);

postForms.post(
  pagePath("posts/:post_id/reject"),
  deciding(async (c, member, form) => {
    const said = form.text("reason").trim();
    const { reason } = form.read(rejectBody, said === "" ? {} : { reason: said });
    return decide(c, member, form, { is: "reject", reason: reason ?? null });
  }),
);

async function decide(c: Context<AppEnv>, member: Member, form: SentForm, word: Word): Promise<Response> {
  const by = { id: member.person.personId, expected: versionIn(form), round: null };
  await form.once<void>((change) => decidePost(c.var.services, member.access, postIn(c), word, by, change));
  return leave(c, member, word.is === "approve" ? "approved" : "rejected");
}

/** The time that was filled in, on the workspace's clocks; undefined: none was. */
function scheduleIn(member: Member, form: SentForm) {
  if (form.text("when") === "now") return "now";
  const local = form.text("schedule").trim();
  if (local === "") return undefined;
  if (parseLocalTime(local) === null) throw invalid("schedule", POST.actions.timeMissing);
  return form.read(localTime, { local, time_zone: member.workspace.timeZone });
}

/** The version of the post that the form was filled in for. */
function versionIn(form: SentForm): number | null {
  return /^\d{1,9}$/.test(form.text("version")) ? Number(form.text("version")) : null;
}

function postIn(c: Context<AppEnv>): string {
  return c.req.param("post_id") ?? "";
}

function accountIn(c: Context<AppEnv>): string {
  return c.req.param("account_id") ?? "";
}

function leave(c: Context<AppEnv>, member: Member, done: keyof typeof POST.done): Response {
  return c.redirect(`${member.at(`posts/${postIn(c)}`)}?done=${done}`, 303);
}
