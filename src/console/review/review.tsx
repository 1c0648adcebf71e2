import type { Context } from "hono";
import { Hono } from "hono";
import { approveBody, rejectBody } from "../../api/approvals.ts";
import type { AppEnv } from "../../api/context.ts";
import { wholeOf } from "../../lib/access.ts";
import { invalid, Refusal } from "../../lib/refusal.ts";
import type { Word } from "../../post/decide-post.ts";
import { decidePost, REVIEW_LINK } from "../../post/decide-post.ts";
import { openReview } from "../../post/open-review.ts";
import type { Fields } from "../access/form.ts";
import { canBeMended, readBody, readFields } from "../access/form.ts";
import { showAnybody } from "../frame/show.tsx";
import { LinkChange } from "./link-change.ts";
import { overPage, pendingPage } from "./review-page.tsx";
import { REVIEW } from "./strings.ts";

/*
 * A post for somebody without a login, who decides on it by a link, once. To look at it changes nothing.
 */

export const reviewPages = new Hono<AppEnv>();

reviewPages.get("/review/:token", async (c) => {
  const opened = await openReview(c.var.services, c.req.param("token"));
  return showAnybody(c, opened.is === "pending" ? await pendingPage(c, opened) : overPage(opened));
});

reviewPages.post("/review/:token/approve", (c) =>
  decide(c, (fields) => {
    const { comment = null } = readBody(approveBody, said(fields, "comment"));
    return { is: "approve", schedule: fields.when?.[0] === "now" ? "now" : null, reason: comment };
  }),
);

reviewPages.post("/review/:token/reject", (c) =>
  decide(c, (fields) => {
    const { reason } = readBody(rejectBody, said(fields, "reason"));
    if (reason === undefined) throw invalid("reason", REVIEW.whyMissing);
    return { is: "reject", reason };
  }),
);

/** What was written into a field; nothing, where that is nothing. */
function said(fields: Fields, name: string): Record<string, string> {
  const text = fields[name]?.[0]?.trim() ?? "";
  return text === "" ? {} : { [name]: text };
}

/** Decides, and says how things stand: also where somebody else was first, or the post is another by now. */
async function decide(c: Context<AppEnv>, wordOf: (fields: Fields) => Word): Promise<Response> {
  const token = c.req.param("token") ?? "";
  const fields = await readFields(c);
  const opened = await openReview(c.var.services, token);
  if (opened.is !== "pending") return c.redirect(`/review/${token}`, 303);
  const { review } = opened;
  const by = { id: REVIEW_LINK, expected: null, round: review.round };
  try {
    await decidePost(c.var.services, wholeOf(review), review.postId, wordOf(fields), by, new LinkChange(c, review));
  } catch (error) {
    if (!(error instanceof Refusal) || !canBeMended(error)) throw error;
    const now = await openReview(c.var.services, token);
    if (now.is === "pending") {
      return showAnybody(c, await pendingPage(c, now, { refusal: error, path: c.req.path, fields }));
    }
  }
  return c.redirect(`/review/${token}`, 303);
}
