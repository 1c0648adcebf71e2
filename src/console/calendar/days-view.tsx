import type { ListedPost } from "../../db/post-lists.ts";
import type { Day } from "../../lib/days.ts";
import type { Member } from "../access/member.ts";
import { Thumbnail } from "../frame/media.tsx";
import { PlatformMarks, StatusBadge } from "../frame/post-parts.tsx";
import { longName, shortName } from "./day-names.ts";
import type { CalendarQuery } from "./query.ts";
import { addressOf } from "./query.ts";
import { CALENDAR } from "./strings.ts";

/** The days of a month or a week. On a narrow screen they are a list, without those that have nothing. */
export function DaysView(view: {
  member: Member;
  query: CalendarQuery;
  days: readonly Day[];
  posts: readonly ListedPost[];
  today: string;
  /** How many posts of a day are shown. One more tells that there are more. */
  perDay: number;
}) {
  const { days, posts, perDay, ...common } = view;
  return (
    <div class="days">
      <ol class="plain weekdays" aria-hidden="true">
        {CALENDAR.weekdays.map((name) => (
          <li>{name}</li>
        ))}
      </ol>
      <ol class="plain grid">
        {days.map((day, index) => {
          const ofDay = posts.filter(({ scheduledAt }) => scheduledAt >= day.start && scheduledAt < day.end);
          return (
            <DayCell
              {...common}
              day={day.name}
              posts={ofDay.slice(0, perDay)}
              hasMore={ofDay.length > perDay}
              isFirst={index === 0}
            />
          );
        })}
      </ol>
    </div>
  );
}

function DayCell(view: {
  member: Member;
  query: CalendarQuery;
  day: string;
  posts: readonly ListedPost[];
  hasMore: boolean;
  today: string;
  isFirst: boolean;
}) {
  const { member, query, day, posts, today } = view;
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
  const classes = [
    "day",
    ...(posts.length === 0 ? ["none"] : []),
    ...(day === today ? ["today"] : []),
    ...(view.isFirst ? [`from-${weekday}`] : []),
  ];
  return (
    <li class={classes.join(" ")}>
      <header>
        <h3>
          <time dateTime={day} {...(day === today && { "aria-current": "date" })}>
            <span class="visually-hidden">{longName(day)}</span>
            <span class="short" aria-hidden="true">
              {shortName(day)}
            </span>
            <span class="number" aria-hidden="true">
              {Number(day.slice(8))}
            </span>
          </time>
        </h3>
        {member.may("posts:write") && day >= today ? (
          <a class="new" href={`${member.at("compose")}?day=${day}`} title={CALENDAR.newPost}>
            <span class="visually-hidden">{CALENDAR.newPostOn(longName(day))}</span>
            <span aria-hidden="true">+</span>
          </a>
        ) : null}
      </header>
      {posts.map((post) => (
        <PostChip member={member} post={post} />
      ))}
      {view.hasMore ? (
        <a class="small" href={addressOf(member, { ...query, view: "list", day })}>
          {CALENDAR.moreShort}
          <span class="visually-hidden">: {longName(day)}</span>
        </a>
      ) : null}
    </li>
  );
}

function PostChip({ member, post }: { member: Member; post: ListedPost }) {
  const [medium] = post.media;
  return (
    <a class="chip" href={member.at(`posts/${post.id}`)}>
      {medium === undefined ? null : <Thumbnail src={`${member.at(`media/${medium}`)}?width=160`} />}
      <span class="row">
        <Clock at={post.scheduledAt} zone={member.workspace.timeZone} /> <PlatformMarks tasks={post.state.tasks} />
      </span>
      <span class="words">{excerptOf(post)}</span>
      <StatusBadge status={post.status} />
    </a>
  );
}

function Clock({ at, zone }: { at: number; zone: string }) {
  const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone } as const;
  return <time dateTime={new Date(at).toISOString()}>{new Intl.DateTimeFormat("en-GB", format).format(at)}</time>;
}

const EXCERPT = 60;

/** The first words of a post. */
export function excerptOf({ content }: ListedPost): string {
  const text = content.trim();
  if (text === "") return CALENDAR.noText;
  const letters = [...text.slice(0, 2 * EXCERPT)];
  return letters.length > EXCERPT ? `${letters.slice(0, EXCERPT).join("")}…` : text;
}
