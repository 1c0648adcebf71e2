import type { ListedPost } from "../../db/post-lists.ts";
import type { Member } from "../access/member.ts";
import { Pager, Table } from "../frame/components.tsx";
import { Thumbnail } from "../frame/media.tsx";
import { PlatformMarks, StatusBadge } from "../frame/post-parts.tsx";
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
  return (
    <>
      <Table label={CALENDAR.title} columns={Object.values(WORDS.columns)}>
        {posts.map((post) => (
          <PostLine member={member} post={post} />
        ))}
      </Table>
      <Pager
        first={query.after === undefined ? null : addressOf(member, { ...query, after: undefined })}
        next={hasMore && last ? addressOf(member, { ...query, after: last.id }) : null}
      />
    </>
  );
}

function PostLine({ member, post }: { member: Member; post: ListedPost }) {
  const [medium] = post.media;
  return (
    <tr>
      <td class="nowrap">
        <Time at={post.scheduledAt} zone={member.workspace.timeZone} />
      </td>
      <th scope="row">
        <a class="line" href={member.at(`posts/${post.id}`)}>
          {medium === undefined ? null : <Thumbnail src={`${member.at(`media/${medium}`)}?width=160`} />}
          <span>{excerptOf(post)}</span>
        </a>
      </th>
      <td>
        <PlatformMarks tasks={post.state.tasks} />
      </td>
      <td>
        <StatusBadge status={post.status} />
      </td>
      <td>{post.externalId}</td>
    </tr>
  );
}
