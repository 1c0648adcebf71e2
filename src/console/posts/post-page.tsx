import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, FormProblem, Notice, PageHead } from "../frame/components.tsx";
import { PostContentView } from "../frame/post-content.tsx";
import { PlatformMarks, StatusBadge } from "../frame/post-parts.tsx";
import { POST_STYLE } from "../frame/post-style.ts";
import { showMember } from "../frame/show.tsx";
import { Time } from "../frame/time.tsx";
import { Actions } from "./actions.tsx";
import { Approval } from "./approval.tsx";
import type { PostView } from "./post-view.ts";
import { loadPost } from "./post-view.ts";
import { Results } from "./results.tsx";
import { POST } from "./strings.ts";
import { ONE_POST_STYLE } from "./style.ts";
import { TimelineCard } from "./timeline.tsx";

/** One post: what it says, what became of it, and what can still be done. */
export async function showPost(c: Context<AppEnv>, member: Member, problem?: Problem) {
  const view = await loadPost(c, member, c.req.param("post_id") ?? "", problem);
  const { post } = view;
  const done = POST.done[c.req.query("done") as keyof typeof POST.done];
  return showMember(c, member, {
    current: "calendar",
    title: POST.title,
    status: statusOf(problem),
    styles: [POST_STYLE, ONE_POST_STYLE],
    body: (
      <>
        <PageHead
          title={POST.title}
          back={{ href: member.at("calendar"), label: POST.back }}
          lead={<Lead view={view} />}
        />
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        <FormProblem problem={problem} />
        <Card id="says" title={POST.content}>
          <PostContentView post={post} media={view.media} />
        </Card>
        <Approval view={view} />
        <Results view={view} />
        <Actions view={view} />
        <Details view={view} />
        <TimelineCard view={view} />
      </>
    ),
  });
}

function Lead({ view: { member, post } }: { view: PostView }) {
  return (
    <span class="row">
      <StatusBadge status={post.status} />
      <Time at={post.scheduledAt} zone={member.workspace.timeZone} />
      <PlatformMarks tasks={post.state.tasks} />
    </span>
  );
}

function Details({ view: { member, post } }: { view: PostView }) {
  const words = POST.facts;
  const zone = member.workspace.timeZone;
  return (
    <Card id="details" title={words.title}>
      <dl class="facts">
        <dt>{words.scheduled}</dt>
        <dd>
          <Time at={post.scheduledAt} zone={zone} />
        </dd>
        {post.publishBefore === null ? null : (
          <>
            <dt>{words.before}</dt>
            <dd>
              <Time at={post.publishBefore} zone={zone} />
            </dd>
          </>
        )}
        <dt>{words.created}</dt>
        <dd>
          <Time at={post.createdAt} zone={zone} />
        </dd>
        <dt>{words.version}</dt>
        <dd>{post.version}</dd>
        <dt>{words.id}</dt>
        <dd>
          <code>{post.id}</code>
        </dd>
        {post.externalId === null ? null : (
          <>
            <dt>{words.externalId}</dt>
            <dd>{post.externalId}</dd>
          </>
        )}
        {Object.entries(post.metadata ?? {}).map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd class="text">{value}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}
