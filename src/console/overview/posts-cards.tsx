import type { PostStatus } from "../../lib/vocabulary.ts";
import { POST_STATUSES } from "../../lib/vocabulary.ts";
import type { Statistics, StatisticsReport } from "../../post/statistics.ts";
import type { Member } from "../access/member.ts";
import { Card } from "../frame/components.tsx";
import { STATUS_TONES, StatusBadge } from "../frame/post-parts.tsx";
import { POST_STATUS_NAMES } from "../frame/post-strings.ts";
import { Axis, ByDay, rowsOf } from "./measures.tsx";
import type { Part } from "./plot.tsx";
import { Bars } from "./plot.tsx";
import { OVERVIEW } from "./strings.ts";

/** How many posts there are of each status, each a way to them. */
export function TotalsCard({ member, report }: { member: Member; report: StatisticsReport }) {
  return (
    <Card id="totals" title={OVERVIEW.totals.title} lead={OVERVIEW.totals.lead}>
      <ul class="plain totals">
        {POST_STATUSES.map((status) => (
          <li>
            <a href={`${member.at("calendar")}?view=list&status=${status}`}>
              <span class="figure">{report.totals[status]}</span>
              <StatusBadge status={status} />
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** From the bottom of a bar to its top. */
const GROUPS = ["ok", "bad", "info", "calm"] as const;

/** How many posts each day has, by how they stand. */
export function DaysCard({ report, today }: { report: StatisticsReport; today: string }) {
  const words = OVERVIEW.days;
  const bars = report.days.map(({ day, posts }) => ({ label: labelOf(day, posts), parts: partsOf(posts) }));
  const used = POST_STATUSES.filter((status) => report.posts[status] > 0);
  return (
    <Card id="days" title={words.title} lead={words.lead}>
      <Bars alt={words.alt} bars={bars} marked={report.days.findIndex(({ day }) => day === today)} />
      <Axis days={report.days} top={null} />
      <ul class="plain row legend small">
        {GROUPS.map((tone) => (
          <li class={tone}>{OVERVIEW.groups[tone]}</li>
        ))}
        <li class="now">{words.today}</li>
      </ul>
      <ByDay
        label={words.alt}
        columns={used.map((status) => POST_STATUS_NAMES[status])}
        rows={rowsOf(report.days, ({ posts }) =>
          totalOf(posts) === 0 ? null : used.map((status) => String(posts[status])),
        )}
      />
    </Card>
  );
}

function partsOf(posts: Statistics["posts"]): Part[] {
  return GROUPS.map((group) => ({ tone: group, value: totalOf(posts, (status) => groupOf(status) === group) }));
}

function groupOf(status: PostStatus): Part["tone"] {
  const tone = STATUS_TONES[status];
  return tone === "warn" ? "info" : tone;
}

export function totalOf(posts: Statistics["posts"], isCounted: (status: PostStatus) => boolean = () => true): number {
  return POST_STATUSES.reduce((sum, status) => sum + (isCounted(status) ? posts[status] : 0), 0);
}

function labelOf(day: string, posts: Statistics["posts"]): string {
  const counted = POST_STATUSES.filter((status) => posts[status] > 0);
  return `${day}: ${counted.map((status) => `${posts[status]} ${POST_STATUS_NAMES[status].toLowerCase()}`).join(", ")}`;
}
