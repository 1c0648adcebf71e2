import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { listPostsOfDays } from "../../db/post-days.ts";
import type { ListedPost } from "../../db/post-lists.ts";
import { listPosts } from "../../db/post-lists.ts";
import type { Day } from "../../lib/days.ts";
import { addDays, daysFrom, mondayOf, monthFrom, startOf } from "../../lib/days.ts";
import type { TimeZone } from "../../lib/zoned-time.ts";
import type { Member } from "../access/member.ts";
import type { CalendarQuery } from "./query.ts";

const PAGE_SIZE = 50;
const PER_DAY = { month: 3, week: 20 } as const;
const WEEK = 7;

/** The posts that a view of the calendar shows. */
export interface Shown {
  posts: readonly ListedPost[];
  /** Of a list: whether there is a next page. */
  hasMore: boolean;
  /** The days of a month or a week. Each has one post more than is shown, where it has more. */
  days: readonly Day[];
  perDay: number;
}

export async function loadPosts(
  c: Context<AppEnv>,
  member: Member,
  zone: TimeZone,
  query: CalendarQuery,
  today: string,
): Promise<Shown> {
  if (query.view === "list") return loadList(c, member, zone, query);
  const { day = today } = query;
  const days = query.view === "month" ? monthOf(zone, day) : daysFrom(zone, mondayOf(day), WEEK);
  const perDay = PER_DAY[query.view];
  const posts = await listPostsOfDays(c.var.services.db, member.access, days, query, perDay + 1);
  return { posts, hasMore: false, days, perDay };
}

function monthOf(zone: TimeZone, day: string): Day[] {
  const last = addDays(monthFrom(day, 1), -1);
  return daysFrom(zone, monthFrom(day, 0), Number(last.slice(8)));
}

async function loadList(c: Context<AppEnv>, member: Member, zone: TimeZone, query: CalendarQuery): Promise<Shown> {
  const { db, clock } = c.var.services;
  const { day, status, platform, accountId, externalId, after = null } = query;
  const filters = {
    statuses: status && [status],
    platform,
    accountId,
    externalId,
    ...(day !== undefined && { from: startOf(zone, day), to: startOf(zone, addDays(day, 1)) }),
  };
  // One more than shown tells whether there is a next page.
  const rows = await listPosts(db, member.access, filters, { after, limit: PAGE_SIZE + 1 }, clock());
  return { posts: rows.slice(0, PAGE_SIZE), hasMore: rows.length > PAGE_SIZE, days: [], perDay: 0 };
}
