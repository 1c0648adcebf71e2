import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { findAccountNames } from "../../db/accounts.ts";
import { REVIEW_LINK } from "../../post/decide-post.ts";
import type { OpenedReview } from "../../post/open-review.ts";
import { PAST_TOLERANCE } from "../../post/timing.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import { Card, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { loadMedia } from "../frame/load-media.ts";
import { PostContentView } from "../frame/post-content.tsx";
import { PlatformMark } from "../frame/post-parts.tsx";
import { POST_STYLE } from "../frame/post-style.ts";
import type { ConsolePage } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { DecisionForms } from "./decision-forms.tsx";
import { REVIEW } from "./strings.ts";

type Pending = Extract<OpenedReview, { is: "pending" }>;

/** The post as it becomes public, and the two answers. */
export async function pendingPage(c: Context<AppEnv>, opened: Pending, problem?: Problem): Promise<ConsolePage> {
  const { db, mediaUrl } = c.var.services;
  const { review, workspace, post, now } = opened;
  const addresses = async ({ id }: { id: string }) => {
    const url = await mediaUrl(id);
    return { url, smallUrl: url };
  };
  const [media, accounts] = await Promise.all([
    loadMedia(db, review, post, addresses),
    findAccountNames(
      db,
      review,
      post.state.tasks.map(({ accountId }) => accountId),
    ),
  ]);
  const hasPassed = post.scheduledAt < now - PAST_TOLERANCE;
  return {
    title: REVIEW.title,
    status: statusOf(problem),
    styles: [POST_STYLE],
    body: (
      <>
        <PageHead title={REVIEW.title} lead={REVIEW.lead(workspace.name)} />
        {review.mode === "test" ? <Notice tone="warn">{REVIEW.test}</Notice> : null}
        <FormProblem problem={problem} />
        <Facts
          opened={opened}
          hasPassed={hasPassed}
          usernames={new Map(accounts.map((each) => [each.id, each.username]))}
        />
        <Card id="says" title={REVIEW.content}>
          <PostContentView post={post} media={media} />
        </Card>
        <DecisionForms path={`/review/${c.req.param("token")}`} hasPassed={hasPassed} problem={problem} />
      </>
    ),
  };
}

function Facts(view: { opened: Pending; hasPassed: boolean; usernames: ReadonlyMap<string, string> }) {
  const { post, workspace } = view.opened;
  const { comment = null, expiresAt = null } = post.approval ?? {};
  return (
    <dl class="facts">
      {comment === null ? null : (
        <>
          <dt>{REVIEW.comment}</dt>
          <dd class="text">{comment}</dd>
        </>
      )}
      <dt>{REVIEW.where}</dt>
      <dd>
        <ul class="plain">
          {post.state.tasks.map(({ accountId, platform }) => (
            <li>
              <PlatformMark platform={platform} /> {view.usernames.get(accountId) ?? REVIEW.account}
            </li>
          ))}
        </ul>
      </dd>
      <dt>{REVIEW.when}</dt>
      <dd>
        <Time at={post.scheduledAt} zone={workspace.timeZone} />
        {view.hasPassed ? <p>{REVIEW.passed}</p> : null}
      </dd>
      {expiresAt === null ? null : (
        <>
          <dt>{REVIEW.until}</dt>
          <dd>
            <Time at={expiresAt} zone={workspace.timeZone} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** Says that nothing is left to decide. What the post says is shown no more. */
export function overPage(opened: Exclude<OpenedReview, Pending>): ConsolePage {
  const { title, text } = REVIEW.over[opened.is];
  return {
    title,
    status: opened.is === "gone" || opened.is === "changed" ? 410 : opened.is === "suspended" ? 403 : 200,
    body: (
      <>
        <PageHead title={title} lead={text} />
        {opened.is === "approved" || opened.is === "rejected" ? <Decided opened={opened} /> : null}
      </>
    ),
  };
}

function Decided({
  opened,
}: {
  opened: Extract<OpenedReview, { is: "approved" | "rejected" | string; post: object }>;
}) {
  const { decidedBy = null, decidedAt = null } = opened.post.approval ?? {};
  if (decidedAt === null) return null;
  return (
    <p class="soft">
      {decidedBy === REVIEW_LINK ? REVIEW.byLink : REVIEW.byOthers}{" "}
      <Time at={decidedAt} zone={opened.workspace.timeZone} />
    </p>
  );
}
