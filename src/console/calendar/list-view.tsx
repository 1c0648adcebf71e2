import type { ListedPost } from "../../db/post-lists.ts";
import type { Member } from "../access/member.ts";
import { Pager } from "../frame/components.tsx";
import { Thumbnail } from "../frame/media.tsx";
import { PlatformMarks, StatusBadge } from "../frame/post-parts.tsx";
import { Table } from "../frame/table.tsx";
import { Time } from "../frame/time.tsx";
import { excerptOf } from "./days-view.tsx";
import type { CalendarQuery } from "./query.ts";
import { addressOf } from "./query.ts";
import { CALENDAR } from "./strings.ts";

const WORDS = CALENDAR.list;

/** The posts as a table, page by page. */
export function ListView(view: {
  member: Member;
  query: CalendarQuery;
  posts: readonly ListedPost[];
  /** Whether there is a next page. */
  hasMore: boolean;
}) {
  const { member, query, posts, hasMore } = view;
  const last = posts.at(-1);
  const { columns } = WORDS;
  return (
    <>
      <Table
        label={CALENDAR.title}
        columns={[
          { title: columns.when, kind: "nowrap" },
          { title: columns.post, kind: "name" },
          { title: columns.where },
          { title: columns.status },
          { title: columns.externalId },
        ]}
        rows={posts.map((post) => cellsOf(member, post))}
      />
      <Pager
        first={query.after === undefined ? null : addressOf(member, { ...query, after: undefined })}
        next={hasMore && last ? addressOf(member, { ...query, after: last.id }) : null}
      />
    </>
  );
}

function cellsOf(member: Member, post: ListedPost) {
  const [medium] = post.media;
  return [
    <Time at={post.scheduledAt} zone={member.workspace.timeZone} />,
    <a class="line" href={member.at(`posts/${post.id}`)}>
      {medium === undefined ? null : <Thumbnail src={`${member.at(`media/${medium}`)}?width=160`} />}
      <span>{excerptOf(post)}</span>
    </a>,
    <PlatformMarks tasks={post.state.tasks} />,
    <StatusBadge status={post.status} />,
    post.externalId,
  ];
}
