import type { Context } from "hono";
import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { addDays, dayAt, startOf } from "../../lib/days.ts";
import { TimeZone } from "../../lib/zoned-time.ts";
import { findStatistics } from "../../post/statistics.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import { memberRoute } from "../access/member-route.ts";
import { Empty, PageHead } from "../frame/components.tsx";
import { showMember } from "../frame/show.tsx";
import { DelayCard, SuccessCard } from "./measures.tsx";
import { DaysCard, TotalsCard, totalOf } from "./posts-cards.tsx";
import { OVERVIEW } from "./strings.ts";
import { OVERVIEW_STYLE } from "./style.ts";

/*
 * Where a workspace begins: how many posts there are, and how well it goes.
 */

const DAYS_BEFORE = 30;
const DAYS_AFTER = 7;

export const overviewPages = new Hono<AppEnv>();

overviewPages.get(pagePath("overview"), memberRoute("posts:read", showOverview));

async function showOverview(c: Context<AppEnv>, member: Member): Promise<Response> {
  const { db, clock } = c.var.services;
  const { workspace, access } = member;
  const zone = new TimeZone(workspace.timeZone);
  const today = dayAt(zone, clock() + (member.mode === "test" ? workspace.testClockOffset : 0));
  const span = {
    from: startOf(zone, addDays(today, -DAYS_BEFORE)),
    to: startOf(zone, addDays(today, DAYS_AFTER + 1)),
  };
  const report = await findStatistics(db, access, workspace, span, clock());
  return showMember(c, member, {
    current: "overview",
    title: OVERVIEW.title,
    styles: [OVERVIEW_STYLE],
    body: (
      <>
        <PageHead title={OVERVIEW.title} lead={OVERVIEW.lead(workspace.timeZone)} />
        {totalOf(report.totals) === 0 ? (
          <Nothing member={member} />
        ) : (
          <>
            <TotalsCard member={member} report={report} />
            <DaysCard report={report} today={today} />
            <div class="measures">
              <SuccessCard report={report} />
              <DelayCard id="lateness" report={report} of={({ lateness }) => lateness} />
              {access.accountIds === null ? (
                <DelayCard id="webhooks" report={report} of={({ webhookLatency }) => webhookLatency} />
              ) : null}
            </div>
          </>
        )}
      </>
    ),
  });
}

function Nothing({ member }: { member: Member }) {
  const words = OVERVIEW.empty;
  return (
    <Empty title={words.title}>
      <p>{words.read}</p>
      <p class="row">
        {member.may("posts:write") ? (
          <a class="button primary" href={member.at("compose")}>
            {words.write}
          </a>
        ) : null}
        {member.may("accounts:write") ? <a href={member.at("accounts")}>{words.accounts}</a> : null}
      </p>
    </Empty>
  );
}
