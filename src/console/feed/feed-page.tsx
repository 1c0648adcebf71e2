import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { findClockOffset } from "../../db/test-clock.ts";
import type { SandboxPost } from "../../platforms/sandbox/store.ts";
import type { Services } from "../../services.ts";
import type { Problem } from "../access/form.ts";
import { statusOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Confirm, Empty, FormProblem, Notice, PageHead, Pager } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { ClockCard } from "./clock-card.tsx";
import { FeedPost } from "./feed-post.tsx";
import { FEED } from "./strings.ts";

const PAGE_SIZE = 20;

/** What is public in the sandbox, page by page. @param problem of the form that was refused */
export async function showFeed(c: Context<AppEnv>, member: Member, problem?: Problem) {
  if (member.mode === "live")
    return showMember(c, member, { current: "feed", title: FEED.title, body: liveBody(member) });
  const { services } = c.var;
  const { workspaceId } = member.scope;
  const cursor = c.req.query("after") ?? null;
  const [found, offset] = await Promise.all([
    services.listSandboxPosts(workspaceId, { cursor, limit: PAGE_SIZE }),
    findClockOffset(services.db, workspaceId),
  ]);
  const posts = await Promise.all(found.posts.map((post) => withNewAddresses(services, post)));
  const path = member.at("feed");
  const done = FEED.done[c.req.query("done") as keyof typeof FEED.done];
  return showMember(c, member, {
    current: "feed",
    title: FEED.title,
    status: statusOf(problem),
    body: (
      <>
        <PageHead title={FEED.title} lead={FEED.lead} />
        {done === undefined || problem ? null : <Notice tone="ok">{done}</Notice>}
        <FormProblem problem={problem} />
        <div class="feed">
          <div class="stack">
            {posts.length === 0 ? (
              <Empty title={FEED.none}>
                <p>{FEED.noneLead}</p>
              </Empty>
            ) : (
              posts.map((post) => <FeedPost post={post} zone={member.workspace.timeZone} />)
            )}
            <Pager
              first={cursor === null ? null : path}
              next={found.nextCursor === null ? null : `${path}?after=${encodeURIComponent(found.nextCursor)}`}
            />
          </div>
          <div class="stack">
            <ClockCard member={member} now={services.clock() + offset} problem={problem} />
            {member.may("posts:write") ? (
              <Card id="clear" title={FEED.clear.title} lead={FEED.clear.lead}>
                <Confirm
                  label={FEED.clear.button}
                  question={FEED.clear.question}
                  action={member.at("feed/clear")}
                  confirm={FEED.clear.confirm}
                />
              </Card>
            ) : null}
          </div>
        </div>
      </>
    ),
  });
}

/** The addresses that the platform was given may have expired. */
async function withNewAddresses(services: Services, post: SandboxPost): Promise<SandboxPost> {
  const renewed = post.media.map(async (media) => ({
    ...media,
    url: media.url === null ? null : await services.renewMediaUrl(media.url),
  }));
  return { ...post, media: await Promise.all(renewed) };
}

function liveBody({ workspace }: Member) {
  return (
    <>
      <PageHead title={FEED.title} />
      <Empty title={FEED.live}>
        <p>{FEED.liveLead}</p>
        <a class="button" href={`/console/${workspace.id}/test/feed`}>
          {FEED.toTest}
        </a>
      </Empty>
    </>
  );
}
