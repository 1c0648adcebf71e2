import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { DayFilters } from "../../db/post-days.ts";
import { parseDay } from "../../lib/days.ts";
import { LIVE_PLATFORMS, POST_STATUSES } from "../../lib/vocabulary.ts";
import type { Member } from "../access/member.ts";

export const VIEWS = ["month", "week", "list"] as const;
export type View = (typeof VIEWS)[number];

/** What an address of the calendar asks for. */
export interface CalendarQuery extends DayFilters {
  view: View;
  /** A day of what is shown; of the list, the only one. Undefined: today; of the list, all. */
  day?: string | undefined;
  /** Of the list alone. */
  externalId?: string | undefined;
  /** The last post of the page before. */
  after?: string | undefined;
}

/** Reads an address. What it does not mean is left out: an address is no form, and nobody can mend it. */
export function readQuery(c: Context<AppEnv>): CalendarQuery {
  const text = (name: string) => c.req.query(name) || undefined;
  const id = (name: string, prefix: string) => {
    const value = text(name);
    return value !== undefined && new RegExp(`^${prefix}_[0-9A-Z]{26}$`).test(value) ? value : undefined;
  };
  return {
    view: VIEWS.find((each) => each === text("view")) ?? "month",
    day: parseDay(text("day") ?? "") ?? undefined,
    status: POST_STATUSES.find((each) => each === text("status")),
    platform: LIVE_PLATFORMS.find((each) => each === text("platform")),
    accountId: id("account", "acc"),
    externalId: text("external_id")?.slice(0, 255),
    after: id("after", "post"),
  };
}

/** The address of the calendar that shows something else. */
export function addressOf(member: Member, query: CalendarQuery): string {
  const { view, day, status, platform, accountId, externalId, after } = query;
  const named = { view, day, status, platform, account: accountId, external_id: externalId, after };
  const given = Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${member.at("calendar")}?${new URLSearchParams(given)}`;
}

/** Whether it shows less than there is. */
export function isFiltered({ status, platform, accountId, externalId }: CalendarQuery): boolean {
  return [status, platform, accountId, externalId].some((each) => each !== undefined);
}
