import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listAccounts } from "../../db/accounts.ts";
import { addDays, dayAt, mondayOf, monthFrom } from "../../lib/days.ts";
import { TimeZone } from "../../lib/zoned-time.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { Empty, PageHead } from "../frame/components.tsx";
import { POST_STYLE } from "../frame/post-style.ts";
import { showMember } from "../frame/show.tsx";
import { dateName, monthName } from "./day-names.ts";
import { DaysView } from "./days-view.tsx";
import { Filters } from "./filters.tsx";
import { ListView } from "./list-view.tsx";
import type { Shown } from "./load-posts.ts";
import { loadPosts } from "./load-posts.ts";
import type { CalendarQuery } from "./query.ts";
import { addressOf, isFiltered, readQuery, VIEWS } from "./query.ts";
import { CALENDAR } from "./strings.ts";
import { CALENDAR_STYLE } from "./style.ts";

/*
 * The posts by their days, as a month, a week or a list.
 */

export const calendarPages = new Hono<AppEnv>();

calendarPages.get(pagePath("calendar"), memberRoute("posts:read", showCalendar));

async function showCalendar(c: Context<AppEnv>, member: Member): Promise<Response> {
  const { db, clock } = c.var.services;
  const { workspace } = member;
  const query = readQuery(c);
  const zone = new TimeZone(workspace.timeZone);
  const today = dayAt(zone, clock() + (member.mode === "test" ? workspace.testClockOffset : 0));
  const [shown, accounts] = await Promise.all([
    loadPosts(c, member, zone, query, today),
    listAccounts(db, member.access),
  ]);
  return showMember(c, member, {
    current: "calendar",
    title: CALENDAR.title,
    styles: [POST_STYLE, CALENDAR_STYLE],
    body: (
      <>
        <PageHead title={CALENDAR.title} lead={<Zone member={member} />}>
          {member.may("posts:write") ? (
            <a class="button primary" href={member.at("compose")}>
              {CALENDAR.newPost}
            </a>
          ) : null}
        </PageHead>
        <Views member={member} query={query} />
        <Filters member={member} query={query} accounts={accounts} />
        <Period member={member} query={query} today={today} />
        {shown.posts.length === 0 ? <Nothing member={member} query={query} /> : null}
        <Posts member={member} query={query} shown={shown} today={today} />
      </>
    ),
  });
}

function Zone({ member }: { member: Member }) {
  return (
    <>
      {CALENDAR.lead(member.workspace.timeZone)}{" "}
      {member.may("keys:admin") ? <a href={`${member.at("settings")}#general`}>{CALENDAR.changeZone}</a> : null}
    </>
  );
}

function Views({ member, query }: { member: Member; query: CalendarQuery }) {
  return (
    <nav class="switch views" aria-label={CALENDAR.views}>
      {VIEWS.map((view) => (
        <a
          href={addressOf(member, { ...query, view, after: undefined, ...(view === "list" && { day: undefined }) })}
          {...(view === query.view && { "aria-current": "page" })}
        >
          {CALENDAR.viewNames[view]}
        </a>
      ))}
    </nav>
  );
}

/** Which time is shown, and the ways to others. */
function Period({ member, query, today }: { member: Member; query: CalendarQuery; today: string }) {
  const { view, day = today } = query;
  if (view === "list") {
    return <p class="soft">{query.day === undefined ? CALENDAR.list.lead : CALENDAR.list.ofDay(dateName(day))}</p>;
  }
  const monday = mondayOf(day);
  const isMonth = view === "month";
  const [before, after] = isMonth ? [monthFrom(day, -1), monthFrom(day, 1)] : [addDays(monday, -7), addDays(monday, 7)];
  const to = (other: string | undefined) => addressOf(member, { ...query, day: other });
  return (
    <div class="period">
      <h2>{isMonth ? monthName(day) : `${dateName(monday)} – ${dateName(addDays(monday, 6))}`}</h2>
      <nav class="row" aria-label={CALENDAR.move[view]}>
        <a class="button" rel="prev" href={to(before)}>
          {CALENDAR.earlier}
        </a>
        <a class="button" href={to(undefined)}>
          {CALENDAR.today}
        </a>
        <a class="button" rel="next" href={to(after)}>
          {CALENDAR.later}
        </a>
      </nav>
    </div>
  );
}

function Posts(view: { member: Member; query: CalendarQuery; shown: Shown; today: string }) {
  const { shown, query, ...common } = view;
  if (query.view !== "list") {
    return (
      <div class={query.view}>
        <DaysView {...common} {...shown} query={query} />
      </div>
    );
  }
  return shown.posts.length === 0 ? null : <ListView {...common} {...shown} query={query} />;
}

function Nothing({ member, query }: { member: Member; query: CalendarQuery }) {
  const words = CALENDAR.empty;
  const isList = query.view === "list" && query.day === undefined;
  return (
    <Empty title={words.title}>
      <p>{isFiltered(query) ? words.filtered : isList ? words.list : words.text}</p>
      {member.may("posts:write") ? (
        <p>
          <a href={member.at("compose")}>{words.write}</a>
        </p>
      ) : null}
    </Empty>
  );
}
